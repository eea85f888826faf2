/**
 * The client of the sandbox's members API: HTTP requests, and a WebSocket that reconnects.
 *
 * @import { MemberEvent } from '../types.d.ts'
 */

import { receive, state, emit } from './state.js'
import { locale, words } from '../language/language.js'

/** Delay between attempts to connect, in milliseconds. */
const RETRY_MS = 1000

/** @type {WebSocket | null} */
let socket = null

/** @type {Map<string, (event: MemberEvent) => void>} */
const listeners = new Map()

/** A refusal by the sandbox, with the sandbox's error message. */
export class Refusal extends Error {
  /** @override */
  name = 'Refusal'
}

/** Listens for events that are not state: `choices` and `modal`. One listener each. */
export function onEvent(
  /** @type {MemberEvent['type']} */ type,
  /** @type {(event: MemberEvent) => void} */ listener,
) {
  listeners.set(type, listener)
}

/** Connects, and reconnects whenever the connection closes. */
export function connect() {
  const query = new URLSearchParams({ locale: locale() })
  const as = state.you?.id ?? sessionStorage.getItem('as')
  if (as) {
    query.set('as', as)
  }
  socket = new WebSocket(`ws://${location.host}/sandbox/live?${query}`)
  socket.addEventListener('message', ({ data }) => {
    /** @type {MemberEvent} */
    const event = JSON.parse(data)
    if (event.type === 'snapshot') {
      sessionStorage.setItem('as', event.you.id)
      state.connection = 'live'
      receive(event)
      return emit('connection')
    }
    receive(event)
    listeners.get(event.type)?.(event)
  })
  socket.addEventListener('close', ({ code }) => {
    // After a restart without stored state, ids are new: start as the first member.
    if (code === 4404) {
      forgetMember()
    }
    state.connection = 'lost'
    emit('connection')
    setTimeout(connect, RETRY_MS)
  })
}

function forgetMember() {
  sessionStorage.removeItem('as')
  state.you = null
}

/** Selects this member and the current locale. */
export function become(/** @type {string} */ userId) {
  sessionStorage.setItem('as', userId)
  if (socket?.readyState === WebSocket.OPEN) {
    socket.send(JSON.stringify({ as: userId, locale: locale() }))
  }
}

/**
 * Acts as this member in the open channel.
 *
 * @template {object} [Answer={ id: string }]
 * @param {string} action
 * @param {object} payload
 * @param {readonly File[]} [files]
 * @param {string} [channelId]
 * @returns {Promise<Answer>}
 * @throws {Refusal} with a sentence for the person.
 */
export async function act(action, payload, files = [], channelId = state.current) {
  const query = new URLSearchParams({
    as: state.you?.id ?? '',
    channel: channelId,
    locale: locale(),
  })
  const form = new FormData()
  form.set('payload_json', JSON.stringify(payload))
  files.forEach((file, i) => form.set(`files[${i}]`, file, file.name))
  let response
  try {
    response = await fetch(`/sandbox/${action}?${query}`, { method: 'POST', body: form })
  } catch (cause) {
    throw new Refusal(words().unanswered, { cause })
  }
  const body = await response.json()
  if (!response.ok) {
    throw new Refusal(sentenceOf(body))
  }
  return body
}

/** The first field error, nested inside Discord's error object; or null. */
function sentenceOf(/** @type {{ message: string, errors?: object }} */ body) {
  const detail = body.errors && firstError(body.errors, [])
  return detail ? `${body.message}: ${detail}` : body.message
}

/**
 * @param {object} errors
 * @param {readonly string[]} path
 * @returns {string | null}
 */
function firstError(errors, path) {
  for (const [key, value] of Object.entries(errors)) {
    if (key === '_errors' && Array.isArray(value)) {
      return `${path.join('.')} ${value[0]?.message ?? ''}`.trim()
    }
    const error =
      typeof value === 'object' && value !== null ? firstError(value, [...path, key]) : null
    if (error) {
      return error
    }
  }
  return null
}
