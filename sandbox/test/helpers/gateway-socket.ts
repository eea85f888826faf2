/** A bare client of the gateway, for what discord.js never does. It waits on events only. */

import { EventEmitter, once } from 'node:events'
import { constants, createInflate, createZstdDecompress, inflateSync } from 'node:zlib'
import { WebSocket } from 'ws'

const PATIENCE_MS = 20_000

/** One frame of the gateway. */
export type GatewayFrame = {
  readonly op: number
  readonly d: any // oxlint-disable-line typescript/no-explicit-any -- tests look at any payload
  readonly s: number | null
  readonly t: string | null
}

/** A connection that has heard hello. */
export class GatewaySocket {
  readonly frames: GatewayFrame[] = []
  /** How many messages came in binary. */
  binary = 0
  readonly #socket: WebSocket
  readonly #heard = new EventEmitter<{ heard: [] }>()
  #closed: number | null = null

  private constructor(url: string, compress?: 'zlib-stream' | 'zstd-stream') {
    const suffix = compress ? `&compress=${compress}` : ''
    this.#socket = new WebSocket(`${url}?v=10&encoding=json${suffix}`)
    const stream =
      compress === 'zlib-stream'
        ? createInflate({ flush: constants.Z_SYNC_FLUSH })
        : compress && createZstdDecompress()
    let text = ''
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      // Frames follow each other without a separator; a whole one parses.
      try {
        this.#hear(JSON.parse(text))
        text = ''
      } catch {}
    })
    this.#socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) {
        this.binary += 1
      }
      if (stream) {
        stream.write(data)
      } else {
        this.#hear(JSON.parse((isBinary ? inflateSync(data) : data).toString()))
      }
    })
    this.#socket.on('close', (code) => {
      this.#closed = code
      this.#heard.emit('heard')
    })
  }

  /** Connects and waits for hello, or for the gateway to hang up. */
  static async connect(url: string, compress?: 'zlib-stream' | 'zstd-stream') {
    const socket = new GatewaySocket(url, compress)
    await socket.#until(() => socket.frames.length > 0 || socket.#closed !== null)
    return socket
  }

  send(op: number, d: unknown): void {
    this.#socket.send(JSON.stringify({ op, d }))
  }

  sendText(text: string): void {
    this.#socket.send(text)
  }

  /** The first frame with that opcode or event name, waiting for it; `from` skips earlier ones. */
  async next(wanted: number | string, from = 0): Promise<GatewayFrame> {
    const find = () =>
      this.frames.slice(from).find((f) => (typeof wanted === 'number' ? f.op : f.t) === wanted)
    await this.#until(() => find() !== undefined)
    return find()!
  }

  /** The code the gateway closes with. */
  async closed(): Promise<number> {
    await this.#until(() => this.#closed !== null)
    return this.#closed!
  }

  /** Sends a heartbeat and waits for its acknowledgement: what was sent before has arrived. */
  async settled(): Promise<void> {
    const from = this.frames.length
    this.send(1, null)
    await this.next(11, from)
  }

  /** Breaks the connection, so that the session can be resumed. */
  async break(): Promise<void> {
    this.#socket.terminate()
    await this.closed()
  }

  /** Says goodbye, which ends the session. */
  async leave(): Promise<void> {
    this.#socket.close(1000)
    await this.closed()
  }

  #hear(frame: GatewayFrame): void {
    this.frames.push(frame)
    this.#heard.emit('heard')
  }

  async #until(condition: () => boolean): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    while (!condition()) {
      await once(this.#heard, 'heard', { signal })
    }
  }
}
