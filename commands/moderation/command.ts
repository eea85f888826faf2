/** /moderation: removes scam pictures from a server. */

import { AttachmentBuilder, time } from 'discord.js'
import { InputError } from '../../config/errors.ts'
import { isActive, MAX_LISTED, MODES, type ModerationSettings } from './settings.ts'
import { plainMessage, quoted } from '../answer-text.ts'
import type { Command } from '../command.ts'
import { MODERATION_DATA } from './options.ts'
import { changesRules, runReposts, runRule } from './rules.ts'
import type { ListedHash } from './service.ts'
import type { SubcommandAnswer, SubcommandContext } from '../definition/subcommand.ts'

const SHOWN_PICTURES = 15
/** Characters of the list, so that its title and last line fit too. */
const MAX_LIST = 1800

/** Subcommands that staff may use too, as they change nothing. */
const READING: readonly string[] = ['status', 'stats', 'case']

export const moderationCommand = {
  data: MODERATION_DATA,

  async execute(interaction, services, text) {
    const { guildId, options } = interaction
    if (guildId === null) {
      throw new InputError('place/server-only')
    }
    const name = options.getSubcommand()
    const group = options.getSubcommandGroup()
    const changes =
      group === 'rule' ? changesRules(name) : group === null && !READING.includes(name)
    await services.moderation.demand(interaction, changes ? 'manager' : 'staff')
    const context = { interaction, services, text, guildId }
    await services.deferred(interaction, async () => {
      const { content, files = [] } = await answer(context, group, name)
      await interaction.editReply({ ...plainMessage(content), files })
    })
  },
} satisfies Command

function answer(
  context: SubcommandContext,
  group: string | null,
  name: string,
): Promise<SubcommandAnswer> {
  switch (group) {
    case 'hash':
      return list(context, name)
    case 'rule':
      return runRule(context, name)
    default:
      return run(context, name)
  }
}

async function run(context: SubcommandContext, name: string): Promise<SubcommandAnswer> {
  const { services, text, guildId } = context
  const { setup } = text.moderation
  switch (name) {
    case 'setup':
      await services.moderation.change(guildId, setUp(context))
      return { content: `${setup.saved}\n${await status(context)}` }
    case 'pause':
    case 'resume':
      await demandSetUp(context)
      await services.moderation.change(guildId, (old) => ({ ...old, paused: name === 'pause' }))
      return { content: name === 'pause' ? setup.paused : setup.resumed }
    case 'exempt':
      return { content: await exempt(context) }
    case 'reposts':
      return runReposts(context)
    case 'stats':
      return stats(context)
    case 'case':
      return { content: await findCase(context) }
    default:
      return { content: await status(context) }
  }
}

async function demandSetUp({ services, guildId }: SubcommandContext): Promise<void> {
  const { logChannel } = await services.moderation.of(guildId)
  if (logChannel === null) {
    throw new InputError('moderation/not-set-up')
  }
}

/** The settings after setup. The first setup without a mode chooses `log`. */
function setUp({ interaction: { options } }: SubcommandContext) {
  const channel = options.getChannel('channel')
  const mode = MODES.find((one) => one === options.getString('mode'))
  const staff = options.getRole('staff')
  return (old: ModerationSettings): ModerationSettings => {
    const logChannel = channel?.id ?? old.logChannel
    if (logChannel === null) {
      throw new InputError('moderation/needs-channel')
    }
    return {
      ...old,
      logChannel,
      mode: mode ?? (old.logChannel === null ? 'log' : old.mode),
      staffRoles: staff ? toggled(old.staffRoles, staff.id) : old.staffRoles,
      distance: options.getInteger('distance') ?? old.distance,
      burstChannels: options.getInteger('burst-channels') ?? old.burstChannels,
      burstMinutes: options.getInteger('burst-minutes') ?? old.burstMinutes,
      timeoutMinutes: options.getInteger('timeout') ?? old.timeoutMinutes,
    }
  }
}

/** The list with an id added, or removed if it was there. @throws {InputError} if it is too long. */
function toggled(ids: readonly string[], id: string): string[] {
  const next = ids.includes(id) ? ids.filter((one) => one !== id) : [...ids, id]
  if (next.length > MAX_LISTED) {
    throw new InputError('moderation/too-many', { most: MAX_LISTED })
  }
  return next
}

async function exempt({
  interaction,
  services,
  text,
  guildId,
}: SubcommandContext): Promise<string> {
  const role = interaction.options.getRole('role')
  const channel = interaction.options.getChannel('channel')
  if (!role && !channel) {
    throw new InputError('moderation/needs-role-or-channel')
  }
  await services.moderation.change(guildId, (old) => ({
    ...old,
    exemptRoles: role ? toggled(old.exemptRoles, role.id) : old.exemptRoles,
    exemptChannels: channel ? toggled(old.exemptChannels, channel.id) : old.exemptChannels,
  }))
  const now = await services.moderation.of(guildId)
  const { exempted, included } = text.moderation.setup
  const line = (is: boolean, what: string) => (is ? exempted(what) : included(what))
  return [
    ...(role ? [line(now.exemptRoles.includes(role.id), `<@&${role.id}>`)] : []),
    ...(channel ? [line(now.exemptChannels.includes(channel.id), `<#${channel.id}>`)] : []),
  ].join('\n')
}

