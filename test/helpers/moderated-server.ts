/** A server with a moderator, a member who posts waves of pictures, and the whole bot. */

import type { APIMessage } from 'discord.js'
import sharp from 'sharp'
import type { Member } from 'loopback-discord/client'
import type { SandboxOptions } from 'loopback-discord'
import type { Model } from '../../inference/contract/types.ts'
import { type DemoBot, type scene, startDemoBot } from './demo-bot.ts'
import { startWatchedSandbox, type WatchedSandbox } from 'loopback-discord/testing/watched-sandbox'

const WAVE = ['general', 'memes', 'after-hours'] as const

type Picture = ReturnType<typeof scene>

/** The picture as spammers post it again: as another file, with another size and name. */
export async function disguised({ bytes }: Picture, quality = 60): Promise<Picture> {
  const { width } = await sharp(bytes).metadata()
  const again = sharp(bytes)
    .resize({ width: Math.round(width * 0.8) })
    .jpeg({ quality })
  return { name: `image${quality}.jpg`, bytes: new Uint8Array(await again.toBuffer()) }
}

/**
 * Starts it; the moderator is in the log channel. Every request is checked against Discord's rules.
 *
 * @param model an open model, which the bot does not close; default: it opens one.
 */
export async function startModeratedServer(
  options: SandboxOptions = {},
  model?: Model,
): Promise<ModeratedServer> {
  // As in startDemoBot: not to wait.
  const sandbox = await startWatchedSandbox({ rateLimits: 'off', ...options })
  const demo = await startDemoBot({}, sandbox, undefined, model)
  const mo = await demo.join('mo', { channel: 'mod-log' })
  return new ModeratedServer(demo, sandbox, { mo, ada: await demo.join('ada') })
}

export class ModeratedServer {
  readonly demo: DemoBot
  readonly sandbox: WatchedSandbox
  readonly mo: Member
  readonly ada: Member
  readonly #log: string

  constructor(demo: DemoBot, sandbox: WatchedSandbox, people: { mo: Member; ada: Member }) {
    this.demo = demo
    this.sandbox = sandbox
    this.mo = people.mo
    this.ada = people.ada
    this.#log = people.mo.channelId
  }

  async close(): Promise<void> {
    await this.demo.close()
    await this.sandbox.close()
  }

  join(...options: Parameters<DemoBot['join']>): Promise<Member> {
    return this.demo.join(...options)
  }

  setUp(options: Record<string, string | number> = {}): Promise<APIMessage> {
    return this.mo.slash('moderation setup', { channel: this.#log, ...options })
  }

  /** Posts the picture in every channel of a wave. */
  async post(picture: Picture, by: Member = this.ada): Promise<APIMessage[]> {
    const posted: APIMessage[] = []
    for (const [i, channel] of WAVE.entries()) {
      by.switchTo(channel)
      posted.push(await by.upload(await disguised(picture, 50 + i)))
    }
    return posted
  }

  /** Waits for a case whose message matches the pattern and is not in `seen`. */
  async aCase(pattern: RegExp, seen: ReadonlySet<string> = new Set()): Promise<APIMessage> {
    const { message } = await this.mo.until(
      ({ message: now }) =>
        now?.channel_id === this.#log &&
        now.content.startsWith('**Case') &&
        !seen.has(now.id) &&
        pattern.test(now.content),
    )
    return message!
  }

  /** Every case in the log channel, as it is now. */
  cases(): APIMessage[] {
    const all = new Map<string, APIMessage>()
    for (const { message } of this.mo.events) {
      if (message?.content.startsWith('**Case') === true) {
        all.set(message.id, message)
      }
    }
    return [...all.values()]
  }

  isDeleted({ id }: APIMessage): boolean {
    return this.ada.events.some((event) => event.type === 'deleted' && event.id === id)
  }
}
