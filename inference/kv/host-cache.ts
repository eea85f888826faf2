/**
 * The keys and values of the positions already run, one set a layer, in memory that JavaScript owns.
 *
 * ONNX Runtime reads these arrays without a copy; each run's new rows are scattered in afterwards.
 * Fetching the runtime's own `present` would copy the whole past at every step instead.
 */

import { type InferenceSession, Tensor } from 'onnxruntime-node'
import { floats } from '../runtime/floats.ts'
import {
  CAPACITY_STEP,
  type KvCache,
  type KvCaches,
  type KvShape,
  layerNames,
  type Past,
  type Run,
} from './kv-cache.ts'

/** Caches of a model that runs on the CPU, or on a device that takes its past with every run. */
export function hostCaches(shape: KvShape): KvCaches {
  return { create: () => new HostCache(shape), close: () => Promise.resolve() }
}

export class HostCache implements KvCache {
  lengths: number[] = [0]
  readonly #shape: KvShape
  /** Those of each layer, float32, [room, kvHeads, capacity, headDim]; past a row's length anything. */
  #arrays: Float32Array[]
  /** Positions there is room for in every row. */
  #capacity = 0
  /** Rows the arrays have room for; at least `rows`. */
  #room = 1
  /** Positions at the start that are the same in every row: those from when there was one row. */
  #shared = 0
  /** Holds the rows that reordering moves; float32. */
  #scratch = new Float32Array(0)

  constructor(shape: KvShape) {
    this.#shape = shape
    this.#arrays = layerNames('', shape.layers).map(() => new Float32Array(0))
  }

  get rows(): number {
    return this.lengths.length
  }

  get length(): number {
    return Math.max(...this.lengths)
  }

  get bytes(): number {
    return this.#arrays.length * 4 * this.#room * this.#rowSize(this.#capacity)
  }

