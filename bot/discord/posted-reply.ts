/**
 * Finds the reply that an earlier process posted without storing its id, because it was killed in
 * between. Within a few minutes Discord finds it by its nonce; later the channel is looked through.
 */

import { type REST, Routes, SnowflakeUtil } from 'discord.js'
import { z } from 'zod'
import type { Job } from '../jobs/job-record.ts'

/** A nonce holds for "the past few minutes" (Discord, resources/message); this is less. */
const NONCE_HOLDS_MS = 60_000
/** Messages after the one that asks that are looked through: the most that one request gives. */
const LIMIT = 100

/** What a reply is recognized by. */
export type EarlierReply = {
  /** User id of the bot. */
  readonly authorId: string
  readonly nonce: string
  /** Key of the answer, which its buttons carry. Progress and errors have no buttons. */
  readonly key: string | undefined
}

const messages = z.array(
  z.object({
    id: z.string(),
    author: z.object({ id: z.string() }),
    nonce: z.union([z.string(), z.number()]).nullish(),
    components: z.array(z.unknown()).default([]),
    message_reference: z.object({ message_id: z.string().nullish() }).nullish(),
  }),
)

/**
 * The reply to a message.
 *
 * @returns its id; null if there is none, or the nonce still finds it.
 * @throws an error of the request.
 */
export async function earlierReply(
  rest: REST,
  { channelId, messageId }: Extract<Job['answer'], { to: 'message' }>,
  { authorId, nonce, key }: EarlierReply,
): Promise<string | null> {
  if (Date.now() - SnowflakeUtil.timestampFrom(messageId) < NONCE_HOLDS_MS) {
    return null
  }
  const query = new URLSearchParams({ after: messageId, limit: String(LIMIT) })
  const found = messages.parse(await rest.get(Routes.channelMessages(channelId), { query }))
  const reply = found.find(
    (message) =>
      message.author.id === authorId &&
      message.message_reference?.message_id === messageId &&
      // Another job may have answered the same message; Discord does not always tell the nonce.
      (message.nonce ?? nonce) === nonce &&
      (message.components.length === 0 ||
        (key !== undefined && JSON.stringify(message.components).includes(key))),
  )
  return reply?.id ?? null
}
