/**
 * Sends requests about pictures to a backend: each by the content hash of its picture, and once
 * more with the file where the backend does not have it.
 */

import type { Call, InferenceBackend, RequestKind, RequestOf } from './backends/backend.ts'
import type { EngineImage, EngineResults } from './contract/requests.ts'
import { imageSourceOf } from './contract/image-source.ts'
import type { ImageInput, ImageSource } from './contract/types.ts'

/** A request on its way; no longer cacheable once its picture was to be forgotten. */
type Pending = { readonly key: string; cacheable: boolean }

export class ImageRequests {
  readonly #backend: InferenceBackend
  readonly #pending = new Set<Pending>()

  constructor(backend: InferenceBackend) {
    this.#backend = backend
  }

  /** @param build makes the request; called once more where the picture has to be sent. */
  async send<Kind extends RequestKind>(
    kind: Kind,
    image: ImageInput,
    build: (image: EngineImage) => RequestOf<Kind>,
    call: Omit<Call, 'cacheable'>,
  ): Promise<EngineResults[Kind]> {
    call.signal?.throwIfAborted()
    const { key, bytes } = await sendable(image)
    const pending: Pending = { key, cacheable: true }
    this.#pending.add(pending)
    try {
      const { cacheable } = pending
      const byKey = build({ key, bytes: null })
      const outcome = await this.#backend.submit(kind, byKey, { ...call, cacheable })
      if (outcome.kind === 'done') {
        return outcome.result
      }
      const withFile = build({ key, bytes: await bytes(call.signal) })
      return await this.#submit(kind, withFile, { ...call, cacheable: pending.cacheable })
    } finally {
      this.#pending.delete(pending)
    }
  }

  /** Sends a request about no picture. */
  sendText(request: RequestOf<'embed-text'>, call: Omit<Call, 'cacheable'>): Promise<Float32Array> {
    return this.#submit('embed-text', request, { ...call, cacheable: false })
  }

  /** Deletes what was computed from pictures, also what requests on their way will compute. */
  async forget(keys: readonly string[]): Promise<void> {
    for (const pending of this.#pending) {
      pending.cacheable &&= !keys.includes(pending.key)
    }
    await this.#backend.forget(keys)
  }

  async #submit<Kind extends RequestKind>(
    kind: Kind,
    request: RequestOf<Kind>,
    call: Call,
  ): Promise<EngineResults[Kind]> {
    const outcome = await this.#backend.submit(kind, request, call)
    if (outcome.kind === 'missing') {
      throw new TypeError('expected a result, but the backend asked for a picture it was sent')
    }
    return outcome.result
  }
}

/** A picture whose file may be moved elsewhere: a copy, since a caller's bytes stay as they are. */
async function sendable(image: Uint8Array | ImageSource): Promise<{
  readonly key: string
  readonly bytes: (signal?: AbortSignal) => Promise<Uint8Array<ArrayBuffer>>
}> {
  if (image instanceof Uint8Array) {
    const copy = new Uint8Array(image) // what the caller does to its own meanwhile does not matter
    const { key } = await imageSourceOf(copy)
    return { key, bytes: () => Promise.resolve(copy) }
  }
  return { key: image.key, bytes: async (signal) => new Uint8Array(await image.bytes(signal)) }
}
