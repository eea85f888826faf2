/**
 * The members API, which the page and the test client use. Not part of Discord's API.
 *
 * **Actions.** `POST /sandbox/ACTION?as=MEMBER&channel=CHANNEL&locale=en-US`; `as` is an id or a
 * name, default the first person. The body is JSON, or a form with `payload_json` and `files[n]`
 * if there are files. Errors have Discord's form: `{message, code, errors?}` and a status.
 *
 * | action | body | answer |
 * | --- | --- | --- |
 * | `messages` | a message as the API takes it: `content`, `message_reference`, `allowed_mentions`, `attachments: [{id: n, description, is_spoiler}]`, `flags`, `sticker_ids` | the message |
 * | `edit` | `{message_id, content?, attachments?}`; `attachments` lists what is kept | the message |
 * | `delete` | `{message_id}`: own, or any with Manage Messages | `{}` |
 * | `forward` | `{message_id, to}`: from `channel` to the channel `to` | the new message |
 * | `proxy` | `{message_id, name}`: a bot posts it again under that name and deletes it | the new message |
 * | `crosspost` | `{message_id, to}`: from an announcement channel to `to`, which follows it | the new message |
 * | `history` | `{before?, limit?}` | `{messages}`, oldest first |
 * | `react` | `{message_id, emoji, on}`; `on: false` removes it | `{}` |
 * | `typing` | `{}` | `{}` |
 * | `commands` | `{name, options}`; `name` is `memory show` for a subcommand; values by option name, ids for users, roles and channels, `{file: n}` for a file | `{id}` |
 * | `autocomplete` | `{name, options, focused}`: what is filled in so far, and the option being typed | `{id}`, then `choices` |
 * | `menu` | `{name, target_id}`: a user's or a message's context menu | `{id}` |
 * | `components` | `{message_id, custom_id, values?}`: a button, or a select with its values | `{id}` |
 * | `modals` | `{id, values}`: the modal's id; by custom id a text, a list of texts, a boolean or `{files: [n]}` | `{id}` |
 * | `dismiss` | `{message_id}`: an ephemeral message goes away | `{}` |
 * | `threads` | `{name, message_id?}` | the channel |
 * | `dms` | `{user_id?}`: without it, with the bot | the channel |
 * | `groups` | `{user_ids, name?}`: direct messages of several people | the channel |
 * | `block` | `{on}`: the bot, so that no direct messages pass between them | `{}` |
 * | `nitro` | `{on}`: texts of up to 4,000 characters | `{}` |
 * | `links` | `{url, title?, description?, provider?}` and pictures as files: what the link shows from now on | `{}` |
 * | `model` | `{name}`: another model answers from now on | `{}` |
 * | `install` | `{on}`: the application to the member's own account | `{}` |
 *
 * `{id}` is the interaction's id; the events that result from it carry the same id.
 *
 * **Events.** `/sandbox/live?as=MEMBER&locale=en-US` is a WebSocket. It sends a `snapshot`
 * first and then the events that this member may see. Sending `{"as": MEMBER, "locale": …}` on it
 * switches the member and sends a new `snapshot`. Channels, messages and users have Discord's form.
 *
 * - `snapshot`: `you`, `locale`, `guild` (`id`, `name`, `roles`), `users`, `members` (each with
 *   `user`, `roles`, `nick`, `communication_disabled_until`), `channels` (those seen; each with
 *   `permissions`, this member's as decimal text, and `nsfw`), the latest `messages` of each,
 *   `commands`, `installed` (to the member's own account), `online` (whether the bot is there).
 * - `message` (`message`): new or changed, with its `reactions`. Flag 64: ephemeral;
 *   flag 128: the bot is thinking.
 * - `deleted` (`id`, `channel_id`), also of an ephemeral message that was dismissed.
 * - `typing` (`channel_id`, `user_id`).
 * - `channel` (`channel`): new or changed; `channel_gone` (`id`): deleted, or no longer visible.
 * - `member` (`member`): roles, nickname or timeout changed.
 * - `commands` (`commands`): each as the API gives it, with `name_localized` and
 *   `description_localized` (of options and choices too), and `usable_in`, the ids of the channels
 *   where this member can use it.
 * - `choices` (`id`, `choices: [{name, value}]`): of the autocomplete with that id.
 * - `modal` (`id`, `custom_id`, `title`, `components`): opens a modal; `id` is the interaction that
 *   asked for it, and what `modals` takes.
 * - `online` (`online`): the bot connected or disconnected.
 * - `about` (`about`, `models: {names, current}`): what the bot's owner says of it, and what it can answer with.
 * - `acknowledged` (`id`): the application responded; the page stops its spinner.
 * - `failed` (`id`): it did not respond in three seconds.
 */

