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
  /** Positions filled, of each row. */
  lengths: number[] = [0]
  /** Positions there is room for in every row. */
  capacity = 0
  /** One array a layer, float32, [room, heads, capacity, headDim]; past a row's length anything. */
  keys: Float32Array[]
  values: Float32Array[]
  readonly shape: KvShape
  /** Rows the arrays have room for; at least `rows`. */
  #room = 1
  /** Positions at the start that are the same in every row: those from when there was one row. */
  #shared = 0
  /** Holds the rows that reordering moves; float32. */
  #scratch = new Float32Array(0)

  constructor(shape: KvShape) {
    this.shape = shape
    this.keys = Array.from({ length: shape.layers }, () => new Float32Array(0))
    this.values = Array.from({ length: shape.layers }, () => new Float32Array(0))
  }

  /** Sequences. */
  get rows(): number {
    return this.lengths.length
  }

  /** Positions filled, of the longest row. */
  get length(): number {
    return Math.max(...this.lengths)
  }

  /** Memory taken, in bytes. */
  get bytes(): number {
    return 2 * this.shape.layers * 4 * this.#room * this.#rowSize(this.capacity)
  }

  /** The part of an array that the rows fill; float32, [rows, heads, capacity, headDim]. */
  filledRows(array: Float32Array): Float32Array {
    return array.subarray(0, this.rows * this.#rowSize(this.capacity))
  }

  /** Makes room for at least `length` positions. */
  reserve(length: number): void {
    if (length <= this.capacity) {
      return
    }
    const capacity = Math.ceil(length / CAPACITY_STEP) * CAPACITY_STEP
    this.#copy([...this.lengths.keys()], capacity, this.#room)
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
          const place = (row * heads + head) * this.capacity + this.lengths[row]! + position
          into.set(fresh.subarray(from, from + headDim), place * headDim)
          from += headDim
        }
      }
    }
  }

  /** Counts the rows scattered into every layer as filled. */
  advance(count: number): void {
    this.lengths = this.lengths.map((length) => length + count)
  }

  /** Forgets what lies beyond the first `length` positions. */
  truncate(length: number): void {
    this.lengths = this.lengths.map((filled) => Math.min(filled, length))
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
    this.#copy(parents, this.capacity, parents.length)
  }

  /** Puts the one row of another cache behind the rows of this one. */
  append(other: KvCache): void {
    this.reserve(other.length)
    const row = this.rows
    if (row === this.#room) {
      this.#copy([...this.lengths.keys()], this.capacity, 2 * this.#room)
    }
    this.#shared = 0
    this.lengths.push(other.length)
    for (let layer = 0; layer < this.shape.layers; layer++) {
      this.#copyRow(other.keys[layer]!, other, 0, this.keys[layer]!, row)
      this.#copyRow(other.values[layer]!, other, 0, this.values[layer]!, row)
    }
  }

  /** Drops a row; the last one takes its place. */
  remove(row: number): void {
    const last = this.rows - 1
    if (row !== last) {
      for (const array of [...this.keys, ...this.values]) {
        this.#copyRow(array, this, last, array, row)
      }
      this.lengths[row] = this.lengths[last]!
    }
    this.lengths.pop()
    this.#shared = 0
  }

  /** A copy of the first positions of one row, all of them by default, with no room to spare. */
  copyOf(row: number, length: number = this.lengths[row]!): KvCache {
    const copy = new KvCache(this.shape)
    copy.lengths = [length]
    copy.capacity = length
    const fill = (array: Float32Array) => {
      const into = new Float32Array(this.#rowSize(length))
      copy.#copyRow(array, this, row, into, 0)
      return into
    }
    copy.keys = this.keys.map(fill)
    copy.values = this.values.map(fill)
    return copy
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
  #copy(parents: readonly number[], capacity: number, room: number): void {
    const lengths = parents.map((parent) => this.lengths[parent]!)
    const before = { capacity: this.capacity, lengths: this.lengths }
    this.capacity = capacity
    this.lengths = lengths
    this.#room = room
    const move = (from: Float32Array) => {
      const to = new Float32Array(room * this.#rowSize(capacity))
      for (const [row, parent] of parents.entries()) {
        this.#copyRow(from, before, parent, to, row)
      }
      return to
    }
    this.keys = this.keys.map(move)
    this.values = this.values.map(move)
  }

  /** Copies the filled positions of a row between arrays; into ones of this cache's capacity. */
  #copyRow(
    from: Float32Array,
    source: { readonly capacity: number; readonly lengths: readonly number[] },
    sourceRow: number,
    to: Float32Array,
    row: number,
  ): void {
    const { heads, headDim } = this.shape
    const filled = Math.min(source.lengths[sourceRow]!, this.capacity) * headDim
    for (let head = 0; head < heads; head++) {
      const start = (sourceRow * heads + head) * source.capacity * headDim
      const target = (row * heads + head) * this.capacity * headDim
      to.set(from.subarray(start, start + filled), target)
    }
  }

  /** Numbers of one row of one layer. */
  #rowSize(capacity: number): number {
    return this.shape.heads * capacity * this.shape.headDim
  }
}
