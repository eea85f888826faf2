/** The actions of the members API, one function each. */

import type { Files, Upload } from '../protocol/body.ts'
import { Checks, isJson } from '../protocol/field-checks.ts'
import type { Json } from '../protocol/field-checks.ts'
import { CHANNEL_TYPE } from '../protocol/constants.ts'
import { ApiError, refuse } from '../protocol/errors.ts'
import { useCommand, useComponent, useMenu } from '../interactions/use.ts'
import type { MemberContext } from '../interactions/use.ts'
import { submitModal } from '../interactions/modals.ts'
import type { Fields, FieldValue } from '../interactions/modals.ts'
import type { OptionValue } from '../interactions/option-values.ts'
import { history, viewedChannel, viewedMessage } from './views.ts'
import type { Message } from '../world/message.ts'
import { crosspost, proxyMessage } from '../messages/webhook-messages.ts'
import { deleteAs, editAs, sendAs } from '../messages/actions.ts'
import { demand, sendingIn } from '../world/permissions.ts'
import { addReaction, readEmoji, removeReaction } from '../messages/reactions.ts'
import { startThread } from '../world/threads/threads.ts'
import { readNewThread } from '../world/threads/thread-fields.ts'

/** Most people in a group of direct messages. */
const MAX_GROUP = 10

/** Maximum number of messages in one `history` response. */
const MAX_HISTORY = 100

/** The input of an action. */
export type ActionRequest = {
  readonly actor: MemberContext
  readonly body: Json
  readonly files: Files
}

type Action = (request: ActionRequest) => object | Promise<object>

/** The action of that name; undefined for an unknown one. */
export function actionOf(name: string): Action | undefined {
  return ACTIONS.get(name)
}

const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['messages', send],
  ['edit', edit],
  ['delete', remove],
  ['forward', forward],
  ['history', look],
  ['react', react],
  ['proxy', proxy],
  ['crosspost', publish],
  ['typing', type],
  ['commands', (request) => command(request)],
  ['autocomplete', (request) => command(request, needed(request.body, 'focused'))],
  ['menu', menu],
  ['components', component],
  ['modals', modal],
  ['dismiss', dismiss],
  ['threads', openThread],
  ['dms', openDirect],
  ['groups', openGroup],
  ['install', install],
  ['block', block],
  ['nitro', subscribe],
  ['links', registerLink],
  ['model', switchModel],
])

function needed(body: Json, key: string): string {
  const checks = new Checks()
  const value = checks.needText(body, key, { max: 2000 })
  checks.done()
  return value
}

function messageOf({ actor, body }: ActionRequest): Message {
  const message = actor.world.message(actor.channel.id, needed(body, 'message_id'))
  const hidden = message.visibleTo !== null && message.visibleTo !== actor.userId
  if (hidden) {
    throw refuse('unknownMessage')
  }
  return message
}

async function send({ actor, body, files }: ActionRequest): Promise<object> {
  return viewedMessage(actor.world, await sendAs(actor, body, files), actor.userId)
}

async function edit(request: ActionRequest): Promise<object> {
  const { actor, files } = request
  const { message_id: _, ...body } = request.body
  const message = await editAs(actor, messageOf(request), body, files)
  return viewedMessage(actor.world, message, actor.userId)
}

function remove(request: ActionRequest): object {
  deleteAs(request.actor, messageOf(request))
  return {}
}

async function forward(request: ActionRequest): Promise<object> {
  const { actor, body } = request
  const channel = actor.world.channel(needed(body, 'to'))
  const reference = { type: 1, message_id: messageOf(request).id, channel_id: actor.channel.id }
  const target = { ...actor, channel }
  const message = await sendAs(target, { message_reference: reference }, new Map())
  return viewedMessage(actor.world, message, actor.userId)
}

function look({ actor, body }: ActionRequest): object {
  const { world, channel, userId } = actor
  const checks = new Checks()
  const before = checks.id(body, 'before')
  const limit = checks.whole(body, 'limit', 'limit', { min: 1, max: MAX_HISTORY }) ?? 50
  checks.done()
  demand(world, channel, userId, 'readMessageHistory')
  return { messages: history(world, channel, userId, { before, limit }) }
}

/** Posts a member's message under another name, as a proxy bot such as PluralKit does. */
async function proxy(request: ActionRequest): Promise<object> {
  const { world, userId } = request.actor
  const source = messageOf(request)
  if (source.authorId !== userId) {
    throw refuse('notYourMessage')
  }
  const message = await proxyMessage(world, source, needed(request.body, 'name'))
  return viewedMessage(world, message, userId)
}

async function publish(request: ActionRequest): Promise<object> {
  const { world, userId } = request.actor
  const target = world.channel(needed(request.body, 'to'))
  const message = await crosspost(world, messageOf(request), { target, userId })
  return viewedMessage(world, message, userId)
}

function react(request: ActionRequest): object {
  const { world, userId } = request.actor
  const emoji = readEmoji(needed(request.body, 'emoji'))
  const message = messageOf(request)
  if (request.body['on'] === false) {
    removeReaction(world, message, emoji, userId, userId)
  } else {
    addReaction(world, message, emoji, userId)
  }
  return {}
}

function type({ actor }: ActionRequest): object {
  const { world, channel, userId } = actor
  demand(world, channel, userId, sendingIn(channel))
  world.emit({ name: 'TYPING_START', channel, userId })
  return {}
}

