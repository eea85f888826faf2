/**
 * What a webhook's token does with messages: execute, read, edit and delete.
 *
 * The paths are those of responses to interactions, so `rest/interactions.ts` has the routes.
 * Source: developers/resources/webhook.mdx, "Execute Webhook" and after it.
 */

import { asJson } from '../../protocol/body.ts'
import { refuse } from '../../protocol/errors.ts'
import { Checks } from '../../protocol/field-checks.ts'
import { readMessageBody } from '../../messages/body.ts'
import { editMessage } from '../../messages/create-message.ts'
import { sendByWebhook } from '../../messages/webhook-messages.ts'
import { renderMessage } from '../../render/message.ts'
import { checkEditable } from '../../world/threads/thread-access.ts'
import { findWebhook } from '../../world/webhooks.ts'
import type { Message } from '../../world/message.ts'
import type { Channel } from '../../world/types.ts'
import { authenticated } from '../channels/webhooks.ts'
import { NO_CONTENT, ok } from '../route.ts'
import type { Context, Reply } from '../route.ts'

const OWN = { seesContent: true } as const

/** Whether the path names a webhook of a channel, and not an application. */
export function isWebhook({ world, params }: Context): boolean {
  return findWebhook(world, params['application']!) !== undefined
}

/** The webhook's channel, or its thread that the query names. */
function targetOf(context: Context, channel: Channel): Channel {
  const threadId = context.query.get('thread_id')
  if (threadId === null) {
    return channel
  }
  const thread = context.world.channel(threadId)
  if (thread.parentId !== channel.id) {
    throw refuse('unknownChannel')
  }
  return thread
}

/** Executes the webhook. */
export async function execute(context: Context): Promise<Reply> {
  const { world, body, query } = context
  const { webhook, channel } = authenticated(context)
  const json = asJson(body)
  const checks = new Checks()
  const name = checks.text(json, 'username', { min: 1, max: 80 })
  checks.done()
  const message = await sendByWebhook(world, webhook, {
    channel: targetOf(context, channel),
    body: readMessageBody(json, body.files),
    name,
  })
  return query.get('wait') === 'true' ? ok(renderMessage(world, message, OWN)) : NO_CONTENT
}

/** The webhook's message that the path names. @throws {ApiError} 10008. */
function ownMessage(context: Context): Message {
  const { world, params } = context
  const { webhook, channel } = authenticated(context)
  const message = world.message(targetOf(context, channel).id, params['message']!)
  if (message.webhook?.id !== webhook.id) {
    throw refuse('unknownMessage')
  }
  return message
}

/** Reads a message of the webhook. */
export function readOwn(context: Context): Reply {
  return ok(renderMessage(context.world, ownMessage(context), OWN))
}

/** Edits a message of the webhook. */
export async function editOwn(context: Context): Promise<Reply> {
  const { world, body } = context
  const message = ownMessage(context)
  checkEditable(world, world.channel(message.channelId), message.authorId)
  await editMessage(world, message, readMessageBody(asJson(body), body.files, { before: message }))
  return ok(renderMessage(world, message, OWN))
}

/** Deletes a message of the webhook. */
export function removeOwn(context: Context): Reply {
  context.world.remove(ownMessage(context))
  return NO_CONTENT
}
