/**
 * The application's first response to an interaction, by callback type.
 *
 * Source: developers/interactions/receiving-and-responding.mdx, "Responding to an Interaction".
 */

import type { Files } from '../protocol/body.ts'
import { Checks, isJson } from '../protocol/field-checks.ts'
import type { Json } from '../protocol/field-checks.ts'
import { readModal } from '../messages/components/modal-components.ts'
import {
  CALLBACK_TYPE,
  INTERACTION_TYPE,
  MESSAGE_FLAG,
  OPTION_TYPE,
} from '../protocol/constants.ts'
import { isForcedEphemeral, originOf } from './interactions.ts'
import type { Interactions } from './interactions.ts'
import type { Interaction } from './types.ts'
import type { Message, MessageReference } from '../world/message.ts'
import { createMessage, editMessage } from '../messages/create-message.ts'
import { readMessageBody } from '../messages/body.ts'
import type { MessageBody } from '../messages/body.ts'
import { checkRespondable } from '../world/threads/thread-access.ts'
import type { World } from '../world/world.ts'

const MAX_CHOICES = 25

/** The input of a response. */
export type Answering = {
  readonly world: World
  readonly interactions: Interactions
  readonly interaction: Interaction
  readonly data: Json
  readonly files: Files
}

/** The callback types that the interaction allows. */
function allowedTypes({ type, source }: Interaction): readonly number[] {
  const { message, deferredMessage, deferredUpdate, update, autocomplete, modal } = CALLBACK_TYPE
  const onMessage = source ? [deferredUpdate, update] : []
  if (type === INTERACTION_TYPE.autocomplete) {
    return [autocomplete]
  }
  if (type === INTERACTION_TYPE.modal) {
    return [message, deferredMessage, ...onMessage]
  }
  return [message, deferredMessage, ...onMessage, modal]
}

/**
 * Performs the first response.
 *
 * @returns the message created or edited; null for a modal, choices or a deferred update.
 * @throws {ApiError} 50035 and the errors of messages; the interaction then still waits.
 */
export async function answer(answering: Answering, type: number): Promise<Message | null> {
  const { interaction, interactions } = answering
  const allowed = allowedTypes(interaction)
  const checks = new Checks()
  if (!allowed.includes(type)) {
    checks.fail('type', 'BASE_TYPE_CHOICES', `Value must be one of {${allowed.join(', ')}}.`)
  }
  checks.done()
  const deferred = type === CALLBACK_TYPE.deferredMessage
  // Set before the first await, so that the second of two concurrent responses is rejected.
  interaction.state = deferred ? 'deferred' : 'answered'
  try {
    const message = await carryOut(answering, type)
    interactions.emitToMember(interaction, { type: 'acknowledged' })
    return message
  } catch (error) {
    interaction.state = 'waiting'
    throw error
  }
}

async function carryOut(answering: Answering, type: number): Promise<Message | null> {
  const { interaction, data, files } = answering
  switch (type) {
    case CALLBACK_TYPE.modal:
      return openModal(answering)
    case CALLBACK_TYPE.autocomplete:
      return suggest(answering)
    case CALLBACK_TYPE.deferredUpdate:
      takeSource(interaction)
      return null
    case CALLBACK_TYPE.update:
      return updateSource(answering)
    case CALLBACK_TYPE.deferredMessage: {
      const body = readMessageBody({ flags: data['flags'] }, new Map(), { base: 'data' })
      const flags = (body.flags ?? 0) & MESSAGE_FLAG.ephemeral
      return firstMessage(answering, { ...body, flags }, MESSAGE_FLAG.loading)
    }
    default:
      return firstMessage(answering, readMessageBody(data, files, { base: 'data' }), 0)
  }
}

async function firstMessage(answering: Answering, body: MessageBody, flags: number) {
  const message = await post(answering, body, { flags, base: 'data' })
  answering.interaction.originalId = message.id
  return message
}

