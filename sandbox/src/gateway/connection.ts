/** One connection of the gateway, from Hello to close. */

import type { RawData } from 'ws'
import { isJson } from '../protocol/field-checks.ts'
import { CLOSE, OPCODE } from '../protocol/constants.ts'
import {
  DECODE_ERROR,
  isRefusal,
  readFrame,
  readIdentify,
  readPresence,
  readResume,
} from './identify.ts'
import type { Identify } from './identify.ts'
import type { Privileges, Refusal } from './intents.ts'
import { FrameLimit } from './limits.ts'
import type { SessionStarts } from './limits.ts'
import { GatewaySession } from './session.ts'
import type { SessionHost } from './session.ts'
import type { Transport } from './transport.ts'

/** The heartbeat interval sent in Hello, in milliseconds. */
export const HEARTBEAT_INTERVAL_MS = 41_250

/** The connection is closed after this many intervals without a heartbeat. */
const MISSED_HEARTBEATS = 1.5

/** Longest payload a client may send, in bytes. */
const MAX_PAYLOAD_BYTES = 4096

/** The gateway as a connection uses it. */
export type ConnectionHost = SessionHost & {
  readonly sessions: Map<string, GatewaySession>
  readonly starts: SessionStarts
  readonly privileges: Privileges
  readonly mustShard: boolean
  /** Whether a connection is closed after 120 frames in a minute. */
  readonly limitsFrames: boolean
  /** Keeps a disconnected session until it is resumed or expires. */
  park(session: GatewaySession): void
  /** Emits to members whether the application is online, after a session changed. */
  tellOnline(): void
  /** Deletes every session: the daily identify limit is exceeded. */
  endAll(): void
}

/** One socket. */
export class Connection {
  readonly #host: ConnectionHost
  readonly #transport: Transport
  readonly #frames: FrameLimit
  #session: GatewaySession | null = null
  #cancelTimeout: () => void = () => {}

  constructor(host: ConnectionHost, transport: Transport) {
    this.#host = host
    this.#transport = transport
    this.#frames = new FrameLimit(host.world.clock)
  }

  open(): void {
    this.#send(OPCODE.hello, { heartbeat_interval: HEARTBEAT_INTERVAL_MS, _trace: ['sandbox'] })
    this.#expectHeartbeat()
  }

  /** Handles the closing of the socket. */
  closed(code: number): void {
    this.#cancelTimeout()
    if (!this.#live) {
      return
    }
    // A client that closes with 1000 or 1001 ends its session; otherwise it can be resumed.
    if (code === 1000 || code === 1001) {
      this.#host.sessions.delete(this.#live.id)
    } else {
      this.#host.park(this.#live)
    }
    this.#host.tellOnline()
  }

  receive(data: RawData): void {
    const text = rawText(data)
    if (this.#host.limitsFrames && !this.#frames.take()) {
      return this.#close({ code: CLOSE.rateLimited, reason: 'Rate limited.' })
    }
    const frame = Buffer.byteLength(text) > MAX_PAYLOAD_BYTES ? null : readFrame(text)
    if (!frame) {
      return this.#close(DECODE_ERROR)
    }
    switch (frame.op) {
      case OPCODE.heartbeat:
        this.#expectHeartbeat()
        return this.#send(OPCODE.heartbeatAck, null)
      case OPCODE.identify:
        return this.#identify(frame.d)
      case OPCODE.resume:
        return this.#resume(frame.d)
      case OPCODE.presenceUpdate:
      case OPCODE.voiceStateUpdate:
      case OPCODE.requestGuildMembers:
      case OPCODE.requestSoundboardSounds:
      case OPCODE.requestChannelInfo:
        if (this.#live) {
          return this.#command(this.#live, frame.op, frame.d)
        }
        return this.#close({ code: CLOSE.notAuthenticated, reason: 'Not authenticated.' })
      default:
        return this.#close({ code: CLOSE.unknownOpcode, reason: 'Unknown opcode.' })
    }
  }

