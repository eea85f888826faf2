/**
 * Pictures as they are sent to other machines: re-encoded, so that nothing but their pixels leaves. They
 * are kept for a minute, for the next question about them.
 */

import { LRUCache } from 'lru-cache'
import { MINUTE_MS } from '../../../config/durations.ts'
import type { ImageLimits } from '../../image/limits.ts'
import { DecodingPool } from '../../image/decoding/pool.ts'
import type { EngineImage } from '../../contract/requests.ts'
import type { Call } from '../backend.ts'

const MAX_BYTES = 32 * 2 ** 20

export class PreparedPictures {
  readonly #pool: DecodingPool
  readonly #prepared = new LRUCache<string, Uint8Array>({
    maxSize: MAX_BYTES,
    sizeCalculation: (bytes) => bytes.length,
    ttl: MINUTE_MS,
    ttlAutopurge: true,
  })

  constructor(limits: Partial<ImageLimits>) {
    this.#pool = new DecodingPool({ limits })
  }

  /**
   * @param maxPixels a larger picture is made smaller; the same for each request about it.
   * @returns the file to send; null: it is not here, and the image has no bytes.
   * @throws {InputError} `image/…` if the file cannot be used.
   */
  async of({ key, bytes }: EngineImage, maxPixels: number, call: Call): Promise<Uint8Array | null> {
    const known = this.#prepared.get(key)
    if (known !== undefined || bytes === null) {
      return known ?? null
    }
    const { signal, claim, cacheable } = call
    const owner = `${claim.tenant}/${claim.user}`
    const prepared = await this.#pool.transfer(bytes, maxPixels, { signal, owner })
    if (cacheable) {
      this.#prepared.set(key, prepared)
    }
    return prepared
  }

  forget(keys: readonly string[]): void {
    for (const key of keys) {
      this.#prepared.delete(key)
    }
  }

  async close(): Promise<void> {
    this.#prepared.clear()
    await this.#pool.close()
  }
}

/** A file of `PreparedPictures` as an address. */
export function dataUri(bytes: Uint8Array): string {
  const type = bytes[0] === 0x89 ? 'png' : 'jpeg' // the only two there are
  return `data:image/${type};base64,${Buffer.from(bytes).toString('base64')}`
}
