/**
 * The door for people: what the page and the test client send and hear. Not part of Discord's API.
 *
 * **Acting.** `POST /sandbox/ACTION?as=MEMBER&channel=CHANNEL&locale=en-US`; `as` is an id or a
 * name, without it the first person. The body is JSON, or a form with `payload_json` and `files[n]`
 * where files go along. A refusal has Discord's form: `{message, code, errors?}` and its status.
 *
 * | action | body | answer |
 * | --- | --- | --- |
 * | `messages` | a message as the API takes it: `content`, `message_reference`, `allowed_mentions`, `attachments: [{id: n, description, is_spoiler}]`, `flags`, `sticker_ids` | the message |
 * | `edit` | `{message_id, content?, attachments?}`; `attachments` lists what is kept | the message |
 * | `delete` | `{message_id}`: own, or any with Manage Messages | `{}` |
 * | `forward` | `{message_id, to}`: from `channel` to the channel `to` | the new message |
 * | `history` | `{before?, limit?}` | `{messages}`, oldest first |
 * | `react` | `{message_id, emoji, on}`; `on: false` takes it back | `{}` |
 * | `typing` | `{}` | `{}` |
 * | `commands` | `{name, options}`; `name` is `memory show` for a subcommand; values by option name, ids for users, roles and channels, `{file: n}` for a file | `{id}` |
 * | `autocomplete` | `{name, options, focused}`: what is filled in so far, and the option being typed | `{id}`, then `choices` |
 * | `menu` | `{name, target_id}`: a user's or a message's context menu | `{id}` |
 * | `components` | `{message_id, custom_id, values?}`: a button, or a select with its values | `{id}` |
 * | `modals` | `{id, values}`: the modal's id; by custom id a text, a list of texts, a boolean or `{files: [n]}` | `{id}` |
 * | `dismiss` | `{message_id}`: an ephemeral message goes away | `{}` |
 * | `threads` | `{name, message_id?}` | the channel |
 * | `dms` | `{user_id?}`: without it, with the bot | the channel |
 * | `install` | `{on}`: the application to the member's own account | `{}` |
 *
 * `{id}` is an interaction's; what comes of it is heard with that id.
 *
 * **Hearing.** `/sandbox/live?as=MEMBER&locale=en-US` is a WebSocket. It begins with a `snapshot`
 * and then tells what this member may see. Sending `{"as": MEMBER, "locale": …}` on it switches the
 * member: a new `snapshot` comes. Channels, messages and users have Discord's form.
 *
 * - `snapshot`: `you`, `locale`, `guild` (`id`, `name`, `roles`), `users`, `members` (each with
 *   `user`, `roles`, `nick`, `communication_disabled_until`), `channels` (those seen; each with
 *   `permissions`, this member's as decimal text, and `nsfw`), the latest `messages` of each,
 *   `commands`, `installed` (to the member's own account).
 * - `message` (`message`): new or changed, its `reactions` included. Flag 64: only you see it;
 *   flag 128: the bot is thinking.
 * - `deleted` (`id`, `channel_id`), also of an ephemeral message that was dismissed.
 * - `typing` (`channel_id`, `user_id`).
 * - `channel` (`channel`): new or changed; `channel_gone` (`id`): deleted, or no longer seen.
 * - `member` (`member`): roles, nickname or timeout changed.
 * - `commands` (`commands`): each as the API gives it, with `name_localized` and
 *   `description_localized` (of options and choices too), and `usable_in`, the ids of the channels
 *   where this member is offered it.
 * - `choices` (`id`, `choices: [{name, value}]`): of the autocomplete with that id.
 * - `modal` (`id`, `custom_id`, `title`, `components`): opens a modal; `id` is the interaction that
 *   asked for it, and what `modals` takes.
 * - `acknowledged` (`id`): the application answered; a spinner may stop.
 * - `failed` (`id`): it did not, in three seconds.
 */

import type { IncomingMessage } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'
import { asJson, type Body } from './requests.ts'
import { isJson } from './checks.ts'
import { refuse } from './errors.ts'
import type { Interactions, OptionValue } from './interactions.ts'
import { createMessage, readMessageBody } from './messages.ts'
import { renderMessageEvent } from './messages-render.ts'
import { renderChannel } from './render.ts'
import type { Message } from './message.ts'
import { renderUser, type User, type World, type WorldEvent } from './world.ts'

/** Messages of a channel that a newly opened page is given. */
const SNAPSHOT_MESSAGES = 50

const EYES = { seesContent: true } as const