  /** The session, unless it was invalidated or has moved to another connection. */
  get #live(): GatewaySession | null {
    return this.#session?.attachedTo(this.#transport) ? this.#session : null
  }

  #command(session: GatewaySession, op: number, d: unknown): void {
    switch (op) {
      case OPCODE.presenceUpdate: {
        const presence = readPresence(d)
        if (!presence) {
          return this.#close(DECODE_ERROR)
        }
        session.presence = presence
        return
      }
      case OPCODE.requestGuildMembers:
        if (!session.requestMembers(d)) {
          this.#close(DECODE_ERROR)
        }
        return
      case OPCODE.requestSoundboardSounds: {
        const ids = isJson(d) ? d['guild_ids'] : null
        if (!Array.isArray(ids)) {
          return this.#close(DECODE_ERROR)
        }
        return session.answerEmpty('SOUNDBOARD_SOUNDS', ids.map(String), 'soundboard_sounds')
      }
      case OPCODE.requestChannelInfo: {
        const id = isJson(d) ? d['guild_id'] : null
        if (typeof id !== 'string') {
          return this.#close(DECODE_ERROR)
        }
        return session.answerEmpty('CHANNEL_INFO', [id], 'channels')
      }
      case OPCODE.voiceStateUpdate:
        // The sandbox has no voice channels, and Discord ignores unknown ones.
        if (!isJson(d)) {
          this.#close(DECODE_ERROR)
        }
    }
  }

  #identify(d: unknown): void {
    if (this.#live) {
      return this.#close({ code: CLOSE.alreadyAuthenticated, reason: 'Already authenticated.' })
    }
    const read = readIdentify(d, {
      token: this.#host.world.application.token,
      granted: this.#host.privileges,
      mustShard: this.#host.mustShard,
    })
    if (isRefusal(read)) {
      return this.#close(read)
    }
    if (this.#host.starts.exhausted) {
      return this.#loseToken()
    }
    switch (this.#host.starts.begin(read.shard?.[0] ?? 0)) {
      case 'too soon':
        return this.#send(OPCODE.invalidSession, false)
      case 'used up':
        this.#host.endAll()
        return this.#loseToken()
      case 'allowed':
        return this.#begin(read)
    }
  }

  #begin(identify: Identify): void {
    if (identify.compress) {
      this.#transport.compressPayloads()
    }
    this.#session = new GatewaySession(this.#host, identify)
    this.#host.sessions.set(this.#session.id, this.#session)
    this.#session.attach(this.#transport)
    this.#session.begin()
    this.#host.tellOnline()
  }

  #resume(d: unknown): void {
    if (this.#live) {
      return this.#close({ code: CLOSE.alreadyAuthenticated, reason: 'Already authenticated.' })
    }
    const read = readResume(d, this.#host.world.application.token)
    if (isRefusal(read)) {
      return this.#close(read)
    }
    const session = this.#host.sessions.get(read.sessionId)
    const missed = session?.since(read.sequence)
    if (!session || !missed) {
      return this.#send(OPCODE.invalidSession, false)
    }
    if (missed === 'ahead') {
      this.#host.sessions.delete(session.id)
      return this.#close({ code: CLOSE.invalidSequence, reason: 'Invalid seq.' })
    }
    this.#session = session
    session.attach(this.#transport)
    session.replay(missed)
    this.#host.tellOnline()
  }

  /** Discord resets the token of an application that identifies too often. */
  #loseToken(): void {
    this.#close({ code: CLOSE.authenticationFailed, reason: 'Authentication failed.' })
  }

  #expectHeartbeat(): void {
    this.#cancelTimeout()
    const { clock } = this.#host.world
    this.#cancelTimeout = clock.after(HEARTBEAT_INTERVAL_MS * MISSED_HEARTBEATS, () =>
      this.#close({ code: CLOSE.sessionTimedOut, reason: 'Session timed out.' }),
    )
  }

  #close({ code, reason }: Refusal): void {
    this.#transport.close(code, reason)
  }

  #send(op: number, d: unknown): void {
    this.#transport.send(JSON.stringify({ op, d, s: null, t: null }))
  }
}

/** The text of a WebSocket message in any of the forms of `ws`. */
export function rawText(data: RawData): string {
  if (Array.isArray(data)) {
    return Buffer.concat(data).toString()
  }
  return Buffer.isBuffer(data) ? data.toString() : Buffer.from(data).toString()
}
