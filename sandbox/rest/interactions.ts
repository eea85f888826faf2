/**
 * Routes that answer interactions: the callback, `@original` and follow-ups.
 *
 * Source: developers/interactions/receiving-and-responding.mdx.
 */

import { Checks, isJson, type Json } from '../checks.ts'
import { CALLBACK_TYPE, INTERACTION_TYPE, MESSAGE_FLAG } from '../constants.ts'
import { refuse } from '../errors.ts'
import type { Interaction } from '../interactions.ts'
import { createMessage, editMessage, type MessageBody, readMessageBody } from '../messages.ts'
import { renderMessage } from '../messages-render.ts'
import { asJson } from '../requests.ts'
import type { Message } from '../message.ts'
import type { World } from '../world.ts'
import { type Context, NO_CONTENT, ok, type Reply, type Route } from './route.ts'

/** @throws {ApiError} 50035 for a callback type that a command cannot be answered with. */
function callbackType(body: Json): number {
  const type = body['type']
  if (type === CALLBACK_TYPE.message || type === CALLBACK_TYPE.deferredMessage) return type
  const checks = new Checks()
  checks.fail('type', 'BASE_TYPE_CHOICES', 'Value must be one of {4, 5}.')
  checks.done()
  return 0
}

async function answer(
  world: World,
  interaction: Interaction,
  body: MessageBody,
  extra: number,
): Promise<Message> {
  const asked = (body.flags ?? 0) & MESSAGE_FLAG.ephemeral
  const message = await createMessage(world, {
    channel: world.channel(interaction.channelId),
    authorId: world.application.bot.id,
    body,
    origin: {
      interactionId: interaction.id,
      type: INTERACTION_TYPE.command,
      userId: interaction.userId,
      commandName: interaction.commandName,
      commandType: 1,
      targetId: null,
      owners: { '0': interaction.guildId ?? '0' },
      sourceMessageId: null,
      originalId: null,
      triggeredBy: null,
    },
    visibleTo: asked === 0 ? null : interaction.userId,
    flags: asked | extra,
  })
  interaction.messageIds.add(message.id)
  return message
}

async function callback({ world, interactions, params, query, body }: Context): Promise<Reply> {
  const interaction = interactions.unanswered(params['interaction']!, params['token']!)
  const type = callbackType(asJson(body))
  const data = asJson(body)['data']
  const read = readMessageBody(isJson(data) ? data : {}, body.files)
  const deferred = type === CALLBACK_TYPE.deferredMessage
  // Set before anything is awaited, so that of two answers at once the second is refused.
  interaction.state = deferred ? 'deferred' : 'answered'
  let message: Message
  try {
    message = await answer(world, interaction, read, deferred ? MESSAGE_FLAG.loading : 0)
  } catch (error) {
    interaction.state = 'waiting'
    throw error
  }
  interaction.originalId = message.id
  if (query.get('with_response') !== 'true') return NO_CONTENT
  return ok({
    interaction: {
      id: interaction.id,
      type: 2,
      response_message_id: message.id,
      response_message_loading: deferred,
      response_message_ephemeral: message.visibleTo !== null,
      channel_id: message.channelId,
      ...(message.guildId === null ? {} : { guild_id: message.guildId }),
    },
    resource: { type, message: renderMessage(world, message, { seesContent: true }) },
  })
}

/** The message of this interaction that the path names; `@original` is the first. */
function ownMessage(context: Context): { interaction: Interaction; message: Message } {
  const { world, interactions, params } = context
  const interaction = interactions.answered(params['application']!, params['token']!)
  const named = params['message']!
  const id = named === '@original' ? interaction.originalId! : named
  if (!interaction.messageIds.has(id)) throw refuse('unknownMessage')
  return { interaction, message: world.message(interaction.channelId, id) }
}

async function editOwn(
  world: World,
  interaction: Interaction,
  message: Message,
  body: MessageBody,
): Promise<Reply> {
  await editMessage(world, message, body)
  if (message.id === interaction.originalId) interaction.state = 'answered'
  return ok(renderMessage(world, message, { seesContent: true }))
}

async function followUp(context: Context): Promise<Reply> {
  const { world, interactions, params, body } = context
  const interaction = interactions.answered(params['application']!, params['token']!)
  const read = readMessageBody(asJson(body), body.files)
  if (interaction.state === 'deferred') {
    // The first follow-up after a deferral fills in the waiting message.
    const original = world.message(interaction.channelId, interaction.originalId!)
    return editOwn(world, interaction, original, read)
  }
  const message = await answer(world, interaction, read, 0)
  return ok(renderMessage(world, message, { seesContent: true }))
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
  { method: 'POST', path: '/webhooks/:application/:token', open: true, handle: followUp },
  {
    method: 'GET',
    path: MESSAGE_PATH,
    open: true,
    handle(context) {
      const { message } = ownMessage(context)
      return ok(renderMessage(context.world, message, { seesContent: true }))
    },
  },
  {
    method: 'PATCH',
    path: MESSAGE_PATH,
    open: true,
    handle(context) {
      const { interaction, message } = ownMessage(context)
      const { world, body } = context
      return editOwn(world, interaction, message, readMessageBody(asJson(body), body.files))
    },
  },
  {
    method: 'DELETE',
    path: MESSAGE_PATH,
    open: true,
    handle(context) {
      const { interaction, message } = ownMessage(context)
      if (message.id === interaction.originalId) interaction.state = 'answered'
      context.world.remove(message)
      return NO_CONTENT
    },
  },
]
