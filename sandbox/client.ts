/**
 * A member for tests: does what a person does on the page, and waits for what the page would show.
 *
 * It waits on events only; a wait that takes too long rejects and says what was seen meanwhile.
 */

import { EventEmitter, once } from 'node:events'
import type { APIMessage } from 'discord.js'
import { WebSocket } from 'ws'
import { MESSAGE_FLAG } from './constants.ts'
import { rawText } from './gateway-connection.ts'

const PATIENCE_MS = 30_000

/** A file as a person picks it. */
export type Picked = { readonly name: string; readonly bytes: Uint8Array }

/** What the sandbox tells a member. */
export type Told = {
  readonly type: 'snapshot' | 'message' | 'deleted' | 'typing' | 'channel' | 'failed' | 'commands'
  readonly id?: string
  readonly channel_id?: string
  readonly user_id?: string
  readonly message?: APIMessage
  readonly commands?: readonly { readonly name: string }[]
  /** Of the snapshot, which comes first. */
  readonly you?: { readonly id: string }
  readonly channels?: readonly { readonly id: string; readonly name?: string }[]
}

/** A connected member, in one channel. */
export class Member {
  readonly id: string
  readonly channelId: string
  /** Everything told so far, oldest first. */
  readonly told: Told[]
  readonly #url: string
  readonly #socket: WebSocket
  readonly #events = new EventEmitter<{ told: [] }>()

  private constructor(url: string, socket: WebSocket, told: Told[], channel: string) {
    this.#url = url
    this.#socket = socket
    this.told = told
    this.id = told[0]?.you?.id ?? ''
    this.channelId = told[0]?.channels?.find((c) => c.name === channel)?.id ?? channel
    socket.on('message', () => this.#events.emit('told'))
  }

  /** Connects as the member of that name; `url` is the page's address. */
  static async connect(url: string, name = 'ada', channel = 'general'): Promise<Member> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/sandbox/live?as=${name}`)
    const told: Told[] = []
    socket.on('message', (data) => told.push(JSON.parse(rawText(data))))
    await new Promise((resolve, reject) => {
      socket.once('message', resolve)
      socket.once('error', reject)
      socket.once('close', () => reject(new Error(`There is no member "${name}".`)))
    })
    return new Member(url, socket, told, channel)
  }

  /** Uses a slash command; resolves with the finished answer, rejects when none came in time. */
  async slash(name: string, options: Readonly<Record<string, string | number | boolean | Picked>>) {
    const files: Picked[] = []
    const given = Object.entries(options).map(([key, value]): [string, unknown] => {
      if (typeof value !== 'object') return [key, value]
      files.push(value)
      return [key, { file: files.length - 1 }]
    })
    await this.commands(name)
    const payload = { name, options: Object.fromEntries(given) }
    const { id } = await this.#post('commands', payload, files)
    const told = await this.until(
      (t) => (t.type === 'failed' && t.id === id) || (isFinished(t) && originOf(t) === id),
    )
    if (told.type === 'failed') throw new Error('The application did not respond')
    return told.message!
  }

  /** Waits until the application has a command of that name. */
  async commands(name: string): Promise<void> {
    await this.until((told) => told.commands?.some((command) => command.name === name) ?? false)
  }

  /** Sends a message; resolves with it as the channel has it. */
  say(content: string, ...files: Picked[]): Promise<APIMessage> {
    return this.#post('messages', { content }, files)
  }

  /** Sends a picture. */
  upload(file: Picked, content = ''): Promise<APIMessage> {
    return this.say(content, file)
  }

  /** Replies to a message, with a ping unless told otherwise; resolves with the reply itself. */
  reply(to: { readonly id: string }, content: string, ping = true): Promise<APIMessage> {
    return this.#post('messages', {
      content,
      message_reference: { message_id: to.id },
      allowed_mentions: { parse: ['users'], replied_user: ping },
    })
  }

  /** Waits for the first finished message that replies to this one. */
  async answerTo(message: { readonly id: string }): Promise<APIMessage> {
    const told = await this.until(
      (t) => isFinished(t) && t.message?.message_reference?.message_id === message.id,
    )
    return told.message!
  }

  /** Waits for something told, counting what was told before. */
  async until(wanted: (told: Told) => boolean, patienceMs = PATIENCE_MS): Promise<Told> {
    const signal = AbortSignal.timeout(patienceMs)
    for (let from = 0; ;) {
      const found = this.told.slice(from).find(wanted)
      if (found) return found
      from = this.told.length
      await once(this.#events, 'told', { signal }).catch((error: unknown) => {
        const seen = this.told.map((t) => t.message?.content ?? t.type).join(' | ')
        throw new Error(`Nothing like it within ${patienceMs} ms. Told: ${seen}`, { cause: error })
      })
    }
  }

  /** Leaves. */
  close(): void {
    this.#socket.terminate()
  }

  async #post(kind: string, payload: object, files: readonly Picked[] = []) {
    const form = new FormData()
    form.set('payload_json', JSON.stringify(payload))
    files.forEach((file, i) => {
      form.set(`files[${i}]`, new Blob([new Uint8Array(file.bytes)]), file.name)
    })
    const query = `as=${this.id}&channel=${this.channelId}`
    const response = await fetch(`${this.#url}/sandbox/${kind}?${query}`, {
      method: 'POST',
      body: form,
    })
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
    const answer: APIMessage = JSON.parse(await response.text())
    return answer
  }
}

function isFinished(told: Told): boolean {
  return told.type === 'message' && ((told.message?.flags ?? 0) & MESSAGE_FLAG.loading) === 0
}

function originOf(told: Told): string | undefined {
  return told.message?.interaction_metadata?.id
}
