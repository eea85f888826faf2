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
  /** Arrays of the same size as keys and values, kept from the last reordering for the next. */
  #spare: Float32Array[] = []

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
    this.#spare = []
    this.#copy(parents, capacity)
    this.#spare = []
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
    this.#copy(parents, this.capacity)
    this.rows = parents.length
  }

  #copy(parents: readonly number[], capacity: number): void {
    const { heads, headDim } = this.shape
    const size = parents.length * heads * capacity * headDim
    const filled = this.length * headDim
    const move = (from: Float32Array) => {
      const reused = this.#spare.pop()
      const to = reused?.length === size ? reused : new Float32Array(size)
      for (const [row, parent] of parents.entries()) {
        for (let head = 0; head < heads; head++) {
          const source = (parent * heads + head) * this.capacity * headDim
          const target = (row * heads + head) * capacity * headDim
          to.set(from.subarray(source, source + filled), target)
        }
      }
      return to
    }
    const old = [...this.keys, ...this.values]
    this.keys = this.keys.map(move)
    this.values = this.values.map(move)
    this.#spare = old
  }
}
