/**
 * Reads the description of tensors that torch.save pickles (`data.pkl`). A pickle is a program that
 * can call any function; this reader knows only what describes tensors, calls nothing, and refuses
 * everything else by name.
 *
 * Every instruction takes constant time or time linear in its bytes, and values are shared, not
 * copied, so that time and memory are linear in the length of the pickle.
 *
 * Source: python/cpython 3.14, Lib/pickle.py.
 */

import {
  call,
  global,
  isKind,
  MARK,
  PickleError,
  type PickledTensor,
  storageOf,
  type Value,
} from './pickled-values.ts'

/** The longest integer, in bytes; a longer one is no count of elements. */
const MAX_INTEGER_BYTES = 8

/**
 * The tensors of a pickled dictionary, by name. Other values in it are left out.
 *
 * @throws {PickleError}
 */
export function unpickleTensors(bytes: Buffer): ReadonlyMap<string, PickledTensor> {
  const result = new Unpickler(bytes).run()
  if (!(result instanceof Map)) {
    throw new PickleError('holds no dictionary of tensors')
  }
  const tensors = new Map<string, PickledTensor>()
  for (const [name, value] of result) {
    if (typeof name === 'string' && isKind(value, 'tensor')) {
      tensors.set(name, value)
    }
  }
  return tensors
}

class Unpickler {
  readonly #bytes: Buffer
  #at = 0
  readonly #stack: Value[] = []
  readonly #memo = new Map<number, Value>()

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  run(): Value {
    for (;;) {
      const code = this.#take(1).readUInt8()
      if (code === 0x2e) {
        return this.#pop() // STOP
      }
      this.#step(code)
    }
  }

  /** One instruction; the names are those of pickle.py. */
  #step(code: number): void {
    const stack = this.#stack
    switch (code) {
      case 0x80: // PROTO
        this.#take(1)
        break
      case 0x95: // FRAME
        this.#take(8)
        break
      case 0x28: // MARK
        stack.push(MARK)
        break
      case 0x4e: // NONE
        stack.push(null)
        break
      case 0x88: // NEWTRUE
      case 0x89: // NEWFALSE
        stack.push(code === 0x88)
        break
      case 0x4b: // BININT1
        stack.push(this.#take(1).readUInt8())
        break
      case 0x4d: // BININT2
        stack.push(this.#take(2).readUInt16LE())
        break
      case 0x4a: // BININT
        stack.push(this.#take(4).readInt32LE())
        break
      case 0x8a: // LONG1
        stack.push(this.#integer(this.#take(1).readUInt8()))
        break
      case 0x47: // BINFLOAT
        stack.push(this.#take(8).readDoubleBE())
        break
      case 0x58: // BINUNICODE
        stack.push(this.#take(this.#take(4).readUInt32LE()).toString('utf8'))
        break
      case 0x8c: // SHORT_BINUNICODE
        stack.push(this.#take(this.#take(1).readUInt8()).toString('utf8'))
        break
      default:
        this.#stepOfContainers(code)
    }
  }

  #stepOfContainers(code: number): void {
    const stack = this.#stack
    switch (code) {
      case 0x29: // EMPTY_TUPLE
      case 0x5d: // EMPTY_LIST
        stack.push([])
        break
      case 0x7d: // EMPTY_DICT
        stack.push(new Map<unknown, Value>())
        break
      case 0x74: // TUPLE
        stack.push(this.#popToMark())
        break
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        stack.push(this.#popMany(code - 0x84))
        break
      case 0x73: // SETITEM
        this.#setItems(this.#popMany(2))
        break
      case 0x75: // SETITEMS
        this.#setItems(this.#popToMark())
        break
      case 0x61: // APPEND
        this.#append(this.#popMany(1))
        break
      case 0x65: // APPENDS
        this.#append(this.#popToMark())
        break
      default:
        this.#stepOfMemo(code)
    }
  }

  #stepOfMemo(code: number): void {
    switch (code) {
      case 0x71: // BINPUT
        this.#memo.set(this.#take(1).readUInt8(), this.#top())
        break
      case 0x72: // LONG_BINPUT
        this.#memo.set(this.#take(4).readUInt32LE(), this.#top())
        break
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top())
        break
      case 0x68: // BINGET
        this.#recall(this.#take(1).readUInt8())
        break
      case 0x6a: // LONG_BINGET
        this.#recall(this.#take(4).readUInt32LE())
        break
      case 0x63: // GLOBAL
        this.#stack.push(global(`${this.#line()}.${this.#line()}`))
        break
      case 0x51: // BINPERSID
        this.#stack.push(storageOf(this.#pop()))
        break
      case 0x52: // REDUCE
        this.#reduce()
        break
      case 0x62: // BUILD: attributes of a dictionary, such as `_metadata`
        this.#pop()
        if (!(this.#top() instanceof Map)) {
          throw new PickleError('sets attributes of something that is not a dictionary')
        }
        break
      default:
        throw new PickleError(`has the instruction 0x${code.toString(16)}, which no tensor needs`)
    }
  }

  #reduce(): void {
    const args = this.#pop()
    const callee = this.#pop()
    if (!isKind(callee, 'global') || !Array.isArray(args)) {
      throw new PickleError('calls something that is not a function')
    }
    this.#stack.push(call(callee.name, args))
  }

  #take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) {
      throw new PickleError('is truncated')
    }
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at)
    if (end < 0) {
      throw new PickleError('is truncated')
    }
    const line = this.#take(end - this.#at).toString('utf8')
    this.#take(1)
    return line
  }

  /** A little-endian integer in two's complement. */
  #integer(length: number): number {
    if (length > MAX_INTEGER_BYTES) {
      throw new PickleError(`has an integer of ${length} bytes`)
    }
    const bytes = this.#take(length)
    const padded = Buffer.alloc(MAX_INTEGER_BYTES, (bytes.at(-1) ?? 0) & 0x80 ? 0xff : 0)
    bytes.copy(padded)
    return Number(padded.readBigInt64LE())
  }

  #top(): Value {
    const value = this.#stack.at(-1)
    if (value === undefined) {
      throw new PickleError('takes a value where there is none')
    }
    return value
  }

  #pop(): Value {
    const value = this.#top()
    this.#stack.pop()
    return value
  }

  #popMany(count: number): Value[] {
    if (this.#stack.length < count) {
      throw new PickleError('takes a value where there is none')
    }
    return this.#stack.splice(this.#stack.length - count)
  }

  #popToMark(): Value[] {
    const mark = this.#stack.lastIndexOf(MARK)
    if (mark < 0) {
      throw new PickleError('ends something that did not begin')
    }
    const values = this.#stack.splice(mark + 1)
    this.#stack.pop()
    return values
  }

  #setItems(items: readonly Value[]): void {
    const dictionary = this.#top()
    if (!(dictionary instanceof Map)) {
      throw new PickleError('puts an item into something that is not a dictionary')
    }
    for (let i = 0; i + 1 < items.length; i += 2) {
      dictionary.set(items[i], items[i + 1]!)
    }
  }

  #append(items: readonly Value[]): void {
    const list = this.#top()
    if (!Array.isArray(list)) {
      throw new PickleError('adds to something that is not a list')
    }
    for (const item of items) {
      list.push(item)
    }
  }

  #recall(key: number): void {
    const value = this.#memo.get(key)
    if (value === undefined) {
      throw new PickleError('recalls a value that was not kept')
    }
    this.#stack.push(value)
  }
}