  async before({ keep }: Run): Promise<Past> {
    const { layers, kvHeads, headDim } = this.#shape
    const shape = [this.rows, kvHeads, this.#capacity, headDim]
    const filled = this.rows * this.#rowSize(this.#capacity)
    const pasts = layerNames('past_', layers).map((name, i) => [
      name,
      new Tensor('float32', this.#arrays[i]!.subarray(0, filled), shape),
    ])
    const fetched = keep ? layerNames('', layers).map((name) => [name, null]) : []
    return { feeds: Object.fromEntries(pasts), fetches: Object.fromEntries(fetched) }
  }

  /** Puts the new rows, [rows, count, kvHeads * headDim] of each layer, behind the filled positions. */
  after({ count, keep }: Run, outputs: InferenceSession.OnnxValueMapType): void {
    if (!keep) {
      return
    }
    this.#reserve(this.length + count)
    for (const [i, name] of layerNames('', this.#shape.layers).entries()) {
      this.#scatter(this.#arrays[i]!, floats(outputs[name]), count)
    }
    this.lengths = this.lengths.map((length) => length + count)
  }

  truncate(length: number): void {
    this.lengths = this.lengths.map((filled) => Math.min(filled, length))
  }

  async reorder(parents: readonly number[]): Promise<void> {
    if (parents.length !== this.rows) {
      this.#shared = this.rows === 1 ? this.length : 0
      this.#copy(parents, this.#capacity, parents.length)
    } else if (parents.some((parent, row) => parent !== row)) {
      this.#move(parents)
    }
  }

  async append(other: HostCache): Promise<void> {
    this.#reserve(other.length)
    const row = this.rows
    if (row === this.#room) {
      this.#copy([...this.lengths.keys()], this.#capacity, 2 * this.#room)
    }
    this.#shared = 0
    this.lengths.push(other.length)
    const source = { capacity: other.#capacity, lengths: other.lengths }
    for (const [i, array] of this.#arrays.entries()) {
      this.#copyRow(other.#arrays[i]!, source, 0, array, row)
    }
  }

  async remove(row: number): Promise<void> {
    const last = this.rows - 1
    if (row !== last) {
      const source = { capacity: this.#capacity, lengths: this.lengths }
      for (const array of this.#arrays) {
        this.#copyRow(array, source, last, array, row)
      }
      this.lengths[row] = this.lengths[last]!
    }
    this.lengths.pop()
    this.#shared = 0
    if (this.rows === 1) {
      this.#copy([0], this.#capacity, 1) // it may be kept for long, and the room of eight with it
    }
  }

  async copyOf(row: number, length: number = this.lengths[row]!): Promise<HostCache> {
    const copy = new HostCache(this.#shape)
    copy.lengths = [length]
    copy.#capacity = length
    const source = { capacity: this.#capacity, lengths: this.lengths }
    copy.#arrays = this.#arrays.map((array) => {
      const into = new Float32Array(this.#rowSize(length))
      copy.#copyRow(array, source, row, into, 0)
      return into
    })
    return copy
  }

  dispose(): void {
    this.#arrays = []
  }

  #reserve(length: number): void {
    if (length > this.#capacity) {
      const capacity = Math.ceil(length / CAPACITY_STEP) * CAPACITY_STEP
      this.#copy([...this.lengths.keys()], capacity, this.#room)
    }
  }

  /** @param fresh float32, [rows, count, kvHeads * headDim]; there must be room. */
  #scatter(into: Float32Array, fresh: Float32Array, count: number): void {
    const { kvHeads, headDim } = this.#shape
    let from = 0
    for (let row = 0; row < this.rows; row++) {
      for (let position = 0; position < count; position++) {
        for (let head = 0; head < kvHeads; head++) {
          const place = (row * kvHeads + head) * this.#capacity + this.lengths[row]! + position
          into.set(fresh.subarray(from, from + headDim), place * headDim)
          from += headDim
        }
      }
    }
  }

  /** Copies between rows in place, and only what differs between them. */
  #move(parents: readonly number[]): void {
    const { kvHeads, headDim } = this.#shape
    const changed = [...parents.entries()].filter(([row, parent]) => row !== parent)
    const span = (this.length - this.#shared) * headDim
    if (this.#scratch.length < changed.length * kvHeads * span) {
      this.#scratch = new Float32Array(changed.length * kvHeads * span)
    }
    const start = (row: number, head: number) =>
      ((row * kvHeads + head) * this.#capacity + this.#shared) * headDim
    for (const array of this.#arrays) {
      let place = 0
      for (const [, parent] of changed) {
        for (let head = 0; head < kvHeads; head++, place += span) {
          const from = start(parent, head)
          this.#scratch.set(array.subarray(from, from + span), place)
        }
      }
      place = 0
      for (const [row] of changed) {
        for (let head = 0; head < kvHeads; head++, place += span) {
          array.set(this.#scratch.subarray(place, place + span), start(row, head))
        }
      }
    }
  }

  /** Copies everything to new arrays with other rows or other room. */
  #copy(parents: readonly number[], capacity: number, room: number): void {
    const lengths = parents.map((parent) => this.lengths[parent]!)
    const before = { capacity: this.#capacity, lengths: this.lengths }
    this.#capacity = capacity
    this.lengths = lengths
    this.#room = room
    const move = (from: Float32Array) => {
      const to = new Float32Array(room * this.#rowSize(capacity))
      for (const [row, parent] of parents.entries()) {
        this.#copyRow(from, before, parent, to, row)
      }
      return to
    }
    this.#arrays = this.#arrays.map(move)
  }

  /** Copies the filled positions of a row between arrays; into ones of this cache's capacity. */
  #copyRow(
    from: Float32Array,
    source: { readonly capacity: number; readonly lengths: readonly number[] },
    sourceRow: number,
    to: Float32Array,
    row: number,
  ): void {
    const { kvHeads, headDim } = this.#shape
    const filled = Math.min(source.lengths[sourceRow]!, this.#capacity) * headDim
    for (let head = 0; head < kvHeads; head++) {
      const start = (sourceRow * kvHeads + head) * source.capacity * headDim
      const target = (row * kvHeads + head) * this.#capacity * headDim
      to.set(from.subarray(start, start + filled), target)
    }
  }

  /** Numbers of one row of one layer. */
  #rowSize(capacity: number): number {
    return this.#shape.kvHeads * capacity * this.#shape.headDim
  }
}
