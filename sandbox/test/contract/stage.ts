/** What the cases share: one sandbox, one client of discord.js, and people in it. */

import assert from 'node:assert/strict'
import { GatewayIntentBits, Partials } from 'discord.js'
import type { Client, ClientEvents, ClientOptions, Guild, REST, TextChannel } from 'discord.js'
import { Member } from '../../src/test-client/client.ts'
import { logIn, restOf } from '../helpers/discord-client.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'
import type { WatchedSandbox } from '../helpers/watched-sandbox.ts'

/** Client options for every event: all intents and partials. */
export const ALL_EVENTS = {
  intents: Object.values(GatewayIntentBits).filter((bit) => typeof bit === 'number'),
  partials: [Partials.Channel, Partials.Message, Partials.Reaction, Partials.GuildMember],
} satisfies Partial<ClientOptions>

/** Longest wait for an event, in milliseconds; only ever reached by a failure. */
const PATIENCE_MS = 10_000

/** Everything a case may use. */
export type Stage = {
  readonly sandbox: WatchedSandbox
  readonly client: Client<true>
  /** Without retries, so that a refusal is seen at once. */
  readonly rest: REST
  readonly guild: Guild
  readonly general: TextChannel
  readonly ada: Member
  readonly lin: Member
  /** Names of the events that the client has heard. */
  readonly heard: Set<string>
}

/** Starts a sandbox, a client and two members; close them with `closeStage`. */
export async function openStage(): Promise<Stage> {
  const sandbox = await startWatchedSandbox({ rateLimits: 'off' })
  const client = await logIn(sandbox, ALL_EVENTS)
  const guild = client.guilds.cache.first()
  const general = client.channels.cache.find(
    (channel): channel is TextChannel => 'name' in channel && channel.name === 'general',
  )
  assert.ok(guild && general)
  const heard = new Set<string>()
  client.on('raw', ({ t }: { t: string | null }) => t !== null && heard.add(t))
  return {
    sandbox,
    client,
    heard,
    rest: restOf(sandbox),
    guild,
    general,
    ada: await Member.connect(sandbox.url),
    lin: await Member.connect(sandbox.url, 'lin'),
  }
}

/** Closes what `openStage` started. */
export async function closeStage({ sandbox, client, ada, lin }: Stage): Promise<void> {
  ada.close()
  lin.close()
  await client.destroy()
  await sandbox.close()
}

/** The next event of that name that `wanted` accepts. Call before what makes it happen. */
export function next<E extends keyof ClientEvents>(
  client: Client,
  event: E,
  wanted: (...args: ClientEvents[E]) => boolean = () => true,
): Promise<ClientEvents[E]> {
  return patiently(event, (resolve) => {
    const listener = (...args: ClientEvents[E]) => {
      if (wanted(...args)) {
        resolve(args)
      }
    }
    client.on(event, listener)
    return () => client.off(event, listener)
  })
}

/** A dispatch of the gateway as it came. */
export type Dispatch = {
  readonly t: string
  readonly s: number
  readonly d: Readonly<Record<string, unknown>>
}

/** The data of the next dispatch of that name, as it came over the gateway. */
export function nextRaw(
  client: Client,
  name: string,
  wanted: (data: Dispatch['d']) => boolean = () => true,
): Promise<Dispatch['d']> {
  return patiently(name, (resolve) => {
    const listener = ({ t, d }: Dispatch) => {
      if (t === name && wanted(d)) {
        resolve(d)
      }
    }
    client.on('raw', listener)
    return () => client.off('raw', listener)
  })
}

/** Waits for what `subscribe` is told, then ends the subscription. */
function patiently<T>(
  what: string,
  subscribe: (resolve: (value: T) => void) => () => unknown,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const unsubscribe = subscribe(resolve)
  const timer = setTimeout(
    () => reject(new Error(`No such ${what} within ${PATIENCE_MS} ms`)),
    PATIENCE_MS,
  )
  timer.unref()
  const settled = promise.finally(() => {
    clearTimeout(timer)
    unsubscribe()
  })
  settled.catch(() => {}) // A case that fails before it waits has a better reason to give.
  return settled
}

/** What a person's action is answered: see sandbox/src/members-api/api.ts. */
export type ActionAnswer = { readonly id: string } & Readonly<Record<string, unknown>>

/** Does what a person does on the page; rejects with the refusal. */
export async function act(
  { sandbox, ada }: Pick<Stage, 'sandbox' | 'ada'>,
  action: string,
  body: object,
  { as = ada.id, channel = ada.channelId, files = [] as readonly Uint8Array[] } = {},
): Promise<ActionAnswer> {
  const form = new FormData()
  form.set('payload_json', JSON.stringify(body))
  files.forEach((bytes, i) => {
    form.set(`files[${i}]`, new Blob([new Uint8Array(bytes)]), `file-${i}.png`)
  })
  const url = `${sandbox.url}/sandbox/${action}?as=${as}&channel=${channel}`
  const response = await fetch(url, { method: 'POST', body: form })
  const text = await response.text()
  if (!response.ok) {
    throw new Error(`${action}: ${response.status} ${text}`)
  }
  return JSON.parse(text)
}

/** The ids of messages. */
export function idsOf(messages: Iterable<{ readonly id: string }>): string[] {
  return [...messages].map(({ id }) => id)
}
