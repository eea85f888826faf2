/** The picture of a record as its message has it now: no picture and no link of one is stored. */

import type { Client } from 'discord.js'
import type { FoundPicture } from '../../commands/picture.ts'
import { errorKind } from '../discord/api-errors.ts'
import { picturesIn } from '../discord/message-pictures.ts'
import { postedAt, type SearchablePicture } from './searchable.ts'

/** @returns null if it is gone, or the bot cannot read its channel. */
export async function postedPicture(
  client: Client,
  key: string,
  { picture }: Pick<SearchablePicture, 'picture'>,
): Promise<FoundPicture | null> {
  const { place, messageId } = postedAt(key)
  try {
    const channel = await client.channels.fetch(place.channelId)
    const message = channel?.isTextBased() ? await channel.messages.fetch(messageId) : null
    return (message && picturesIn(message).find((one) => one.key === picture)) ?? null
  } catch (error) {
    if (errorKind(error) === 'bug') {
      throw error
    }
    return null
  }
}
