/** Renews the link of a picture: links of attachments end after a day. */

import type { Client, REST } from 'discord.js'
import { z } from 'zod'
import type { FoundPicture, PictureLink } from '../../commands/picture.ts'
import { picturesIn } from '../discord/message-pictures.ts'

/**
 * The picture with a fresh link: that of its message, or one that Discord renews.
 *
 * @returns undefined if there is none.
 */
export async function freshLink(
  client: Client,
  picture: FoundPicture,
): Promise<PictureLink | undefined> {
  if (picture.source) {
    const { channelId, messageId } = picture.source
    const channel = await client.channels.fetch(channelId).catch(() => null)
    const message = channel?.isTextBased()
      ? await channel.messages.fetch({ message: messageId, force: true }).catch(() => null)
      : null
    const link = message && picturesIn(message).find(({ key }) => key === picture.key)
    if (link) {
      return link
    }
  }
  return refreshed(client.rest, picture)
}

const refreshedSchema = z.object({
  refreshed_urls: z.array(z.object({ refreshed: z.string() })),
})

/** Not in Discord's documentation, but what its own clients use for links older than a day. */
async function refreshed(rest: REST, { url, size }: PictureLink): Promise<PictureLink | undefined> {
  const body = { attachment_urls: [url] }
  const answer = await rest.post('/attachments/refresh-urls', { body }).catch(() => undefined)
  const link = refreshedSchema.safeParse(answer).data?.refreshed_urls[0]?.refreshed
  return link === undefined ? undefined : { url: link, size }
}