/** Sends a message of the application as a response or a follow-up. */
export async function post(
  { world, interaction }: Pick<Answering, 'world' | 'interaction'>,
  body: MessageBody,
  { flags = 0, base = '' }: { flags?: number; base?: string } = {},
): Promise<Message> {
  const forced = isForcedEphemeral(world, interaction) ? MESSAGE_FLAG.ephemeral : 0
  const ephemeral = ((body.flags ?? 0) & MESSAGE_FLAG.ephemeral) | forced
  checkRespondable(world, interaction.channel, interaction.userId, 'create')
  const message = await createMessage(world, {
    channel: interaction.channel,
    authorId: world.application.bot.id,
    body: pingingUsers(body),
    base,
    origin: originOf(interaction),
    reference: referenceOf(world, interaction),
    visibleTo: ephemeral === 0 ? null : interaction.userId,
    flags: ephemeral | flags,
  })
  interaction.messageIds.add(message.id)
  return message
}

/** Responses to interactions ping only users unless `allowed_mentions` is set. */
export function pingingUsers(body: MessageBody): MessageBody {
  const users = { parse: ['users'], users: [], roles: [], repliedUser: false } as const
  return { ...body, allowedMentions: body.allowedMentions ?? users }
}

/**
 * A follow-up refers to the first response, a response to a component to the component's message,
 * one to a message command to its target; never to a message that others cannot see.
 */
function referenceOf(world: World, interaction: Interaction): MessageReference | null {
  const { channel, source, targetId = '', originalId } = interaction
  const id = originalId ?? source?.id ?? targetId
  const target = world.messages.get(channel.id)?.get(id)
  if (target?.visibleTo !== null) {
    return null
  }
  return { type: 0, messageId: id, channelId: channel.id, guildId: channel.guildId }
}

function takeSource(interaction: Interaction): Message {
  const source = interaction.source!
  interaction.originalId = source.id
  interaction.messageIds.add(source.id)
  return source
}

async function updateSource({ world, interaction, data, files }: Answering): Promise<Message> {
  const source = world.message(interaction.channel.id, interaction.source!.id)
  checkRespondable(world, interaction.channel, interaction.userId, 'edit')
  const body = readMessageBody(data, files, { base: 'data', before: source })
  await editMessage(world, source, pingingUsers(body), { base: 'data' })
  return takeSource(interaction)
}

function openModal({ interactions, interaction, data }: Answering): null {
  const modal = readModal(data)
  interaction.modal = modal
  const { customId, title, components } = modal
  interactions.emitToMember(interaction, { type: 'modal', custom_id: customId, title, components })
  return null
}

function suggest({ interactions, interaction, data }: Answering): null {
  const checks = new Checks('data')
  const choices = checks.list(data, 'choices', MAX_CHOICES)
  if (choices === undefined) {
    checks.missing('choices')
  }
  const options = interaction.data['options']
  const type = focusedType(Array.isArray(options) ? options : [])
  const numeric = type === OPTION_TYPE.integer || type === OPTION_TYPE.number
  for (const [i, choice] of (choices ?? []).entries()) {
    const at = `choices.${i}`
    checks.needText(choice, 'name', { min: 1, max: 100 }, `${at}.name`)
    if (numeric) {
      if (typeof choice['value'] !== 'number') {
        checks.fail(`${at}.value`, 'NUMBER_TYPE_COERCE', 'Value is not a number.')
      }
    } else {
      checks.needText(choice, 'value', { max: 100 }, `${at}.value`)
    }
  }
  checks.done()
  interactions.emitToMember(interaction, { type: 'choices', choices })
  return null
}

function focusedType(options: readonly unknown[]): unknown {
  for (const option of options.filter(isJson)) {
    if (option['focused'] === true) {
      return option['type']
    }
    const inner = Array.isArray(option['options']) ? focusedType(option['options']) : undefined
    if (inner !== undefined) {
      return inner
    }
  }
  return undefined
}
