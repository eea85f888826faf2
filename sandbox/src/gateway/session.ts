/** One bot session: filters events by intents and shard, and keeps missed events for a resume. */

import { randomBytes } from 'node:crypto'
import { INTENT, OPCODE } from '../protocol/constants.ts'
import type { Identify, Presence } from './identify.ts'
import { letsThrough } from './intents.ts'
import { requestMembers } from './members.ts'
import type { RenderedMember } from './members.ts'
import type { Transport } from './transport.ts'
import { renderGuildEvent, renderMember } from '../render/guild.ts'
import { renderEvent } from '../render/events.ts'
import { renderUser } from '../render/user.ts'
import type { World } from '../world/world.ts'
import type { WorldEvent } from '../world/events.ts'
import type { Guild } from '../world/types.ts'

/** Events kept for a resume; a client that missed more must identify again. */
const MAX_KEPT_EVENTS = 1000

type KeptEvent = { readonly sequence: number; readonly frame: string }

/** The gateway as a session uses it. */
export type SessionHost = {
  readonly world: World
  /** The resume URL. */
  readonly url: string
  /** The application flags of the granted privileged intents. */
  applicationFlags(): number
  /** Called before an event gets its sequence number; `deliver` may run now, later or twice. */
  readonly pass: (session: string, event: string, deliver: () => void) => void
  /** When each guild's whole member list was last requested, in milliseconds. */
  readonly membersAskedAt: Map<string, number>
}

/** A session. It outlives its connection until it is resumed or expires. */
export class GatewaySession {
  readonly id = randomBytes(16).toString('hex')
  readonly shard: readonly [id: number, count: number]
  /** The bot's presence; null until it sends one. */
  presence: Presence | null
  readonly #host: SessionHost
  readonly #identify: Identify
  #kept: KeptEvent[] = []
  #sequence = 0
  #transport: Transport | null = null
  #parkedAt: number | null = null

  constructor(host: SessionHost, identify: Identify) {
    this.#host = host
    this.#identify = identify
    this.shard = identify.shard ?? [0, 1]
    this.presence = identify.presence
  }

  /** Whether the session has a connection. */
  get connected(): boolean {
    return this.#transport !== null
  }

  /** Attaches the session to this connection; terminates a previous one. */
  attach(transport: Transport): void {
    const before = this.#transport
    this.#transport = transport
    this.#parkedAt = null
    if (before !== transport) {
      before?.terminate()
    }
  }

  attachedTo(transport: Transport): boolean {
    return this.#transport === transport
  }

  detach(nowMs: number): void {
    this.#transport = null
    this.#parkedAt = nowMs
  }

  parkedSince(atMs: number): boolean {
    return this.#parkedAt === atMs
  }

