/**
 * Gives messages the previews of their links: those of the cache at once, the others later by
 * MESSAGE_UPDATE, without an edit's time.
 *
 * The author needs Embed Links. A message with SUPPRESS_EMBEDS or Components V2 has no previews.
 * Source: github.com/discord/discord-api-docs, issue 5406; support.discord.com, "Embeds".
 */

import { MESSAGE_FLAG } from '../protocol/constants.ts'
import { can } from '../world/permissions.ts'
import type { LinkPreview } from '../world/links.ts'
import type { Message } from '../world/message.ts'
import type { World } from '../world/world.ts'
import { linksIn } from './content.ts'

const { suppressEmbeds, componentsV2 } = MESSAGE_FLAG

/** The parts of a message that decide about previews; `previews` are those that it has. */
type Previewed = Pick<
  Message,
  'channelId' | 'authorId' | 'webhook' | 'content' | 'flags' | 'previews'
>

/** The previews that a new or edited message has at once. */
export function previewsAtOnce(world: World, message: Previewed): readonly LinkPreview[] {
  return previewedLinks(world, message).flatMap(
    (link) => message.previews.find(({ url }) => url === link) ?? world.links.cached(link) ?? [],
  )
}

/** Adds the previews that were not in the cache when the message was sent or edited. */
export function previewLater(world: World, message: Message): void {
  const missing = previewedLinks(world, message).filter((link) => !hasPreview(message, link))
  if (missing.length === 0) {
    return
  }
  world.clock.after(world.links.delayMs, () => void addPreviews(world, message, missing))
}

async function addPreviews(
  world: World,
  message: Message,
  missing: readonly string[],
): Promise<void> {
  await Promise.all(missing.map((link) => world.links.load(link)))
  if (world.messages.get(message.channelId)?.get(message.id) !== message) {
    return
  }
  // The message may have been edited or its embeds hidden since.
  const previews = previewsAtOnce(world, message)
  if (previews.some(({ url }) => !hasPreview(message, url))) {
    world.addPreviews(message, previews)
  }
}

function hasPreview({ previews }: Previewed, link: string): boolean {
  return previews.some(({ url }) => url === link)
}

function previewedLinks(
  world: World,
  { channelId, authorId, webhook, content, flags }: Previewed,
): readonly string[] {
  const channel = world.channels.get(channelId)
  if ((flags & (suppressEmbeds | componentsV2)) !== 0 || !channel) {
    return []
  }
  const links = linksIn(content)
  if (links.length === 0) {
    return []
  }
  // A webhook needs no permissions.
  return webhook || can(world, channel, authorId, 'embedLinks') ? links : []
}
