/**
 * Finds the other copies of a case's pictures that its member posted in the last hour and that were
 * not examined, because moderation was off, the bot was offline, or it could not see the channel.
 */

import { SnowflakeUtil } from 'discord.js'
import { picturesIn } from '../../discord/message-pictures.ts'
import type { Pictures } from '../../pictures/pictures.ts'
import type { Collection } from '../../store/types.ts'
import type { Case } from './case-record.ts'
import type { ModerationActions } from './discord-actions.ts'
import type { GuildModeration } from '../settings.ts'
import {
  POSTING_LIFE_MS,
  type Posting,
  type Postings,
  sharePicture,
  withOlder,
} from '../hashes/postings.ts'
import { isExempt } from '../staff.ts'

export type SweepDeps = {
  readonly actions: ModerationActions
  readonly guilds: GuildModeration
  readonly postings: Collection<Postings>
  readonly pictures: Pictures
}

/**
 * Searches Discord once for the member's messages, then fetches each (25 at most) that has no posting.
 *
 * @returns the copies that the case does not have; undefined: Discord cannot search yet.
 */
export async function sweep(record: Case, deps: SweepDeps): Promise<Case['copies'] | undefined> {
  const { guildId, memberId, createdAt } = record
  const places = await deps.actions.search(guildId, memberId, createdAt - POSTING_LIFE_MS)
  if (places === undefined) {
    return undefined
  }
  const key = `${guildId}/${memberId}`
  const known = new Set((await deps.postings.get(key))?.map(({ messageId }) => messageId))
  const unseen: Posting[] = []
  for (const place of places.filter(({ messageId }) => !known.has(messageId))) {
    const posting = await postingAt(place, record, deps)
    if (posting) {
      unseen.push(posting)
    }
  }
  const now = await deps.postings.update(key, (old = []) => withOlder(old, unseen))
  return (now ?? [])
    .filter(({ caseId }) => caseId === record.id)
    .map(({ channelId, messageId }) => ({ channelId, messageId }))
}

/** The posting of a message that shows one of the case's pictures. */
async function postingAt(
  { channelId, messageId }: Case['copies'][number],
  { id, guildId, prints: wanted }: Case,
  { actions, guilds, pictures: owner }: SweepDeps,
): Promise<Posting | undefined> {
  const message = await actions.message(channelId, messageId)
  const { settings } = await guilds.of(guildId)
  if (!message?.inGuild() || isExempt(message, settings)) {
    return undefined
  }
  const pictures = picturesIn(message)
  const prints = (await owner.fingerprintAll(pictures)).map(({ print }) => print)
  return sharePicture(prints, wanted)
    ? {
        messageId,
        channelId,
        at: SnowflakeUtil.timestampFrom(messageId),
        keys: pictures.map(({ key }) => key),
        prints,
        caseId: id,
        matched: null,
        reasons: [],
        words: [],
      }
    : undefined
}
