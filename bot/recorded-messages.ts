/** Which channels and messages the records of conversations, of `/find` and of moderation name. */

import { type Place, placeIn, prefixOf } from './discord/place.ts'
import { postedAt } from './find/searchable.ts'
import type { Moderation } from './moderation/moderation.ts'
import type { ConversationRecords } from './memory/records.ts'

export type RecordSources = {
  readonly records: ConversationRecords
  readonly moderation: Pick<Moderation, 'shownWords' | 'repostPlaces'>
}

/** The places that have records. @param server null: of all servers, and of direct messages. */
export async function placesOf(
  { records, moderation }: RecordSources,
  server: string | null,
): Promise<Place[]> {
  const prefix = server === null ? '' : `${server}/`
  const { channels, messages, answers, forms, searchable } = records
  const prefixes = new Set<string>()
  for (const collection of [channels, messages, answers, forms, searchable]) {
    for await (const key of collection.keys(prefix)) {
      prefixes.add(prefixOf(placeIn(key)))
    }
  }
  for await (const shown of moderation.shownWords()) {
    if (prefixOf(shown).startsWith(prefix)) {
      prefixes.add(prefixOf(shown))
    }
  }
  for await (const place of moderation.repostPlaces(server)) {
    prefixes.add(prefixOf(place))
  }
  return [...prefixes].map(placeIn)
}

/**
 * Ids of the messages of a place that records name: those with pictures, answers, and cases whose words
 * are stored. Private answers are left out, because Discord lists none of them.
 */
export async function messagesOf(
  { records, moderation }: RecordSources,
  place: Place,
): Promise<string[]> {
  const { messages, answers, forms, searchable } = records
  const prefix = prefixOf(place)
  const ids = new Set<string>()
  for await (const [key, { answer }] of messages.entries(prefix)) {
    const record = answer === null ? null : await answers.get(prefix + answer)
    if (!record?.hidden) {
      ids.add(key.slice(prefix.length))
    }
  }
  for await (const key of forms.keys(prefix)) {
    ids.add(key.slice(prefix.length).split('.', 1)[0]!)
  }
  for await (const key of searchable.keys(prefix)) {
    ids.add(postedAt(key).messageId)
  }
  const { guildId, channelId } = place
  if (guildId !== null) {
    for await (const { messageId } of moderation.shownWords({ guildId, channelId })) {
      ids.add(messageId)
    }
  }
  return [...ids].filter((id) => /^\d+$/.test(id))
}