import type { IncomingMessage } from 'node:http'
import { WebSocketServer } from 'ws'
import type { RawData, WebSocket } from 'ws'
import { isJson } from '../protocol/field-checks.ts'
import { refuse } from '../protocol/errors.ts'
import type { Interactions } from '../interactions/interactions.ts'
import { actionOf } from './actions.ts'
import { rawText } from '../gateway/connection.ts'
import { snapshot, memberEvents } from './views.ts'
import type { Shared, Viewer } from './views.ts'
import { asJson } from '../protocol/body.ts'
import type { Body } from '../protocol/body.ts'
import type { World } from '../world/world.ts'
import type { WorldEvent } from '../world/events.ts'
import type { User } from '../world/types.ts'

/** The actions that need no channel. */
const NEED_NO_CHANNEL: readonly string[] = [
  'dms',
  'groups',
  'install',
  'block',
  'nitro',
  'links',
  'model',
]

const DEFAULT_LOCALE = 'en-US'

/** Handles the members' actions and connections. */
export class MemberApi {
  readonly #world: World
  readonly #interactions: Interactions
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 })
  readonly #viewers = new Map<WebSocket, Viewer>()
  readonly #stopListening: () => void

  constructor(world: World, interactions: Interactions) {
    this.#world = world
    this.#interactions = interactions
    this.#stopListening = world.listen((event) => this.#tell(event))
  }

  /** @returns the body of the response. */
  async handle(path: string, query: URLSearchParams, body: Body): Promise<object> {
    const name = /^\/sandbox\/(\w+)$/.exec(path)?.[1] ?? ''
    const action = actionOf(name)
    if (!action) {
      throw refuse('notFound')
    }
    const user = this.#person(query.get('as'))
    if (!user) {
      throw refuse('unknownUser')
    }
    const channelId = query.get('channel')
    const anywhere = channelId === null && NEED_NO_CHANNEL.includes(name)
    const channel = anywhere
      ? this.#world.directChannel(user.id)
      : this.#world.channel(channelId ?? '')
    const actor = {
      world: this.#world,
      interactions: this.#interactions,
      userId: user.id,
      channel,
      locale: query.get('locale') ?? DEFAULT_LOCALE,
    }
    return action({ actor, body: asJson(body), files: body.files })
  }

  /** Upgrades an HTTP connection to the event WebSocket. */
  upgrade(request: IncomingMessage, socket: IncomingMessage['socket'], head: Buffer): void {
    this.#sockets.handleUpgrade(request, socket, head, (ws) => {
      const { searchParams } = new URL(request.url ?? '/', 'http://localhost')
      ws.on('error', () => ws.terminate())
      ws.on('close', () => this.#viewers.delete(ws))
      ws.on('message', (data) => this.#receive(ws, data))
      this.#show(ws, searchParams.get('as'), searchParams.get('locale'))
    })
  }

  close(): void {
    this.#stopListening()
    for (const socket of this.#sockets.clients) {
      socket.terminate()
    }
    this.#sockets.close()
  }

  #receive(ws: WebSocket, data: RawData): void {
    const command = parse(data)
    const { as, locale } = isJson(command) ? command : {}
    const before = this.#viewers.get(ws)
    this.#show(
      ws,
      typeof as === 'string' ? as : (before?.user.id ?? null),
      typeof locale === 'string' ? locale : (before?.locale ?? null),
    )
  }

  #show(ws: WebSocket, as: string | null, locale: string | null): void {
    const user = this.#person(as)
    if (!user) {
      ws.close(4404, 'Unknown member')
      return
    }
    const viewer = { user, locale: locale ?? DEFAULT_LOCALE }
    this.#viewers.set(ws, viewer)
    ws.send(JSON.stringify(snapshot(this.#world, viewer)))
  }

  /** By id or by name; without either, the first person. */
  #person(as: string | null): User | undefined {
    const people = [...this.#world.users.values()].filter(({ bot }) => !bot)
    return as === null ? people[0] : people.find((user) => user.id === as || user.name === as)
  }

  #tell(event: WorldEvent): void {
    const shared: Shared = {}
    // Events that are the same for all members are serialized once.
    const serialized = new Map<object, Buffer>()
    for (const [socket, viewer] of this.#viewers) {
      for (const item of memberEvents(this.#world, event, viewer, shared)) {
        const bytes = serialized.get(item) ?? Buffer.from(JSON.stringify(item))
        serialized.set(item, bytes)
        socket.send(bytes, { binary: false })
      }
    }
  }
}

function parse(data: RawData): unknown {
  try {
    return JSON.parse(rawText(data))
  } catch {
    return undefined
  }
}
