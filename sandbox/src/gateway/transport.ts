/**
 * Encoding of the gateway's frames: plain JSON, payloads deflated one by one, or one zlib or
 * zstd stream for the whole connection.
 *
 * Source: events/gateway.mdx, "Encoding and Compression".
 */

import { constants, createDeflate, createZstdCompress, deflateSync } from 'node:zlib'
import type { Deflate, ZstdCompress } from 'node:zlib'
import type { WebSocket } from 'ws'

/** With payload compression, payloads smaller than this are sent plain. In bytes. */
const COMPRESSED_FROM = 1024

/** A socket with its compression. */
export type Transport = {
  send(text: string): void
  /** Closes once everything sent before has been written. */
  close(code: number, reason: string): void
  /** Terminates the connection without a close frame, like a network failure. */
  terminate(): void
  /** Turns payload compression on; a stream's own compression takes precedence. */
  compressPayloads(): void
  /** Whether the socket is open. */
  readonly open: boolean
}

/** @returns null for a value of the query's `compress` that Discord does not know. */
export function transportFor(socket: WebSocket, compress: string | null): Transport | null {
  switch (compress) {
    case null:
      return new PlainTransport(socket)
    case 'zlib-stream':
      return new StreamTransport(socket, createDeflate(), constants.Z_SYNC_FLUSH)
    case 'zstd-stream':
      return new StreamTransport(socket, createZstdCompress(), constants.ZSTD_e_flush)
    default:
      return null
  }
}

class PlainTransport implements Transport {
  readonly #socket: WebSocket
  #compressed = false

  constructor(socket: WebSocket) {
    this.#socket = socket
  }

  get open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  send(text: string): void {
    if (!this.open) {
      return
    }
    const bytes = this.#compressed && text.length >= COMPRESSED_FROM ? deflateSync(text) : text
    this.#socket.send(bytes)
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
  }

  terminate(): void {
    this.#socket.terminate()
  }

  compressPayloads(): void {
    this.#compressed = true
  }
}

/**
 * One compression context for the connection; each message ends with a flush, so that the client
 * can decode it at once. Compression is asynchronous: messages are queued.
 */
class StreamTransport implements Transport {
  readonly #socket: WebSocket
  readonly #stream: Deflate | ZstdCompress
  readonly #flush: number
  #written: Promise<void> = Promise.resolve()
  #chunks: Buffer[] = []

  constructor(socket: WebSocket, stream: Deflate | ZstdCompress, flush: number) {
    this.#socket = socket
    this.#stream = stream
    this.#flush = flush
    stream.on('data', (chunk: Buffer) => this.#chunks.push(chunk))
    socket.on('close', () => stream.destroy())
  }

  get open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  send(text: string): void {
    this.#written = this.#written.then(() => this.#write(text))
  }

  close(code: number, reason: string): void {
    void this.#written.then(() => this.#socket.close(code, reason))
  }

  terminate(): void {
    this.#socket.terminate()
  }

  compressPayloads(): void {}

  #write(text: string): Promise<void> {
    return new Promise((resolve) => {
      if (!this.open || this.#stream.destroyed) {
        return resolve()
      }
      // If the connection closes, the stream is destroyed and the flush never completes.
      this.#stream.once('close', resolve)
      this.#stream.write(text)
      this.#stream.flush(this.#flush, () => {
        this.#stream.off('close', resolve)
        const bytes = Buffer.concat(this.#chunks)
        this.#chunks = []
        if (this.open) {
          this.#socket.send(bytes)
        }
        resolve()
      })
    })
  }
}
