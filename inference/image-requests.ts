/**
 * Sends requests about pictures to a backend: each by the content hashes of its pictures, and once
 * more with the files of those that the backend does not have.
 */

import type { Call, InferenceBackend, RequestKind, RequestOf } from './backends/backend.ts'
import type { EngineImage, EngineResults } from './contract/requests.ts'
import { imageSourceOf } from './contract/image-source.ts'
import type { ImageInput, ImageSource } from './contract/types.ts'

/** A request on its way; no longer cacheable once one of its pictures was to be forgotten. */
type Pending = { readonly keys: readonly string[]; cacheable: boolean }

type Sendable = {
  readonly key: string
  readonly bytes: (signal?: AbortSignal) => Promise<Uint8Array<ArrayBuffer>>
}

export class ImageRequests {
  readonly #backend: InferenceBackend
  readonly #pending = new Set<Pending>()

  constructor(backend: InferenceBackend) {
    this.#backend = backend
  }

  /** Sends a request about one picture. */
  sendOne<Kind extends RequestKind>(
    kind: Kind,
    image: ImageInput,
    build: (image: EngineImage) => RequestOf<Kind>,
    call: Omit<Call, 'cacheable'>,
  ): Promise<EngineResults[Kind]> {
    return this.send(kind, [image], ([only]) => build(only!), call)
  }

  /** @param build makes the request; called again where pictures have to be sent. */
  async send<Kind extends RequestKind>(
    kind: Kind,
    images: readonly ImageInput[],
    build: (images: readonly EngineImage[]) => RequestOf<Kind>,
    call: Omit<Call, 'cacheable'>,
  ): Promise<EngineResults[Kind]> {
    call.signal?.throwIfAborted()
    const all = await Promise.all(images.map(sendable))
    const pending: Pending = { keys: all.map(({ key }) => key), cacheable: true }
    this.#pending.add(pending)
    try {
      return await this.#sendUntilAllThere(kind, all, build, call, pending)
    } finally {
      this.#pending.delete(pending)
    }
  }

  /** Sends a request about no picture. */
  async sendText(
    request: RequestOf<'embed-text'>,
    call: Omit<Call, 'cacheable'>,
  ): Promise<Float32Array> {
    const outcome = await this.#backend.submit('embed-text', request, { ...call, cacheable: false })
    return outcome.kind === 'done' ? outcome.result : neverMissing()
  }

  /** Deletes what was computed from pictures, also what requests on their way will compute. */
  async forget(keys: readonly string[]): Promise<void> {
    for (const pending of this.#pending) {
      pending.cacheable &&= !pending.keys.some((key) => keys.includes(key))
    }
    await this.#backend.forget(keys)
  }

  /**
   * A backend may drop a picture that it had while the file of another one is fetched, so it can ask
   * again; each time for at least one more.
   */
  async #sendUntilAllThere<Kind extends RequestKind>(
    kind: Kind,
    images: readonly Sendable[],
    build: (images: readonly EngineImage[]) => RequestOf<Kind>,
    call: Omit<Call, 'cacheable'>,
    pending: Pending,
  ): Promise<EngineResults[Kind]> {
    const files = new Map<string, Uint8Array<ArrayBuffer>>()
    for (;;) {
      const request = build(
        images.map(({ key }) => ({ key, bytes: toSend(files.get(key), images.length) })),
      )
      const { cacheable } = pending
      const outcome = await this.#backend.submit(kind, request, { ...call, cacheable })
      if (outcome.kind === 'done') {
        return outcome.result
      }
      const missing = new Map(
        images
          .filter(({ key }) => outcome.keys.includes(key) && !files.has(key))
          .map((image) => [image.key, image]),
      )
      if (missing.size === 0) {
        neverMissing()
      }
      await Promise.all(
        [...missing].map(async ([key, { bytes }]) => files.set(key, await bytes(call.signal))),
      )
    }
  }
}

/** A file that is sent may be moved away, so one that may be sent again is copied. */
function toSend(
  file: Uint8Array<ArrayBuffer> | undefined,
  images: number,
): Uint8Array<ArrayBuffer> | null {
  return file !== undefined && images > 1 ? new Uint8Array(file) : (file ?? null)
}

function neverMissing(): never {
  throw new TypeError('expected a result, but the backend asked for a picture it was sent')
}

/** A picture whose file may be moved elsewhere: a copy, since a caller's bytes stay as they are. */
async function sendable(image: Uint8Array | ImageSource): Promise<Sendable> {
  if (image instanceof Uint8Array) {
    const copy = new Uint8Array(image) // what the caller does to its own meanwhile does not matter
    const { key } = await imageSourceOf(copy)
    return { key, bytes: () => Promise.resolve(copy) }
  }
  return { key: image.key, bytes: async (signal) => new Uint8Array(await image.bytes(signal)) }
}
