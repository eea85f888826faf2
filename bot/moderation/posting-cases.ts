/** Writes the cases that members' postings belong to: opens them, or extends them, and carries them out. */

import { SnowflakeUtil } from 'discord.js'
import type { ModerationSettings } from '../../commands/moderation/settings.ts'
import type { OwnsGuild } from '../../config/shards.ts'
import type { Deletions } from '../memory/deletions.ts'
import type { Collection } from '../store/types.ts'
import { openCase, type Seed, withCopies, withPictures } from './cases/case.ts'
import type { Case } from './cases/case-record.ts'
import type { CaseExecutor } from './cases/executor.ts'
import type { Posting, Postings } from './hashes/postings.ts'
import { amplifiersOf, wordRulesOf } from './hashes/reasons.ts'
import type { GuildModeration } from './settings.ts'

type Deps = {
  readonly guilds: GuildModeration
  readonly executor: CaseExecutor
  readonly postings: Collection<Postings>
  /** The language of a server. */
  readonly localeOf: (guildId: string) => string
  /** Whether a server's events come to this process; absent: all do. */
  readonly ownsGuild?: OwnsGuild | undefined
}

/** What the pictures of a message add to a case. */
export type CaseUpdate = Pick<Posting, 'messageId' | 'prints' | 'reasons' | 'matched'>

/** A posting that belongs to a case, with what is needed to open the case. */
type PostingInCase = {
  readonly member: Pick<Seed, 'guildId' | 'memberId' | 'joinedAt' | 'locale'>
  readonly posting: Posting
  /** All recent postings of the member. */
  readonly postings: Postings
  readonly update: CaseUpdate
  readonly settings: ModerationSettings
}

export class PostingCases {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Opens the case of a posting, or updates it, and carries it out. */
  async write(inCase: PostingInCase): Promise<Case | undefined> {
    const { member, posting, postings, update, settings } = inCase
    const { executor, guilds } = this.#deps
    const { guildId, memberId, joinedAt } = member
    const id = posting.caseId ?? posting.messageId
    const copies = postings
      .filter(({ caseId }) => caseId === id)
      .map(({ channelId, messageId }) => ({ channelId, messageId }))
    const opener = postings.find(({ messageId }) => messageId === id) ?? posting
    const now = Date.now()
    const isNew = (await executor.records.of(guildId, id)) === undefined
    const seed: Seed = {
      ...member,
      id,
      number: isNew ? await guilds.nextCaseNumber(guildId) : null,
      copies,
      matched: posting.matched,
      prints: [...posting.prints],
      reasons: [...opener.reasons, ...amplifiersOf(memberId, joinedAt, now)],
    }
    const record = await executor.change(guildId, id, (old) =>
      old ? extended(old, { update, copies, settings, now }) : openCase(seed, settings, now),
    )
    await executor.carryOut(guildId, id)
    return record
  }

  /** Opens, or extends, the cases whose postings were written, but not the cases, before a process ended. */
  async resume(deletions: Deletions): Promise<void> {
    const startedBy = SnowflakeUtil.generate().toString() // before the postings are read
    for await (const [key, postings] of this.#deps.postings.entries()) {
      const [guildId = '', memberId = ''] = key.split('/')
      const subjects = [`guild/${guildId}`, `user/${memberId}`] as const
      if (this.#deps.ownsGuild?.(guildId) !== false) {
        await deletions.write({ startedBy, subjects }, () =>
          this.#resumeMember({ guildId, memberId }, postings),
        )
      }
    }
  }

  async #resumeMember(
    { guildId, memberId }: Pick<Seed, 'guildId' | 'memberId'>,
    postings: Postings,
  ): Promise<void> {
    for (const posting of postings) {
      if (await this.#isUnwritten(guildId, posting)) {
        const { settings } = await this.#deps.guilds.of(guildId)
        const locale = this.#deps.localeOf(guildId)
        const member = { guildId, memberId, joinedAt: null, locale }
        await this.write({ member, posting, postings, update: posting, settings })
      }
    }
  }

  async #isUnwritten(guildId: string, { caseId, messageId }: Posting): Promise<boolean> {
    const record = caseId === null ? null : await this.#deps.executor.records.of(guildId, caseId)
    if (!record) {
      return caseId === messageId
    }
    return record.state === 'open' && !record.copies.some((copy) => copy.messageId === messageId)
  }
}

/** The case with a message: what it shows besides copies counts only where words made it join. */
function extended(
  record: Case,
  change: {
    readonly update: CaseUpdate
    readonly copies: Case['copies']
    readonly settings: ModerationSettings
    readonly now: number
  },
): Case {
  const { update, copies, settings, now } = change
  return wordRulesOf(update.reasons).length > 0
    ? withPictures(withCopies(record, copies), update, settings, now)
    : withCopies(withPictures(record, update, settings, now), copies)
}
