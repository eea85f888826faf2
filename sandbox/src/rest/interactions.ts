/**
 * Routes that respond to interactions: the callback, `@original` and follow-ups. The webhooks of
 * channels have the same paths for their messages.
 *
 * They need no bot token: the interaction token authenticates them.
 * Source: developers/interactions/receiving-and-responding.mdx.
 */

import { isJson } from '../protocol/field-checks.ts'
import { CALLBACK_TYPE, MESSAGE_FLAG } from '../protocol/constants.ts'
import { refuse } from '../protocol/errors.ts'
import type { Interaction } from '../interactions/types.ts'
import { answer, pingingUsers, post } from '../interactions/answers.ts'
import type { Message } from '../world/message.ts'
import { editMessage } from '../messages/create-message.ts'
import { readMessageBody } from '../messages/body.ts'
import { renderMessage } from '../render/message.ts'
import { asJson } from '../protocol/body.ts'
import { checkRespondable } from '../world/threads/thread-access.ts'
import type { World } from '../world/world.ts'
import {
  execute,
  isWebhook,
  readOwn,
  removeOwn,
  editOwn as editWebhookMessage,
} from './messages/webhook-messages.ts'
import { NO_CONTENT, ok } from './route.ts'
import type { Context, Reply, Route } from './route.ts'

const OWN = { seesContent: true } as const

async function callback({ world, interactions, params, query, body }: Context): Promise<Reply> {
  const interaction = interactions.unanswered(params['interaction']!, params['token']!)
  const { type, data } = asJson(body)
  const responseData = isJson(data) ? data : {}
  const parts = { world, interactions, interaction, data: responseData, files: body.files }
  const message = await answer(parts, Number(type))
  if (query.get('with_response') !== 'true') {
    return NO_CONTENT
  }
  return ok(renderCallback(world, interaction, { type: Number(type), message }))
}

function renderCallback(
  world: World,
  interaction: Interaction,
  { type, message }: { type: number; message: Message | null },
): object {
  const { id, channel } = interaction
  return {
    interaction: {
      id,
      type: interaction.type,
      channel_id: channel.id,
      ...(channel.guildId === null ? {} : { guild_id: channel.guildId }),
      ...(message && {
        response_message_id: message.id,
        response_message_loading: type === CALLBACK_TYPE.deferredMessage,
        response_message_ephemeral: (message.flags & MESSAGE_FLAG.ephemeral) !== 0,
      }),
    },
    ...(message && { resource: { type, message: renderMessage(world, message, OWN) } }),
  }
}

/** The interaction's message that the path names; `@original` is the first response. */
function ownMessage(context: Context): { interaction: Interaction; message: Message } {
  const { world, interactions, params } = context
  const interaction = interactions.answered(params['application']!, params['token']!)
  const messageParam = params['message']!
  const id = messageParam === '@original' ? interaction.originalId! : messageParam
  if (!interaction.messageIds.has(id)) {
    throw refuse('unknownMessage')
  }
  return { interaction, message: world.message(interaction.channel.id, id) }
}

async function editOwn(
  { world, body }: Context,
  interaction: Interaction,
  message: Message,
): Promise<Reply> {
  checkRespondable(world, interaction.channel, interaction.userId, 'edit')
  const read = readMessageBody(asJson(body), body.files, { before: message })
  await editMessage(world, message, pingingUsers(read))
  if (message.id === interaction.originalId) {
    interaction.state = 'answered'
  }
  return ok(renderMessage(world, message, OWN))
}

async function followUp(context: Context): Promise<Reply> {
  const { world, interactions, params, body } = context
  const interaction = interactions.answered(params['application']!, params['token']!)
  if (interaction.state === 'deferred') {
    // The first follow-up after a deferral replaces the loading message.
    const original = world.message(interaction.channel.id, interaction.originalId!)
    return editOwn(context, interaction, original)
  }
  const read = readMessageBody(asJson(body), body.files)
  interactions.countFollowUp(interaction)
  const message = await post({ world, interaction }, read)
  return ok(renderMessage(world, message, OWN))
}

const MESSAGE_PATH = '/webhooks/:application/:token/messages/:message'

/** All routes of this file. */
export const interactionRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/interactions/:interaction/:token/callback',
    open: true,
    handle: callback,
  },
  {
    method: 'POST',
    path: '/webhooks/:application/:token',
    open: true,
    handle: (context) => (isWebhook(context) ? execute(context) : followUp(context)),
  },
  {
    method: 'GET',
    path: MESSAGE_PATH,
    open: true,
    handle(context) {
      if (isWebhook(context)) {
        return readOwn(context)
      }
      const { message } = ownMessage(context)
      return ok(renderMessage(context.world, message, OWN))
    },
  },
  {
    method: 'PATCH',
    path: MESSAGE_PATH,
    open: true,
    handle(context) {
      if (isWebhook(context)) {
        return editWebhookMessage(context)
      }
      const { interaction, message } = ownMessage(context)
      return editOwn(context, interaction, message)
    },
  },
  {
    method: 'DELETE',
    path: MESSAGE_PATH,
    open: true,
    handle(context) {
      if (isWebhook(context)) {
        return removeOwn(context)
      }
      const { interaction, message } = ownMessage(context)
      if (message.id === interaction.originalId) {
        interaction.state = 'answered'
      }
      context.world.remove(message)
      return NO_CONTENT
    },
  },
]