/** Serves the members. */
export class MemberApi {
  readonly #world: World
  readonly #interactions: Interactions
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 })
  readonly #viewers = new Map<WebSocket, User>()
  readonly #stopListening: () => void

  constructor(world: World, interactions: Interactions) {
    this.#world = world
    this.#interactions = interactions
    this.#stopListening = world.listen((event) => this.#tell(event))
  }

  /** @returns the body of the response. */
  async handle(path: string, query: URLSearchParams, body: Body): Promise<object> {
    const user = this.#viewer(query)
    const channel = this.#world.channel(query.get('channel') ?? '')
    if (path === '/sandbox/messages') {
      const read = readMessageBody(asJson(body), body.files)
      const message = await createMessage(this.#world, { channel, authorId: user.id, body: read })
      return renderMessageEvent(this.#world, message, EYES)
    }
    if (path === '/sandbox/commands') {
      const { name } = asJson(body)
      const options = readOptions(body)
      const { id } = await this.#interactions.slash(user.id, channel.id, String(name), options)
      return { id }
    }
    throw refuse('notFound')
  }

  /** Takes over an HTTP connection that asked to listen. */
  upgrade(request: IncomingMessage, socket: IncomingMessage['socket'], head: Buffer): void {
    this.#sockets.handleUpgrade(request, socket, head, (ws) => {
      const { searchParams } = new URL(request.url ?? '/', 'http://localhost')
      ws.on('error', () => ws.terminate())
      try {
        const user = this.#viewer(searchParams)
        this.#viewers.set(ws, user)
        ws.on('close', () => this.#viewers.delete(ws))
        ws.send(JSON.stringify(this.#snapshot(user)))
      } catch {
        ws.close(4404, 'Unknown member')
      }
    })
  }

  close(): void {
    this.#stopListening()
    for (const socket of this.#sockets.clients) socket.terminate()
    this.#sockets.close()
  }

  // By id or by name; without either, the first person.
  #viewer(query: URLSearchParams): User {
    const as = query.get('as')
    const people = [...this.#world.users.values()].filter((user) => !user.bot)
    const user = as === null ? people[0] : people.find((u) => u.id === as || u.name === as)
    if (!user) throw refuse('unknownUser')
    return user
  }

  #snapshot(viewer: User): object {
    const world = this.#world
    const channels = [...world.channels.values()].filter(
      (c) => c.guildId !== null || c.recipients.includes(viewer.id),
    )
    return {
      type: 'snapshot',
      you: renderUser(viewer),
      users: [...world.users.values()].map(renderUser),
      guild: { id: world.guild.id, name: world.guild.name },
      channels: channels.map((channel) => renderChannel(world, channel)),
      messages: channels.flatMap((channel) =>
        world
          .history(channel.id)
          .filter((message) => isVisible(message, viewer))
          .slice(-SNAPSHOT_MESSAGES)
          .map((message) => renderMessageEvent(world, message, EYES)),
      ),
      commands: this.#commands(),
    }
  }

  #commands(): readonly object[] {
    return [...this.#world.application.commands.values()].flat()
  }

  #tell(event: WorldEvent): void {
    for (const [socket, viewer] of this.#viewers) {
      const told = this.#render(event, viewer)
      if (told) socket.send(JSON.stringify(told))
    }
  }

  #render(event: WorldEvent, viewer: User): object | null {
    switch (event.name) {
      case 'MESSAGE_CREATE':
      case 'MESSAGE_UPDATE': {
        if (!isVisible(event.message, viewer)) return null
        return { type: 'message', message: renderMessageEvent(this.#world, event.message, EYES) }
      }
      case 'MESSAGE_DELETE':
        return { type: 'deleted', id: event.message.id, channel_id: event.message.channelId }
      case 'TYPING_START':
        return { type: 'typing', channel_id: event.channel.id, user_id: event.userId }
      case 'CHANNEL_CREATE':
        return { type: 'channel', channel: renderChannel(this.#world, event.channel) }
      case 'INTERACTION_FAILED':
        return event.userId === viewer.id ? { type: 'failed', id: event.interactionId } : null
      case 'COMMANDS_UPDATE':
        return { type: 'commands', commands: this.#commands() }
      default:
        return null
    }
  }
}

function isVisible(message: Message, viewer: User): boolean {
  return message.visibleTo === null || message.visibleTo === viewer.id
}

// A file is given for an option as `{"file": N}`, N being its number in the form.
function readOptions(body: Body): Readonly<Record<string, OptionValue>> {
  const given = asJson(body)['options']
  const options: Record<string, OptionValue> = {}
  for (const [name, value] of Object.entries(isJson(given) ? given : {})) {
    const file = isJson(value) ? body.files.get(String(value['file'])) : undefined
    if (file) options[name] = file
    else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      options[name] = value
    }
  }
  return options
}
