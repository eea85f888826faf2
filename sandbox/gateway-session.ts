/** One bot session: which events its intents let through, and what it missed while away. */

import { randomBytes } from 'node:crypto'
import type { WebSocket } from 'ws'
import { ALL_INTENTS, CLOSE, INTENT, OPCODE } from './constants.ts'
import {
  applicationFlags,
  renderChannel,
  renderGuildEvent,
  renderMember,
  renderMessageEvent,
} from './render.ts'
import { renderUser, type World, type WorldEvent } from './world.ts'

/** Events kept for a resume; a client that missed more must identify anew. */
const MAX_KEPT_EVENTS = 1000

/** The body of an identify. */
export type IdentifyData = {
  readonly token?: string
  readonly intents?: number
  readonly shard?: readonly [number, number]
}

type KeptEvent = { readonly sequence: number; readonly frame: string }

/** The intents asked for, or the close code and sentence that refuse them. */
export function sessionIntents(
  world: World,
  asked: number | undefined,
): number | { readonly code: number; readonly reason: string } {
  if (asked === undefined || !Number.isInteger(asked) || (asked & ~ALL_INTENTS) !== 0) {
    return { code: CLOSE.invalidIntents, reason: 'Invalid intent(s).' }
  }
  if ((asked & INTENT.messageContent) !== 0 && !world.application.messageContent) {
    return { code: CLOSE.disallowedIntents, reason: 'Disallowed intent(s).' }
  }
  return asked
}

/** A session; it lives on without its socket until it is resumed or forgotten. */
export class GatewaySession {
  readonly id = randomBytes(16).toString('hex')
  readonly #world: World
  readonly #intents: number
  readonly #shard: readonly [number, number]
  readonly #kept: KeptEvent[] = []
  #sequence = 0
  #socket: WebSocket | null = null
  #parkedAt: number | null = null

  constructor(world: World, intents: number, shard: readonly [number, number]) {
    this.#world = world
    this.#intents = intents
    this.#shard = shard
  }

  attach(socket: WebSocket): void {
    this.#socket = socket
    this.#parkedAt = null
  }

  attachedTo(socket: WebSocket): boolean {
    return this.#socket === socket
  }

  detach(nowMs: number): void {
    this.#socket = null
    this.#parkedAt = nowMs
  }

  parkedSince(atMs: number): boolean {
    return this.#parkedAt === atMs
  }

  /** Ready, then every guild of this shard. */
  begin(resumeUrl: string): void {
    const { application, guild } = this.#world
    const guilds = this.#ownsGuild(guild.id) ? [{ id: guild.id, unavailable: true }] : []
    this.#dispatch('READY', {
      v: 10,
      user: { ...renderUser(application.bot), verified: true, mfa_enabled: true, flags: 0 },
      guilds,
      session_id: this.id,
      resume_gateway_url: resumeUrl,
      session_type: 'normal',
      private_channels: [],
      relationships: [],
      shard: this.#shard,
      application: { id: application.id, flags: applicationFlags(this.#world) },
      _trace: ['sandbox'],
    })
    if (guilds.length > 0 && this.#has(INTENT.guilds)) {
      this.#dispatch('GUILD_CREATE', renderGuildEvent(this.#world))
    }
  }

  /**
   * What came after the client's last sequence number; null when it is no longer known, `ahead`
   * when the client claims more than was ever sent.
   */
  since(sequence: number): readonly KeptEvent[] | 'ahead' | null {
    if (sequence > this.#sequence) return 'ahead'
    const oldest = this.#kept[0]?.sequence ?? 1
    return sequence + 1 < oldest ? null : this.#kept.filter((e) => e.sequence > sequence)
  }

  replay(missed: readonly KeptEvent[]): void {
    for (const { frame } of missed) this.#socket?.send(frame)
    this.#dispatch('RESUMED', { _trace: ['sandbox'] })
  }

  send(op: number, d: unknown): void {
    this.#socket?.send(JSON.stringify({ op, d, s: null, t: null }))
  }

  /** Passes the event on if the session's shard and intents let it. */
  hear(event: WorldEvent): void {
    switch (event.name) {
      case 'MESSAGE_CREATE':
      case 'MESSAGE_UPDATE':
      case 'MESSAGE_DELETE':
        return this.#hearMessage(event)
      case 'TYPING_START':
        return this.#hearTyping(event)
      case 'CHANNEL_CREATE':
        if (event.channel.guildId === null || !this.#has(INTENT.guilds)) return
        return this.#dispatch(event.name, renderChannel(this.#world, event.channel))
      case 'INTERACTION_CREATE':
        if (this.#ownsGuild(event.guildId)) this.#dispatch(event.name, event.data)
        return
      case 'INTERACTION_FAILED':
      case 'COMMANDS_UPDATE':
        return
    }
  }

  #hearMessage(event: WorldEvent & { name: `MESSAGE_${string}` }): void {
    const { message } = event
    const intent = message.guildId === null ? INTENT.directMessages : INTENT.guildMessages
    // An ephemeral message reaches its one reader and nobody else, its own author included.
    if (message.visibleTo !== null || !this.#has(intent) || !this.#ownsGuild(message.guildId)) {
      return
    }
    if (event.name === 'MESSAGE_DELETE') {
      const guild = message.guildId === null ? {} : { guild_id: message.guildId }
      return this.#dispatch(event.name, { id: message.id, channel_id: message.channelId, ...guild })
    }
    const reader = { seesContent: this.#has(INTENT.messageContent) }
    this.#dispatch(event.name, renderMessageEvent(this.#world, message, reader))
  }

  #hearTyping(event: WorldEvent & { name: 'TYPING_START' }): void {
    const { channel, userId } = event
    const intent = channel.guildId === null ? INTENT.directMessageTyping : INTENT.guildMessageTyping
    if (!this.#has(intent) || !this.#ownsGuild(channel.guildId)) return
    this.#dispatch(event.name, {
      channel_id: channel.id,
      user_id: userId,
      timestamp: Math.floor(this.#world.clock.now() / 1000),
      ...(channel.guildId === null
        ? {}
        : { guild_id: channel.guildId, member: renderMember(this.#world, userId) }),
    })
  }

  #dispatch(name: string, data: object): void {
    this.#sequence += 1
    const frame = JSON.stringify({ op: OPCODE.dispatch, d: data, s: this.#sequence, t: name })
    this.#kept.push({ sequence: this.#sequence, frame })
    if (this.#kept.length > MAX_KEPT_EVENTS) this.#kept.shift()
    this.#socket?.send(frame)
  }

  #has(intent: number): boolean {
    return (this.#intents & intent) !== 0
  }

  // Direct messages and interactions outside guilds go to shard 0.
  #ownsGuild(guildId: string | null): boolean {
    const [shard, shards] = this.#shard
    return guildId === null
      ? shard === 0
      : Number((BigInt(guildId) >> 22n) % BigInt(shards)) === shard
  }
}
