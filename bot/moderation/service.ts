/** What the commands of moderation use: settings, the hash list, cases, rules and statistics. */

import type { BaseInteraction, MessageContextMenuCommandInteraction } from 'discord.js'
import type { FoundPicture, PictureLink } from '../../commands/picture.ts'
import type { CaseSummary, ModerationService } from '../../commands/moderation/service.ts'
import { InputError } from '../../config/errors.ts'
import type { Case } from './cases/case-record.ts'
import type { CaseExecutor } from './cases/executor.ts'
import { caseName, linkTo } from './cases/message.ts'
import type { Deletions } from '../memory/deletions.ts'
import type { FetchPicture } from '../pictures/download.ts'
import type { Pictures } from '../pictures/pictures.ts'
import type { GuildModeration } from './settings.ts'
import { writeHashFile } from './hashes/hash-file.ts'
import { readHashFile } from './hashes/read-hash-file.ts'
import type { Reports } from './reports.ts'
import type { DuplicatePosts } from './reposts/duplicate-posts.ts'
import type { Rules } from './rules/rules.ts'
import { demandManager, demandStaff } from './staff.ts'
import { checkSetup } from './setup-check.ts'
import { codeOf, type HashEntry, hashEntryOf } from './hashes/hash-entry.ts'
import type { HashList } from './hashes/hash-list.ts'
import type { PictureWords } from './hashes/picture-words.ts'
import { drawWeeklyChart, weeklyStats, weekOf } from './weekly-stats.ts'

const MAX_FILE_BYTES = 8 * 2 ** 20

type Deps = {
  readonly guilds: GuildModeration
  readonly hashList: HashList
  readonly executor: CaseExecutor
  readonly reports: Reports
  readonly rules: Rules
  readonly duplicatePosts: DuplicatePosts
  readonly pictures: Pictures
  readonly words: PictureWords
  /** Downloads a hash list, which is a file and not a picture. */
  readonly fetchPicture: FetchPicture
  readonly deletions: Deletions
}

/** Who uses a command, and where. */
type Wanting = Pick<BaseInteraction, 'id' | 'guildId' | 'user'>

/** Builds the service. */
export function moderationService(deps: Deps): ModerationService {
  const { guilds, hashList, executor, reports, rules, duplicatePosts, deletions } = deps
  /** Does what names a person to its end before their data is deleted, or the server's. */
  const finished = <R>(
    wanting: Wanting,
    work: () => Promise<R>,
    authors: readonly string[] = [],
  ) => {
    const people = [wanting.user.id, ...authors].map((id) => `user/${id}` as const)
    const subjects = [`guild/${wanting.guildId}` as const, ...people]
    return deletions.finish({ startedBy: wanting.id, subjects }, work)
  }
  const aboutMessage = <R>(
    interaction: MessageContextMenuCommandInteraction,
    work: () => Promise<R>,
  ) => finished(interaction, work, [interaction.targetMessage.author.id])
  return {
    of: async (guildId) => (await guilds.of(guildId)).settings,
    change: (guildId, change) => guilds.change(guildId, change),
    demand: async (interaction, who) => {
      if (who === 'manager') {
        demandManager(interaction)
      } else {
        demandStaff(interaction, (await guilds.of(interaction.guildId ?? '')).settings)
      }
    },
    checkSetup: async ({ guild }, text) =>
      guild ? checkSetup(guild, (await guilds.of(guild.id)).settings, text) : [],
    list: async (guildId) => (await hashList.list(guildId)).map(withCode),
    findCase: async (guildId, wanted) => {
      const record =
        'id' in wanted
          ? await executor.records.of(guildId, wanted.id)
          : await executor.records.ofNumber(guildId, wanted.number)
      return record && summaryOf(record)
    },
    add: (interaction, picture, note) =>
      finished(interaction, () => addPicture(deps, interaction, { picture, note })),
    remove: async (guildId, code) =>
      (await hashList.remove(guildId, (one) => codeOf(one) === code)) > 0,
    test: (asker, picture) => testPicture(deps, asker, picture),
    exported: async (guildId) => writeHashFile(await hashList.list(guildId)),
    imported: (interaction, file) =>
      finished(interaction, () => {
        const { guildId, user } = interaction
        return importHashes(deps, { guildId: guildId ?? '', by: user.id, file })
      }),
    mark: (interaction) => aboutMessage(interaction, () => reports.mark(interaction)),
    allow: (interaction) => aboutMessage(interaction, () => reports.allow(interaction)),
    report: (interaction) => aboutMessage(interaction, () => reports.report(interaction)),
    rules: rules.service(),
    duplicatePosts: duplicatePosts.service(),
    weeklyStats: (guildId) => statsOfWeek(deps, guildId),
    chart: drawWeeklyChart,
  }
}

