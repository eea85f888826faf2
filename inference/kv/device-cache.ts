/**
 * Keys and values that stay on the device.
 *
 * The same tensors are a run's past and where its `present` goes, so that attention puts the new
 * rows into them in place and nothing of the past is moved. Rows and room are changed by copying
 * on the device.
 */

import { type InferenceSession, Tensor } from 'onnxruntime-node'
import type { DeviceMemory, DeviceTensors } from './device-memory.ts'
import {
  CAPACITY_STEP,
  type KvCache,
  type KvCaches,
  type KvShape,
  layerNames,
  type Past,
  type Run,
} from './kv-cache.ts'

/** Caches of a model whose attention takes its past from the device; the memory is theirs. */
export function deviceCaches(memory: DeviceMemory, shape: KvShape): KvCaches {
  return { create: () => new DeviceCache(memory, shape), close: () => memory.close() }
}

class DeviceCache implements KvCache {
  lengths: number[] = [0]
  readonly #memory: DeviceMemory
  readonly #shape: KvShape
  /** Those of each layer, [rows, kvHeads, capacity, headDim]; none while there is no room. */
  #tensors: DeviceTensors = []
  /** Positions there is room for in every row. */
  #capacity = 0

  constructor(memory: DeviceMemory, shape: KvShape) {
    this.#memory = memory
    this.#shape = shape
  }

  get rows(): number {
    return this.lengths.length
  }

  get length(): number {
    return Math.max(...this.lengths)
  }

  get bytes(): number {
    const { layers, kvHeads, headDim } = this.#shape
    return 2 * layers * 4 * this.rows * kvHeads * this.#capacity * headDim
  }

  /** What a run does not keep is written all the same, behind the filled positions. */
  async before({ count }: Run): Promise<Past> {
    await this.#reserve(this.length + count)
    const named = (prefix: string) =>
      Object.fromEntries(
        layerNames(prefix, this.#shape.layers).map((name, i) => [name, this.#tensors[i]!]),
      )
    return { feeds: named('past_'), fetches: named('present_') }
  }

  after({ count, keep }: Run, outputs: InferenceSession.OnnxValueMapType): void {
    // What comes back are other handles of the same tensors, to be freed all the same.
    for (const name of layerNames('present_', this.#shape.layers)) {
      const handle = outputs[name]
      if (handle instanceof Tensor) {
        handle.dispose()
      }
    }
    if (keep) {
      this.lengths = this.lengths.map((length) => length + count)
    }
  }

  truncate(length: number): void {
    this.lengths = this.lengths.map((filled) => Math.min(filled, length))
  }

  async reorder(parents: readonly number[]): Promise<void> {
    if (parents.length !== this.rows || parents.some((parent, row) => parent !== row)) {
      await this.#replace(this.#memory.take(this.#tensors, 'rows', parents))
      this.lengths = parents.map((parent) => this.lengths[parent]!)
    }
  }

  async append(other: DeviceCache): Promise<void> {
    await this.#reserve(other.length)
    const indices = upTo(this.#capacity, other.#capacity)
    const more =
      other.#capacity === this.#capacity
        ? other.#tensors
        : await this.#memory.take(other.#tensors, 'positions', indices)
    try {
      await this.#replace(this.#memory.join(this.#tensors, more))
    } finally {
      if (more !== other.#tensors) {
        this.#memory.free(more)
      }
    }
    this.lengths.push(...other.lengths)
  }

  async remove(row: number): Promise<void> {
    const last = this.rows - 1
    await this.reorder(upTo(last).map((kept) => (kept === row ? last : kept)))
  }

  async copyOf(row: number, length: number = this.lengths[row]!): Promise<DeviceCache> {
    const copy = new DeviceCache(this.#memory, this.#shape)
    const whole = await this.#memory.take(this.#tensors, 'rows', [row])
    try {
      copy.#tensors = await this.#memory.take(whole, 'positions', upTo(length))
    } finally {
      this.#memory.free(whole)
    }
    copy.#capacity = length
    copy.lengths = [length]
    return copy
  }

  dispose(): void {
    this.#memory.free(this.#tensors)
    this.#tensors = []
  }

  async #reserve(length: number): Promise<void> {
    if (length <= this.#capacity) {
      return
    }
    const { kvHeads, headDim } = this.#shape
    const capacity = Math.ceil(length / CAPACITY_STEP) * CAPACITY_STEP
    await this.#replace(
      this.#capacity === 0
        ? this.#memory.empty([this.rows, kvHeads, capacity, headDim])
        : this.#memory.take(this.#tensors, 'positions', upTo(capacity, this.#capacity)),
    )
    this.#capacity = capacity
  }

  /** Takes new tensors and frees the old ones. */
  async #replace(made: Promise<DeviceTensors>): Promise<void> {
    const tensors = await made
    this.#memory.free(this.#tensors)
    this.#tensors = tensors
  }
}

/**
 * 0, 1, … below `end`; from `filled` on, the last index repeated. The positions beyond `filled` are
 * never read, but their values must be finite.
 */
function upTo(end: number, filled: number = end): number[] {
  return Array.from({ length: end }, (_, i) => Math.min(i, filled - 1))
}
