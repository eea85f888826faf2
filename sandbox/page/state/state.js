/**
 * The page's state, updated by events from the sandbox.
 *
 * It renders nothing: views listen for changes with `changed`.
 *
 * @import { Channel, Command, Member, Message, Modal, Pending, Role, MemberEvent, User, BotModels, InLanguages } from '../types.d.ts'
 */

import { compareIds, LOADING } from './constants.js'

const TYPING_MS = 9000

/** Messages per page of a channel's history. */
export const PAGE_MESSAGES = 50

/** @typedef {'snapshot' | 'channels' | 'current' | 'message' | 'deleted' | 'history' | 'typing' | 'members' | 'commands' | 'pending' | 'connection' | 'about'} Change */

export const state = {
  /** @type {User | null} */
  you: null,
  /** @type {{ readonly id: string, readonly name: string, readonly owner_id?: string }} */
  guild: { id: '', name: '' },
  /** @type {ReadonlyMap<string, Role>} */
  roles: new Map(),
  /** @type {Map<string, User>} */
  users: new Map(),
  /** @type {Map<string, Member>} */
  members: new Map(),
  /** @type {Map<string, Channel>} */
  channels: new Map(),
  /** By channel, then by id. @type {Map<string, Map<string, Message>>} */
  messages: new Map(),
  /** @type {readonly Command[]} */
  commands: [],
  /** Interactions not answered yet, by id. @type {Map<string, Pending>} */
  pending: new Map(),
  /** When each user's typing indicator expires, by channel and user. @type {Map<string, Map<string, number>>} */
  typing: new Map(),
  /** @type {Set<string>} */
  unread: new Set(),
  /** Channels with older messages than the page has. @type {Set<string>} */
  older: new Set(),
  current: '',
  installed: false,
  /** What the bot's owner says of it, by language. @type {InLanguages | null} */
  about: null,
  /** @type {BotModels | null} */
  models: null,
  botOnline: true,
  /** @type {'starting' | 'live' | 'lost'} */
  connection: 'starting',
}

const changes = new EventTarget()

/**
 * Listens to a kind of change.
 *
 * @param {Change} name
 * @param {(detail: string) => void} listener receives the id of what changed, or ''.
 * @param {AbortSignal} signal ends it.
 */
export function changed(name, listener, signal) {
  changes.addEventListener(
    name,
    (event) => listener(event instanceof CustomEvent ? String(event.detail) : ''),
    { signal },
  )
}

/**
 * Notifies the listeners.
 *
 * @param {Change} name
 * @param {string} [detail]
 */
export function emit(name, detail = '') {
  changes.dispatchEvent(new CustomEvent(name, { detail }))
}

/** The messages of a channel, oldest first. */
export function history(/** @type {string} */ channelId) {
  const messages = [...(state.messages.get(channelId)?.values() ?? [])]
  return messages.toSorted((a, b) => compareIds(a.id, b.id))
}

/** The message, if the page has loaded it. */
export function findMessage(/** @type {string} */ id) {
  for (const messages of state.messages.values()) {
    const message = messages.get(id)
    if (message) {
      return message
    }
  }
  return undefined
}

/** Opens a channel. */
export function openChannel(/** @type {string} */ id) {
  if (!state.channels.has(id)) {
    return
  }
  state.current = id
  state.unread.delete(id)
  emit('current', id)
  emit('channels')
}

/** Applies an event from the sandbox. Choices and modals are not state and are handled elsewhere. */
export function receive(/** @type {MemberEvent} */ event) {
  switch (event.type) {
    case 'snapshot':
      return begin(event)
    case 'message':
      return keepMessage(event.message)
    case 'deleted':
      state.messages.get(event.channel_id)?.delete(event.id)
      return emit('deleted', event.id)
    case 'typing':
      return keepTyping(event.channel_id, event.user_id)
    case 'channel':
      state.channels.set(event.channel.id, event.channel)
      return emit('channels')
    case 'channel_gone':
      return loseChannel(event.id)
    case 'member':
      state.members.set(event.member.user.id, event.member)
      state.users.set(event.member.user.id, event.member.user)
      return emit('members')
    case 'commands':
      state.commands = event.commands
      return emit('commands')
    case 'acknowledged':
    case 'modal':
      return settle(event.id)
    case 'failed':
      return fail(event.id)
    case 'online':
      state.botOnline = event.online
      return emit('connection')
    case 'about':
      state.about = event.about
      state.models = event.models
      return emit('about')
    default:
  }
}