/** Adds a picture to the hash list. @returns its code. */
async function addPicture(
  { guilds, hashList, pictures, words }: Deps,
  { guildId: server, user }: Wanting,
  { picture, note }: { readonly picture: FoundPicture; readonly note: string },
): Promise<string> {
  const guildId = server ?? ''
  const { settings } = await guilds.of(guildId)
  const { print } = await requireComparable(pictures, picture)
  const by = user.id
  const sketch = await words.ofPicture(picture, readingOf(guildId, by))
  const decision = { verdict: 'confirmed', by, caseId: null, note } as const
  const entry = hashEntryOf(print, {
    ...decision,
    distance: settings.distance,
    words: sketch === null ? null : { sketch, of: by },
  })
  await hashList.putOne(guildId, entry)
  return codeOf(entry)
}

/** What a picture would match. */
async function testPicture(
  { guilds, hashList, pictures, words }: Deps,
  { guildId, userId }: { readonly guildId: string; readonly userId: string },
  picture: FoundPicture,
) {
  const { print } = await requireComparable(pictures, picture)
  const { hashListVersion } = await guilds.of(guildId)
  const read = () => words.ofPicture(picture, readingOf(guildId, userId))
  const match = await hashList.match(guildId, print, hashListVersion, read)
  const { whole: hash, detail } = print
  return {
    code: codeOf({ hash, detail }),
    ...(match && { match: { ...match, entry: withCode(match.entry) } }),
  }
}

/** Staff wait for it. */
function readingOf(guildId: string, memberId: string) {
  return { guildId, memberId, urgency: 'normal' } as const
}

async function statsOfWeek({ executor, guilds }: Deps, guildId: string) {
  const now = Date.now()
  const { from, to } = weekOf(now)
  const cases = await executor.records.ofDays(guildId, from, to)
  return weeklyStats(cases, now, await guilds.beganAt(guildId))
}

/** @throws {InputError} if the picture cannot be read, or has no structure that could be compared. */
async function requireComparable(pictures: Pictures, picture: FoundPicture) {
  const print = await pictures.fingerprint(picture)
  if (print === null) {
    throw new InputError('image/plain')
  }
  return { picture, print }
}

async function importHashes(
  { hashList, fetchPicture }: Deps,
  {
    guildId,
    by,
    file,
  }: { readonly guildId: string; readonly by: string; readonly file: PictureLink },
) {
  if (file.size > MAX_FILE_BYTES) {
    throw new InputError('hash/bad-file')
  }
  const bytes = await fetchPicture({ ...file, kind: 'file' })
  const { entries, dismissed, omitted } = await readHashFile(new Uint8Array(bytes))
  const known = new Set((await hashList.list(guildId)).map(({ hash }) => hash))
  const at = Date.now()
  const fresh = entries
    .filter(({ hash }) => !known.has(hash))
    .map((entry) => ({
      ...entry,
      verdict: 'imported' as const,
      by,
      at,
      seenAt: at,
      caseId: null,
      words: null, // a file has none
    }))
  const added = await hashList.put(guildId, fresh)
  return {
    added,
    skipped: fresh.length - added + omitted,
    known: entries.length - fresh.length,
    dismissed,
  }
}

function summaryOf(record: Case): CaseSummary {
  const { guildId, state, memberId, createdAt, log } = record
  const link = log && linkTo(guildId, log)
  return { name: caseName(record), state, memberId, createdAt, link }
}

function withCode(entry: HashEntry): HashEntry & { readonly code: string } {
  return { ...entry, code: codeOf(entry) }
}