async function status({
  interaction,
  services,
  text,
  guildId,
}: SubcommandContext): Promise<string> {
  const { setup: words, command } = text.moderation
  const now = await services.moderation.of(guildId)
  const all = await services.moderation.list(guildId)
  const count = (verdict: ListedHash['verdict']) =>
    all.filter((one) => one.verdict === verdict).length
  const problems = await services.moderation.checkSetup(interaction, text)
  const exemptions = [
    ...now.exemptRoles.map((id) => `<@&${id}>`),
    ...now.exemptChannels.map((id) => `<#${id}>`),
  ]
  return [
    words.title,
    words.mode(command.modes[now.mode], now.paused),
    words.channel(now.logChannel === null ? words.none : `<#${now.logChannel}>`),
    words.staff(now.staffRoles.map((id) => `<@&${id}>`).join(' ')),
    words.exempt(exemptions.join(' ') || words.none),
    words.burst(now.burstChannels, now.burstMinutes),
    words.distance(now.distance),
    words.timeout(now.timeoutMinutes),
    words.list(count('confirmed'), count('dismissed')),
    '',
    ...(problems.length > 0
      ? [words.troubles, ...problems.map((one) => `- ${one}`)]
      : [words.fine]),
  ].join('\n')
}

/** `/moderation hash …` */
async function list(context: SubcommandContext, name: string): Promise<SubcommandAnswer> {
  const { interaction, services, text, guildId } = context
  const { moderation, pictureOf } = services
  const { hashes } = text.moderation
  const { options } = interaction
  switch (name) {
    case 'add': {
      const picture = pictureOf(options.getAttachment('image', true))
      const note = options.getString('note') ?? ''
      const code = await moderation.add(interaction, picture, note)
      const settings = await moderation.of(guildId)
      return { content: hashes.added(code, settings.mode === 'act' && isActive(settings)) }
    }
    case 'remove':
      if (!(await moderation.remove(guildId, options.getString('code', true).toLowerCase()))) {
        throw new InputError('hash/unknown')
      }
      return { content: hashes.removed }
    case 'test':
      return { content: await test(context) }
    case 'import': {
      const file = options.getAttachment('file', true)
      const counts = await moderation.imported(interaction, file)
      return { content: hashes.imported(counts) }
    }
    case 'export': {
      const data = Buffer.from(await moderation.exported(guildId))
      const { length } = await moderation.list(guildId)
      const files = [new AttachmentBuilder(data, { name: 'sightseer-hashes.json' })]
      return { content: hashes.exported(length), files }
    }
    default:
      return { content: await listed(context) }
  }
}

async function test({ interaction, services, text, guildId }: SubcommandContext): Promise<string> {
  const { hashes } = text.moderation
  const picture = services.pictureOf(interaction.options.getAttachment('image', true))
  const asker = { guildId, userId: interaction.user.id }
  const { code, match } = await services.moderation.test(asker, picture)
  const result = match
    ? hashes.match(hashes.verdicts[match.entry.verdict], match.entry.code, match)
    : hashes.unknown
  return `${hashes.code(code)}\n${result}`
}

/** The newest entries, each with the link of its case, which shows the picture. */
async function listed({ services, text, guildId }: SubcommandContext): Promise<string> {
  const { hashes } = text.moderation
  const { moderation } = services
  const all = await moderation.list(guildId)
  if (all.length === 0) {
    return hashes.none
  }
  const lines: string[] = []
  let length = 0
  for (const entry of all.slice(0, SHOWN_PICTURES)) {
    const { code, verdict, by, at, note, caseId } = entry
    const found = caseId === null ? undefined : await moderation.findCase(guildId, { id: caseId })
    const who = by === null ? '' : hashes.by(`<@${by}>`)
    const line = [
      `- ${hashes.line(hashes.verdicts[verdict], time(Math.floor(at / 1000), 'R'), who)}`,
      ...(note === '' ? [] : [quoted(note)]),
      found?.link ? hashes.case(found.name, found.link) : hashes.noCase,
      hashes.code(code),
    ].join(' — ')
    length += line.length + 1
    if (length > MAX_LIST) {
      break
    }
    lines.push(line)
  }
  const more = all.length > lines.length ? [hashes.more(all.length - lines.length)] : []
  return [hashes.title(all.length), ...lines, ...more].join('\n')
}

/** `/moderation case` */
async function findCase({
  interaction,
  services,
  text,
  guildId,
}: SubcommandContext): Promise<string> {
  const number = interaction.options.getInteger('number', true)
  const found = await services.moderation.findCase(guildId, { number })
  if (!found) {
    throw new InputError('case/unknown')
  }
  const { case: words, history } = text.moderation
  const { name, state, memberId, createdAt, link } = found
  const when = time(Math.floor(createdAt / 1000), 'R')
  return history.line(
    `${words.title(name)} (<@${memberId}>)`,
    link ?? '',
    when,
    words.states[state],
  )
}

async function stats({ services, text, guildId }: SubcommandContext): Promise<SubcommandAnswer> {
  const week = await services.moderation.weeklyStats(guildId)
  const { stats: words } = text.moderation
  const { confirmed, dismissed, undone, open } = week.states
  const cases = confirmed + dismissed + undone + open
  if (cases === 0) {
    return { content: words.nothing }
  }
  const kinds = (
    ['hash', 'resembles', 'burst', 'rule', 'marked', 'reported', 'other-server'] as const
  )
    .filter((kind) => week.kinds[kind] > 0)
    .map((kind) => `${words.kind[kind]} ${week.kinds[kind]}`)
  const days = week.days.map(({ name, cases: count }) => `${name} ${count}`).join(', ')
  const description = words.alt(days)
  const chart = await services.moderation.chart(week, words.chart)
  return {
    content: [
      words.title(time(Math.floor(week.since / 1000), 'd')),
      words.line(cases, confirmed, dismissed, undone, open),
      words.kinds(kinds.join(', ')),
      words.removed(week.removed),
      words.days(days),
    ].join('\n'),
    files: [new AttachmentBuilder(chart, { name: 'week.png', description })],
  }
}