function begin(/** @type {Extract<MemberEvent, { type: 'snapshot' }>} */ snapshot) {
  const sameMember = state.you?.id === snapshot.you.id
  state.you = snapshot.you
  state.guild = snapshot.guild
  state.roles = new Map((snapshot.guild.roles ?? []).map((role) => [role.id, role]))
  state.users = new Map(snapshot.users.map((user) => [user.id, user]))
  state.members = new Map((snapshot.members ?? []).map((member) => [member.user.id, member]))
  state.channels = new Map(snapshot.channels.map((channel) => [channel.id, channel]))
  state.messages = new Map()
  for (const message of snapshot.messages) {
    put(message)
  }
  const full = [...state.messages].filter(([, messages]) => messages.size >= PAGE_MESSAGES)
  state.older = new Set(full.map(([id]) => id))
  state.commands = snapshot.commands
  state.installed = snapshot.installed ?? false
  state.botOnline = snapshot.online ?? true
  state.about = snapshot.about ?? null
  state.models = snapshot.models ?? null
  state.pending.clear()
  state.typing.clear()
  if (!sameMember) {
    state.unread.clear()
  }
  if (!state.channels.has(state.current)) {
    state.current = firstChannel()?.id ?? ''
  }
  emit('snapshot')
}

function firstChannel() {
  return [...state.channels.values()].find((channel) => channel.type === 0)
}

function put(/** @type {Message} */ message) {
  const known = state.messages.get(message.channel_id) ?? new Map()
  known.set(message.id, message)
  state.messages.set(message.channel_id, known)
}

/** Adds a page of older messages to a channel. */
export function addHistory(/** @type {readonly Message[]} */ messages) {
  for (const message of messages) {
    put(message)
  }
  if (messages.length < PAGE_MESSAGES) {
    state.older.delete(state.current)
  }
  emit('history')
}

function keepMessage(/** @type {Message} */ message) {
  const fresh = !state.messages.get(message.channel_id)?.has(message.id)
  put(message)
  const interactionId = message.interaction_metadata?.id ?? message.interaction?.id
  if (interactionId) {
    settle(interactionId)
  }
  if (fresh) {
    state.typing.get(message.channel_id)?.delete(message.author.id)
  }
  if (fresh && message.channel_id !== state.current && message.author.id !== state.you?.id) {
    state.unread.add(message.channel_id)
    emit('channels')
  }
  emit('typing')
  emit('message', message.id)
}

function keepTyping(/** @type {string} */ channelId, /** @type {string} */ userId) {
  const here = state.typing.get(channelId) ?? new Map()
  here.set(userId, Date.now() + TYPING_MS)
  state.typing.set(channelId, here)
  setTimeout(() => emit('typing'), TYPING_MS + 50)
  emit('typing')
}

/** The users who are typing in the open channel, except this member. */
export function typists() {
  const here = state.typing.get(state.current) ?? new Map()
  const now = Date.now()
  return [...here]
    .filter(([id, until]) => until > now && id !== state.you?.id)
    .map(([id]) => String(id))
}

function loseChannel(/** @type {string} */ id) {
  state.channels.delete(id)
  state.messages.delete(id)
  if (state.current === id) {
    openChannel(firstChannel()?.id ?? '')
  }
  emit('channels')
}

/** Records an interaction until it is answered. */
export function waitFor(/** @type {Pending} */ pending) {
  // The event with the answer may have arrived before the response to the request.
  const answered = [...(state.messages.get(pending.channelId)?.values() ?? [])].some(
    (message) => message.interaction_metadata?.id === pending.id,
  )
  if (answered || settled.delete(pending.id)) {
    return
  }
  state.pending.set(pending.id, pending)
  emit('pending', pending.id)
}

const MAX_SETTLED = 100

/** Interactions that were answered before the page knew their id. @type {Set<string>} */
const settled = new Set()

function settle(/** @type {string} */ id) {
  if (state.pending.delete(id)) {
    return emit('pending', id)
  }
  settled.add(id)
  // Most belong to other members and are never looked up, so the set is bounded.
  const [oldest] = settled
  if (settled.size > MAX_SETTLED && oldest !== undefined) {
    settled.delete(oldest)
  }
}

function fail(/** @type {string} */ id) {
  const pending = state.pending.get(id)
  if (!pending) {
    return
  }
  pending.failed = true
  emit('pending', id)
}

/** Deletes an interaction that failed. */
export function forgetPending(/** @type {string} */ id) {
  state.pending.delete(id)
  emit('pending', id)
}

/** Whether a message still waits for its text. */
export function isThinking(/** @type {Message} */ message) {
  return ((message.flags ?? 0) & LOADING) !== 0
}