  /** Sends READY with the shard's guilds as unavailable, then a GUILD_CREATE for each. */
  begin(): void {
    const { world, url } = this.#host
    const guilds = this.#guilds()
    this.#dispatch('READY', {
      v: 10,
      user: {
        ...renderUser(world.application.bot),
        email: null,
        verified: true,
        mfa_enabled: true,
        flags: 0,
      },
      guilds: guilds.map(({ id }) => ({ id, unavailable: true })),
      session_id: this.id,
      resume_gateway_url: url,
      session_type: 'normal',
      private_channels: [],
      relationships: [],
      ...(this.#identify.shard ? { shard: this.#identify.shard } : {}),
      application: { id: world.application.id, flags: this.#host.applicationFlags() },
      _trace: ['sandbox'],
    })
    for (const guild of guilds) {
      if (world.unavailable.has(guild.id)) {
        this.offer('GUILD_DELETE', guild.id, { id: guild.id, unavailable: true })
      } else {
        this.offer('GUILD_CREATE', guild.id, this.#guildEvent(guild))
      }
    }
  }

  /**
   * The events after the client's last sequence number; null if they are no longer kept, `ahead`
   * if the client's number is higher than the last one sent.
   */
  since(sequence: number): readonly KeptEvent[] | 'ahead' | null {
    if (sequence > this.#sequence) {
      return 'ahead'
    }
    const oldest = this.#kept[0]?.sequence ?? 1
    return sequence + 1 < oldest ? null : this.#kept.filter((e) => e.sequence > sequence)
  }

  replay(missed: readonly KeptEvent[]): void {
    for (const { frame } of missed) {
      this.#transport?.send(frame)
    }
    this.#deliver('RESUMED', { _trace: ['sandbox'] })
  }

  /** Sends a frame other than a dispatch; does nothing without a connection. */
  send(op: number, d: unknown): void {
    this.#transport?.send(JSON.stringify({ op, d, s: null, t: null }))
  }

  /** Closes the connection, if there is one. */
  hangUp(code: number, reason: string): void {
    this.#transport?.close(code, reason)
  }

  /** Handles opcode 8; false if the payload is malformed. */
  requestMembers(d: unknown): boolean {
    return requestMembers(
      {
        clock: this.#host.world.clock,
        intents: this.#identify.intents,
        askedAt: this.#host.membersAskedAt,
        members: (id) => (this.#owns(id) ? this.#members(id) : undefined),
        dispatch: (event, data) => this.#dispatch(event, data),
      },
      d,
    )
  }

  /** Answers a request for sounds or voice channels, which the sandbox does not have. */
  answerEmpty(event: string, guildIds: readonly string[], key: string): void {
    const ownGuilds = this.#guilds().filter(({ id }) => guildIds.includes(id))
    for (const { id } of ownGuilds) {
      this.#dispatch(event, { guild_id: id, [key]: [] })
    }
  }

  /** Dispatches the event if it matches the session's shard and intents. */
  offer(event: string, guildId: string | null, data: object): void {
    if (!this.#owns(guildId)) {
      return
    }
    if (letsThrough(this.#identify.intents, event, guildId !== null)) {
      this.#dispatch(event, data)
    }
  }

  /** Whether the event matches the session's shard and intents. */
  wants(event: string, guildId: string | null): boolean {
    return this.#owns(guildId) && letsThrough(this.#identify.intents, event, guildId !== null)
  }

  /** Whether the session has the Message Content intent. */
  get seesContent(): boolean {
    return this.#has(INTENT.messageContent)
  }

  /** Renders and dispatches the event if it matches the session's shard and intents. */
  hear(event: WorldEvent): void {
    const dispatch = renderEvent(this.#host.world, event)
    if (!dispatch) {
      return
    }
    const { name, guildId, always = false } = dispatch
    if (this.#host.world.unavailable.has(guildId ?? '') && name !== 'GUILD_DELETE') {
      return
    }
    if (!(always ? this.#owns(guildId) : this.wants(name, guildId))) {
      return
    }
    const { intents } = this.#identify
    this.#dispatch(name, dispatch.data({ seesContent: this.seesContent, intents }))
  }

  #members(guildId: string): readonly RenderedMember[] | undefined {
    const { world } = this.#host
    const guild = this.#guilds().find(({ id }) => id === guildId)
    return guild && [...guild.members.values()].map((member) => renderMember(world, member))
  }

  /**
   * Without the presence intent, `members` has only the bot. All users of the sandbox are online,
   * so a large guild's list (online members only) is complete.
   */
  #guildEvent(guild: Guild): object {
    const whole = renderGuildEvent(this.#host.world, guild)
    const { bot } = this.#host.world.application
    const botMember = whole.members.filter(({ user }) => user.id === bot.id)
    return {
      ...whole,
      large: whole.members.length > this.#identify.largeThreshold,
      members: this.#has(INTENT.guildPresences) ? whole.members : botMember,
    }
  }

  /** The guilds of this shard that the bot is in. */
  #guilds(): readonly Guild[] {
    const { world } = this.#host
    return world.guildsOf(world.application.bot.id).filter(({ id }) => this.#owns(id))
  }

  #dispatch(event: string, data: object): void {
    this.#host.pass(this.id, event, () => this.#deliver(event, data))
  }

  #deliver(event: string, data: object): void {
    this.#sequence += 1
    const frame = JSON.stringify({ op: OPCODE.dispatch, d: data, s: this.#sequence, t: event })
    this.#kept.push({ sequence: this.#sequence, frame })
    if (this.#kept.length >= 2 * MAX_KEPT_EVENTS) {
      this.#kept = this.#kept.slice(-MAX_KEPT_EVENTS)
    }
    this.#transport?.send(frame)
  }

  #has(intent: number): boolean {
    return (this.#identify.intents & intent) !== 0
  }

  /** Direct messages and other events without a guild go to shard 0. */
  #owns(guildId: string | null): boolean {
    const [id, count] = this.shard
    return guildId === null ? id === 0 : shardOf(guildId, count) === id
  }
}

/** The shard that receives a guild's events. */
export function shardOf(guildId: string, shards: number): number {
  return Number((BigInt(guildId) >> 22n) % BigInt(shards))
}
