/**
 * The gateway, version 10, JSON: its connections and sessions.
 *
 * A session outlives its connection: missed events are kept and replayed on resume.
 * Source: events/gateway.mdx.
 */

import type { IncomingMessage } from 'node:http'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { APPLICATION_FLAG, CLOSE, OPCODE } from '../protocol/constants.ts'
import { Connection } from './connection.ts'
import type { ConnectionHost } from './connection.ts'
import type { Privileges } from './intents.ts'
import { SessionStarts } from './limits.ts'
import type { GatewaySession } from './session.ts'
import { transportFor } from './transport.ts'
import type { Timing } from '../protocol/timing.ts'
import type { World } from '../world/world.ts'

/** How long a session without a connection can be resumed, in milliseconds. */
const SESSION_LIFE_MS = 5 * 60 * 1000

/** Maximum frame size of the socket, above Discord's own payload limit. In bytes. */
const MAX_FRAME_BYTES = 64 * 1024

/** How the gateway differs from that of a small application. */
export type GatewayOptions = {
  /** Privileged intents besides Message Content that the portal grants. Default both. */
  readonly guildMembers?: boolean
  readonly guildPresences?: boolean
  /** Shards that `GET /gateway/bot` recommends. Default 1. */
  readonly shards?: number
  /** Whether a single shard would have too many guilds (4011). Default false. */
  readonly mustShard?: boolean
  /** Shards that may identify at once. Default 1. */
  readonly maxConcurrency?: number
  /** Identifies per day. Default 1000. */
  readonly sessionStarts?: number
  /**
   * Whether identifies of one key must be 5 s apart. Default false, so that tests and restarted
   * bots do not wait.
   */
  readonly spacedIdentifies?: boolean
  /** Whether a connection is limited to 120 frames in a minute. Default true. */
  readonly limitsFrames?: boolean
  /** Called with the time that dispatching an event to all sessions took. */
  readonly measure?: (timing: Timing) => void
}

/** Accepts bots' connections and dispatches the world's events to them. */
export class Gateway implements ConnectionHost {
  /** The gateway URL that the API returns; set once the server listens. */
  url = ''
  readonly world: World
  readonly sessions = new Map<string, GatewaySession>()
  readonly starts: SessionStarts
  readonly mustShard: boolean
  readonly limitsFrames: boolean
  readonly membersAskedAt = new Map<string, number>()
  /** Delivers each event; faults replace it. */
  pass: (session: string, event: string, deliver: () => void) => void = (_s, _e, deliver) =>
    deliver()
  readonly #options: GatewayOptions
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES })
  readonly #stopListening: () => void

  constructor(world: World, options: GatewayOptions = {}) {
    this.world = world
    this.#options = options
    this.mustShard = options.mustShard ?? false
    this.limitsFrames = options.limitsFrames ?? true
    this.starts = new SessionStarts(world.clock, {
      maxConcurrency: options.maxConcurrency ?? 1,
      total: options.sessionStarts ?? 1000,
      spaced: options.spacedIdentifies ?? false,
    })
    this.#stopListening = world.listen((event) => {
      const startMs = performance.now()
      for (const session of this.sessions.values()) {
        session.hear(event)
      }
      options.measure?.({ part: 'event', name: event.name, ms: performance.now() - startMs })
    })
  }

  /** The privileged intents that the portal grants now. */
  get privileges(): Privileges {
    return {
      messageContent: this.world.application.messageContent,
      guildMembers: this.#options.guildMembers ?? true,
      guildPresences: this.#options.guildPresences ?? true,
    }
  }

  /** The application flags of those intents. */
  applicationFlags(): number {
    const { messageContent, guildMembers, guildPresences } = this.privileges
    return (
      (messageContent ? APPLICATION_FLAG.messageContentLimited : 0) |
      (guildMembers ? APPLICATION_FLAG.guildMembersLimited : 0) |
      (guildPresences ? APPLICATION_FLAG.presenceLimited : 0)
    )
  }

  /** The body of `GET /gateway/bot`. */
  describe() {
    return {
      url: this.url,
      shards: this.#options.shards ?? (this.mustShard ? 2 : 1),
      session_start_limit: this.starts.describe(),
    }
  }

  /** Upgrades an HTTP connection to a gateway connection. */
  upgrade(request: IncomingMessage, socket: IncomingMessage['socket'], head: Buffer): void {
    this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#accept(ws, request))
  }

  /**
   * Closes every connection; after 4000 or none a client resumes, after 1000 it identifies.
   *
   * @returns the number of connections.
   */
  drop(code?: number): number {
    for (const socket of this.#sockets.clients) {
      if (code === undefined) {
        socket.terminate()
      } else {
        socket.close(code)
      }
    }
    return this.#sockets.clients.size
  }

  /** Sends Reconnect (opcode 7) to every client. @returns the number of clients. */
  askToReconnect(): number {
    for (const session of this.sessions.values()) {
      session.send(OPCODE.reconnect, null)
    }
    return this.sessions.size
  }

  /** Sends Invalid Session (opcode 9) to every client. @returns the number of clients. */
  invalidateSessions(resumable = false): number {
    const { size } = this.sessions
    for (const session of this.sessions.values()) {
      session.send(OPCODE.invalidSession, resumable)
      this.park(session)
    }
    if (!resumable) {
      this.sessions.clear()
    }
    return size
  }

  park(session: GatewaySession): void {
    const parkedAt = this.world.clock.now()
    this.world.clock.after(SESSION_LIFE_MS, () => {
      if (session.parkedSince(parkedAt)) {
        this.sessions.delete(session.id)
      }
    })
    session.detach(parkedAt)
  }

  tellOnline(): void {
    const { application } = this.world
    const online = [...this.sessions.values()].some(({ connected }) => connected)
    if (online === application.online) {
      return
    }
    application.online = online
    this.world.emit({ name: 'APPLICATION_ONLINE', online })
  }

  endAll(): void {
    for (const session of this.sessions.values()) {
      session.hangUp(CLOSE.authenticationFailed, 'Authentication failed.')
    }
    this.sessions.clear()
    this.tellOnline()
  }

  /** Stops listening to the world and terminates all connections. */
  close(): void {
    this.#stopListening()
    for (const socket of this.#sockets.clients) {
      socket.terminate()
    }
    this.#sockets.close()
  }

  #accept(socket: WebSocket, request: IncomingMessage): void {
    socket.on('error', () => socket.terminate())
    const query = new URL(request.url ?? '/', 'http://localhost').searchParams
    if ((query.get('v') ?? '10') !== '10') {
      return socket.close(CLOSE.invalidVersion, 'Invalid API version.')
    }
    const transport = transportFor(socket, query.get('compress'))
    if (!transport || (query.get('encoding') ?? 'json') !== 'json') {
      return socket.close(CLOSE.decodeError, 'The sandbox speaks JSON, plain, zlib or zstd.')
    }
    const connection = new Connection(this, transport)
    socket.on('message', (data) => connection.receive(data))
    socket.on('close', (code) => connection.closed(code))
    connection.open()
  }
}
