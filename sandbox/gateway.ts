/**
 * The gateway, version 10, JSON: hello, heartbeat, identify, ready, resume with replay.
 *
 * A session outlives its connection: what happens meanwhile is kept and replayed on resume.
 * Source: developers/events/gateway.mdx.
 */

import type { IncomingMessage } from 'node:http'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { CLOSE, OPCODE } from './constants.ts'
import { GatewaySession, type IdentifyData, sessionIntents } from './gateway-session.ts'
import type { World } from './world.ts'

/** What the client is told to keep to, in milliseconds. */
export const HEARTBEAT_INTERVAL_MS = 41_250

/** Silence for this many intervals ends the connection. */
const MISSED_HEARTBEATS = 1.5

/** How long a session without a connection can still be resumed, in milliseconds. */
const SESSION_LIFE_MS = 5 * 60 * 1000

type Frame = { readonly op: number; readonly d?: FrameData }

/** What identify and resume carry; nothing of it is sure before it was looked at. */
type FrameData = Partial<IdentifyData> & { readonly session_id?: string; readonly seq?: number }

/** Accepts bots' connections and hands them what the world tells. */
export class Gateway {
  /** The address bots are told to connect to; known once the server listens. */
  url = ''
  readonly sessions = new Map<string, GatewaySession>()
  readonly #world: World
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: 4096 })
  readonly #stopListening: () => void

  constructor(world: World) {
    this.#world = world
    this.#stopListening = world.listen((event) => {
      for (const session of this.sessions.values()) session.hear(event)
    })
  }

  /** Takes over an HTTP connection that asked to become the gateway. */
  upgrade(request: IncomingMessage, socket: IncomingMessage['socket'], head: Buffer): void {
    this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#accept(ws, request))
  }

  /** Closes every connection; with 4000 or none a client resumes, with 1000 it starts anew. */
  drop(code?: number): void {
    for (const socket of this.#sockets.clients) {
      if (code === undefined) socket.terminate()
      else socket.close(code)
    }
  }

  /** Asks every client to reconnect and resume (opcode 7). */
  askToReconnect(): void {
    for (const session of this.sessions.values()) session.send(OPCODE.reconnect, null)
  }

  /** Tells every client that its session is gone (opcode 9). */
  invalidateSessions(): void {
    for (const session of this.sessions.values()) session.send(OPCODE.invalidSession, false)
    this.sessions.clear()
  }

  /** Ends everything. */
  close(): void {
    this.#stopListening()
    for (const socket of this.#sockets.clients) socket.terminate()
    this.#sockets.close()
  }

  #accept(socket: WebSocket, request: IncomingMessage): void {
    const query = new URL(request.url ?? '/', 'http://localhost').searchParams
    if ((query.get('v') ?? '10') !== '10') {
      socket.close(CLOSE.invalidVersion, 'Invalid API version.')
      return
    }
    const connection = new Connection(this.#world, this, socket)
    socket.on('error', () => socket.terminate())
    socket.on('message', (data) => connection.receive(data))
    socket.on('close', (code) => connection.closed(code))
    connection.open()
  }

  /** Keeps a session that lost its connection for a while. */
  park(session: GatewaySession): void {
    const parkedAt = this.#world.clock.now()
    this.#world.clock.after(SESSION_LIFE_MS, () => {
      if (session.parkedSince(parkedAt)) this.sessions.delete(session.id)
    })
    session.detach(parkedAt)
  }
}

// One socket, from hello to close.
class Connection {
  readonly #world: World
  readonly #gateway: Gateway
  readonly #socket: WebSocket
  #session: GatewaySession | null = null
  #cancelTimeout: () => void = () => {}

  constructor(world: World, gateway: Gateway, socket: WebSocket) {
    this.#world = world
    this.#gateway = gateway
    this.#socket = socket
  }

  open(): void {
    this.#send(OPCODE.hello, { heartbeat_interval: HEARTBEAT_INTERVAL_MS, _trace: ['sandbox'] })
    this.#expectHeartbeat()
  }

  closed(code: number): void {
    this.#cancelTimeout()
    if (!this.#session?.attachedTo(this.#socket)) return
    // Saying goodbye ends the session; only a broken connection can be resumed.
    if (code === 1000 || code === 1001) this.#gateway.sessions.delete(this.#session.id)
    else this.#gateway.park(this.#session)
  }

  receive(data: RawData): void {
    const frame = parseFrame(data)
    if (!frame) return this.#socket.close(CLOSE.decodeError, 'Error while decoding payload.')
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
        if (!this.#session) this.#socket.close(CLOSE.notAuthenticated, 'Not authenticated.')
        return
      default:
        return this.#socket.close(CLOSE.unknownOpcode, 'Unknown opcode.')
    }
  }

  #identify(data: FrameData | undefined): void {
    if (this.#session) {
      return this.#socket.close(CLOSE.alreadyAuthenticated, 'Already authenticated.')
    }
    if (data?.token !== this.#world.application.token) {
      return this.#socket.close(CLOSE.authenticationFailed, 'Authentication failed.')
    }
    const intents = sessionIntents(this.#world, data.intents)
    if (typeof intents !== 'number') return this.#socket.close(intents.code, intents.reason)
    const [shard, shards] = data.shard ?? [0, 1]
    if (!(shard >= 0 && shard < shards)) {
      return this.#socket.close(CLOSE.invalidShard, 'Invalid shard.')
    }
    this.#session = new GatewaySession(this.#world, intents, [shard, shards])
    this.#gateway.sessions.set(this.#session.id, this.#session)
    this.#session.attach(this.#socket)
    this.#session.begin(this.#gateway.url)
  }

  #resume(data: FrameData | undefined): void {
    if (data?.token !== this.#world.application.token) {
      return this.#socket.close(CLOSE.authenticationFailed, 'Authentication failed.')
    }
    const session = this.#gateway.sessions.get(data.session_id ?? '')
    const missed = session?.since(data.seq ?? 0)
    if (!session || !missed) return this.#send(OPCODE.invalidSession, false)
    if (missed === 'ahead') {
      this.#gateway.sessions.delete(session.id)
      return this.#socket.close(CLOSE.invalidSequence, 'Invalid seq.')
    }
    this.#session = session
    session.attach(this.#socket)
    session.replay(missed)
  }

  #expectHeartbeat(): void {
    this.#cancelTimeout()
    this.#cancelTimeout = this.#world.clock.after(HEARTBEAT_INTERVAL_MS * MISSED_HEARTBEATS, () =>
      this.#socket.close(CLOSE.sessionTimedOut, 'Session timed out.'),
    )
  }

  #send(op: number, d: unknown): void {
    this.#socket.send(JSON.stringify({ op, d, s: null, t: null }))
  }
}

function parseFrame(data: RawData): Frame | null {
  try {
    const frame: Frame | null = JSON.parse(rawText(data))
    return typeof frame?.op === 'number' ? frame : null
  } catch {
    return null
  }
}

/** The text of a WebSocket message, whichever way it came in. */
export function rawText(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString()
  return Buffer.isBuffer(data) ? data.toString() : Buffer.from(data).toString()
}
