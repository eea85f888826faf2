/**
 * Finds the other copies of a case's pictures that its member posted in the last hour: those that
 * nobody looked at, for moderation was off, the bot was away, or the channel was not seen.
 */

import { SnowflakeUtil } from 'discord.js'
import { picturesIn } from '../../discord/message-pictures.ts'
import type { Pictures } from '../../pictures/pictures.ts'
import type { Collection } from '../../store/types.ts'
import type { Case } from './case.ts'
import type { Deeds } from './discord-actions.ts'
import type { GuildModeration } from '../settings.ts'
import { KEPT_MS, type Posting, type Postings, shareOne, withFound } from '../hashes/postings.ts'
import { isExempt } from '../staff.ts'

export type SweepParts = {
  readonly deeds: Deeds
  readonly guilds: GuildModeration
  readonly postings: Collection<Postings>
  readonly pictures: Pictures
}

/**
 * Asks Discord once for the member's messages, then for each of those (25 at most) that is not known.
 *
 * @returns the copies that the case has not; undefined: Discord cannot search yet.
 */
export async function sweep(found: Case, parts: SweepParts): Promise<Case['copies'] | undefined> {
  const { guildId, memberId, createdAt } = found
  const places = await parts.deeds.search(guildId, memberId, createdAt - KEPT_MS)
  if (places === undefined) {
    return undefined
  }
  const key = `${guildId}/${memberId}`
  const known = new Set((await parts.postings.get(key))?.map(({ messageId }) => messageId))
  const unseen: Posting[] = []
  for (const place of places.filter(({ messageId }) => !known.has(messageId))) {
    const posting = await postingAt(place, found, parts)
    if (posting) {
      unseen.push(posting)
    }
  }
  const now = await parts.postings.update(key, (old = []) => withFound(old, unseen))
  return (now ?? [])
    .filter(({ caseId }) => caseId === found.id)
    .map(({ channelId, messageId }) => ({ channelId, messageId }))
}

/** The posting of a message that shows one of the case's pictures. */
async function postingAt(
  { channelId, messageId }: Case['copies'][number],
  { id, guildId, prints: wanted }: Case,
  { deeds, guilds, pictures: owner }: SweepParts,
): Promise<Posting | undefined> {
  const message = await deeds.message(channelId, messageId)
  const { settings } = await guilds.of(guildId)
  if (!message?.inGuild() || isExempt(message, settings)) {
    return undefined
  }
  const pictures = picturesIn(message)
  const prints = (await owner.fingerprintAll(pictures)).map(({ print }) => print)
  return shareOne(prints, wanted)
    ? {
        messageId,
        channelId,
        at: SnowflakeUtil.timestampFrom(messageId),
        keys: pictures.map(({ key }) => key),
        prints,
        caseId: id,
        matched: null,
        reasons: [],
      }
    : undefined
}
