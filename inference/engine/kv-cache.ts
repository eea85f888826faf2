/**
 * The keys and values of the positions already run, one set a layer, in memory that JavaScript owns.
 *
 * ONNX Runtime reads these arrays without a copy; each run's new rows are scattered in afterwards.
 * Fetching the runtime's own `present` would copy the whole past at every step instead.
 */

/** Room grows in steps of so many positions, so that most steps allocate nothing. */
const CAPACITY_STEP = 64

export type KvShape = { readonly layers: number; readonly heads: number; readonly headDim: number }

export class KvCache {
  /** Sequences; all have the same length. */
  rows = 1
  /** Positions filled. */
  length = 0
  /** Positions there is room for. */
  capacity = 0
  /** One array a layer, float32, [rows, heads, capacity, headDim]; past `length` anything. */
  keys: Float32Array[]
  values: Float32Array[]
  readonly shape: KvShape
  /** Positions at the start that are the same in every row: those from when there was one row. */
  #shared = 0
  /** Holds the rows that reordering moves; float32. */
  #scratch = new Float32Array(0)

  constructor(shape: KvShape) {
    this.shape = shape
    this.keys = Array.from({ length: shape.layers }, () => new Float32Array(0))
    this.values = Array.from({ length: shape.layers }, () => new Float32Array(0))
  }

  /** Makes room for at least `length` positions. */
  reserve(length: number): void {
    if (length <= this.capacity) {
      return
    }
    const capacity = Math.ceil(length / CAPACITY_STEP) * CAPACITY_STEP
    const parents = Array.from({ length: this.rows }, (_, row) => row)
    this.#copy(parents, capacity)
    this.capacity = capacity
  }

  /**
   * Puts one layer's new rows behind the filled positions; `length` grows by `advance`.
   *
   * @param fresh float32, [rows, count, heads * headDim]; there must be room.
   */
  scatter(into: Float32Array, fresh: Float32Array, count: number): void {
    const { heads, headDim } = this.shape
    let from = 0
    for (let row = 0; row < this.rows; row++) {
      for (let position = 0; position < count; position++) {
        for (let head = 0; head < heads; head++) {
          const place = (row * heads + head) * this.capacity + this.length + position
          into.set(fresh.subarray(from, from + headDim), place * headDim)
          from += headDim
        }
      }
    }
  }

  /** Counts the rows scattered into every layer as filled. */
  advance(count: number): void {
    this.length += count
  }

  /** Makes row i a copy of the former row `parents[i]`; the number of rows may change. */
  reorder(parents: readonly number[]): void {
    if (parents.length === this.rows && parents.every((parent, row) => parent === row)) {
      return
    }
    if (parents.length === this.rows) {
      this.#move(parents)
      return
    }
    this.#shared = this.rows === 1 ? this.length : 0
    this.#copy(parents, this.capacity)
    this.rows = parents.length
  }

  /** Copies between rows in place, and only what differs between them. */
  #move(parents: readonly number[]): void {
    const { heads, headDim } = this.shape
    const changed = [...parents.entries()].filter(([row, parent]) => row !== parent)
    const span = (this.length - this.#shared) * headDim
    if (this.#scratch.length < changed.length * heads * span) {
      this.#scratch = new Float32Array(changed.length * heads * span)
    }
    const start = (row: number, head: number) =>
      ((row * heads + head) * this.capacity + this.#shared) * headDim
    for (const array of [...this.keys, ...this.values]) {
      let place = 0
      for (const [, parent] of changed) {
        for (let head = 0; head < heads; head++, place += span) {
          const from = start(parent, head)
          this.#scratch.set(array.subarray(from, from + span), place)
        }
      }
      place = 0
      for (const [row] of changed) {
        for (let head = 0; head < heads; head++, place += span) {
          array.set(this.#scratch.subarray(place, place + span), start(row, head))
        }
      }
    }
  }

  /** Copies everything to new arrays with other rows or other room. */
  #copy(parents: readonly number[], capacity: number): void {
    const { heads, headDim } = this.shape
    const size = parents.length * heads * capacity * headDim
    const filled = this.length * headDim
    const move = (from: Float32Array) => {
      const to = new Float32Array(size)
      for (const [row, parent] of parents.entries()) {
        for (let head = 0; head < heads; head++) {
          const source = (parent * heads + head) * this.capacity * headDim
          const target = (row * heads + head) * capacity * headDim
          to.set(from.subarray(source, source + filled), target)
        }
      }
      return to
    }
    this.keys = this.keys.map(move)
    this.values = this.values.map(move)
  }
}