async function command({ actor, body, files }: ActionRequest, focused?: string): Promise<object> {
  const name = needed(body, 'name')
  const options = readOptions(body, files)
  const typed = { name, options, ...(focused === undefined ? {} : { focused }) }
  const { id } = await useCommand(actor, typed)
  return { id }
}

/** An option's file is written as `{"file": N}`, with its number in the form. */
function readOptions(body: Json, files: Files): Readonly<Record<string, OptionValue>> {
  const values = body['options']
  const options: Record<string, OptionValue> = {}
  for (const [name, value] of Object.entries(isJson(values) ? values : {})) {
    const file = isJson(value) ? files.get(String(value['file'])) : undefined
    if (file) {
      options[name] = file
    } else if (
      typeof value === 'string' ||
      typeof value === 'number' ||
      typeof value === 'boolean'
    ) {
      options[name] = value
    }
  }
  return options
}

function menu({ actor, body }: ActionRequest): object {
  const { id } = useMenu(actor, {
    name: needed(body, 'name'),
    targetId: needed(body, 'target_id'),
  })
  return { id }
}

function component({ actor, body }: ActionRequest): object {
  const { values } = body
  const { id } = useComponent(actor, {
    messageId: needed(body, 'message_id'),
    customId: needed(body, 'custom_id'),
    ...(Array.isArray(values) ? { values: values.map(String) } : {}),
  })
  return { id }
}

async function modal({ actor, body, files }: ActionRequest): Promise<object> {
  const values = body['values']
  const fields: Record<string, FieldValue> = {}
  for (const [customId, value] of Object.entries(isJson(values) ? values : {})) {
    const field = fieldOf(value, files)
    if (field !== undefined) {
      fields[customId] = field
    }
  }
  const { id } = await submitModal(actor, needed(body, 'id'), fields satisfies Fields)
  return { id }
}

function fieldOf(value: unknown, files: Files): FieldValue | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') {
    return value
  }
  if (Array.isArray(value)) {
    return value.map(String)
  }
  if (!isJson(value) || !Array.isArray(value['files'])) {
    return undefined
  }
  const numbers: readonly unknown[] = value['files']
  const uploads = numbers.map((number) => files.get(String(number)))
  return { files: uploads.filter((upload): upload is Upload => upload !== undefined) }
}

/** Hides the message from the member only; later edits by the application do not bring it back. */
function dismiss(request: ActionRequest): object {
  const message = messageOf(request)
  if (message.visibleTo === null) {
    throw refuse('missingPermissions')
  }
  request.actor.world.remove(message)
  return {}
}

function openThread(request: ActionRequest): object {
  const { world, channel, userId } = request.actor
  const message = request.body['message_id'] === undefined ? undefined : messageOf(request)
  const { message_id: _, ...body } = request.body
  const type = message ? {} : { type: CHANNEL_TYPE.publicThread }
  const newThread = readNewThread({ ...type, ...body }, message !== undefined)
  const thread = startThread(world, channel, newThread, { userId, reason: null }, message)
  return viewedChannel(world, thread, userId)
}

function openDirect({ actor, body }: ActionRequest): object {
  const { world, userId } = actor
  const other = body['user_id'] === undefined ? undefined : needed(body, 'user_id')
  const channel = world.directChannel(userId, other && world.user(other).id)
  return viewedChannel(world, channel, userId)
}

function openGroup({ actor, body }: ActionRequest): object {
  const { world, userId } = actor
  const checks = new Checks()
  const ids = checks.ids(body, 'user_ids', MAX_GROUP - 1) ?? []
  const name = checks.text(body, 'name', { max: 100 }) ?? ''
  checks.done()
  const people = [...new Set([userId, ...ids])].map((id) => world.user(id))
  if (people.some(({ bot }) => bot)) {
    throw refuse('invalidRecipients')
  }
  const channel = world.addGroup(
    people.map(({ id }) => id),
    name,
  )
  return viewedChannel(world, channel, userId)
}

/** Registers what a link shows; the files of the form are its pictures, in order. */
async function registerLink({ actor, body, files }: ActionRequest): Promise<object> {
  const checks = new Checks()
  const url = checks.needText(body, 'url', { min: 1, max: 2048 })
  const [title, description, provider] = ['title', 'description', 'provider'].map((key) =>
    checks.text(body, key, { max: 4096 }),
  )
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    checks.fail('url', 'URL_TYPE_INVALID_URL', 'Not a well formed URL.')
  }
  checks.done()
  const pictures = [...files.values()]
  await actor.world.links.register(url, { title, description, provider, pictures })
  return {}
}

function block({ actor, body }: ActionRequest): object {
  return setMembership(actor, actor.world.application.blockedBy, body['on'])
}

function subscribe({ actor, body }: ActionRequest): object {
  return setMembership(actor, actor.world.nitro, body['on'])
}

/** Adds the member to the set, or removes them with `on: false`. */
function setMembership({ world, userId }: MemberContext, set: Set<string>, on: unknown): object {
  if (on === false) {
    set.delete(userId)
  } else {
    set.add(userId)
  }
  world.emit({ name: 'COMMANDS_UPDATE' })
  return {}
}

async function switchModel({ actor, body }: ActionRequest): Promise<object> {
  const { models } = actor.world.application
  const name = needed(body, 'name')
  if (!models?.names.includes(name)) {
    throw refuse('notFound')
  }
  try {
    await models.use(name)
  } catch (error) {
    throw new ApiError(409, 0, error instanceof Error ? error.message : String(error))
  }
  return {}
}

function install({ actor, body }: ActionRequest): object {
  return setMembership(actor, actor.world.application.installedBy, body['on'])
}
