/**
 * Llama's tokenization: byte-pair merges over a whole text, not word by word. Spaces are "▁", a first
 * one is put before a text that has none, and a character without a token is its UTF-8 bytes.
 *
 * Source: huggingface/tokenizers, tokenizers/src/models/bpe/{model,word}.rs, pre_tokenizers/metaspace.rs
 * and decoders/byte_fallback.rs.
 */

import type { TextModel } from './text-model.ts'
import type { PrependScheme, SentenceModel, TokenizerFile } from './tokenizer-schema.ts'
import { WORD_MARK } from './unigram.ts'

/** Two ids make a key: `left * MAX_IDS + right`. */
const MAX_IDS = 2 ** 24

/** The token of one byte. */
const BYTE = /^<0x([0-9A-F]{2})>$/

type Merge = { readonly rank: number; readonly id: number }

/** Two neighbors that may be merged, as they were when this was found. */
type Candidate = Merge & { readonly at: number; readonly left: number; readonly right: number }

export class SentenceBpe implements TextModel {
  readonly #ids: ReadonlyMap<string, number>
  readonly #pieces: ReadonlyMap<number, string>
  readonly #merges = new Map<number, Merge>()
  readonly #unknown: number | null
  readonly #scheme: PrependScheme
  readonly #strips: boolean

  constructor(
    { added_tokens: added, decoder }: TokenizerFile,
    model: SentenceModel,
    scheme: PrependScheme,
  ) {
    const tokens = Object.entries(model.vocab)
    this.#ids = new Map(tokens)
    this.#pieces = new Map([
      ...tokens.map(([piece, id]) => [id, piece] as const),
      ...added.map(({ content, id }) => [id, content] as const),
    ])
    for (const [rank, merge] of model.merges.entries()) {
      const [left = '', right = ''] = typeof merge === 'string' ? merge.split(' ') : merge
      const id = this.#ids.get(left + right)
      const pair = [this.#ids.get(left), this.#ids.get(right)] as const
      if (id === undefined || pair[0] === undefined || pair[1] === undefined) {
        throw new TypeError(`a merge has no token: ${left} ${right}`)
      }
      this.#merges.set(pair[0] * MAX_IDS + pair[1], { rank, id })
    }
    const { unk_token: unknown } = model
    this.#unknown = (unknown == null ? undefined : this.#ids.get(unknown)) ?? null
    this.#scheme = scheme
    this.#strips = JSON.stringify(decoder).includes('"Strip"')
  }

  encode(text: string, beginsText = true): number[] {
    const marked = text.replaceAll(' ', WORD_MARK)
    const prefix = this.#isPrefixed(marked, beginsText) ? WORD_MARK : ''
    return this.#merge(this.#characters(prefix + marked))
  }

  #isPrefixed(marked: string, beginsText: boolean): boolean {
    if (this.#scheme === 'twice') {
      return marked !== ''
    }
    return (beginsText || this.#scheme === 'always') && !marked.startsWith(WORD_MARK)
  }

  /** Unknown characters in a row are one unknown id. */
  #characters(text: string): number[] {
    const ids: number[] = []
    for (const character of text) {
      const id = this.#ids.get(character)
      const bytes = id === undefined ? this.#bytesOf(character) : [id]
      if (bytes !== null) {
        ids.push(...bytes)
      } else if (this.#unknown !== null && ids.at(-1) !== this.#unknown) {
        ids.push(this.#unknown)
      }
    }
    return ids
  }

  #bytesOf(character: string): number[] | null {
    const bytes = new TextEncoder().encode(character)
    const ids = Array.from(bytes, (byte) => this.#ids.get(byteToken(byte)))
    return ids.every((id) => id !== undefined) ? ids : null
  }

  /** Merges the pair of the lowest rank, and of these the first, until none is left. */
  #merge(ids: number[]): number[] {
    const next = ids.map((_, i) => i + 1)
    const previous = ids.map((_, i) => i - 1)
    const gone = -1
    const queue = new Heap<Candidate>(
      (a, b) => a.rank < b.rank || (a.rank === b.rank && a.at < b.at),
    )
    const consider = (at: number) => {
      const after = at < 0 ? ids.length : next[at]!
      const merge =
        after < ids.length ? this.#merges.get(ids[at]! * MAX_IDS + ids[after]!) : undefined
      if (merge !== undefined) {
        queue.push({ ...merge, at, left: ids[at]!, right: ids[after]! })
      }
    }
    ids.forEach((_, at) => consider(at))
    for (let best = queue.pop(); best !== undefined; best = queue.pop()) {
      const { at, left, right, id } = best
      const after = next[at]!
      if (ids[at] === left && after < ids.length && ids[after] === right) {
        ids[at] = id
        ids[after] = gone
        const following = next[after]!
        next[at] = following
        if (following < ids.length) {
          previous[following] = at
        }
        consider(previous[at]!)
        consider(at)
      }
    }
    return ids.filter((id) => id !== gone)
  }

  decode(ids: readonly number[]): string {
    let text = ''
    let bytes: number[] = []
    const flush = () => {
      text += decodeBytes(bytes)
      bytes = []
    }
    for (const id of ids) {
      const piece = this.#pieces.get(id) ?? ''
      const byte = BYTE.exec(piece)?.[1]
      if (byte === undefined) {
        flush()
        text += piece.replaceAll(WORD_MARK, ' ')
      } else {
        bytes.push(Number.parseInt(byte, 16))
      }
    }
    flush()
    return this.#strips && text.startsWith(' ') ? text.slice(1) : text
  }

  has(id: number): boolean {
    return this.#pieces.has(id)
  }
}

export function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`
}

/** The text of bytes; of those that are not UTF-8 together, U+FFFD for each. */
function decodeBytes(bytes: readonly number[]): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes))
  } catch {
    return '\uFFFD'.repeat(bytes.length)
  }
}

/** Gives the least of its items first. */
class Heap<Item> {
  readonly #items: Item[] = []
  readonly #before: (a: Item, b: Item) => boolean

  constructor(before: (a: Item, b: Item) => boolean) {
    this.#before = before
  }

  push(item: Item): void {
    const items = this.#items
    let at = items.push(item) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#before(items[at]!, items[parent]!)) {
        return
      }
      ;[items[at], items[parent]] = [items[parent]!, items[at]!]
      at = parent
    }
  }

  pop(): Item | undefined {
    const items = this.#items
    const [least] = items
    const last = items.pop()
    if (items.length > 0 && last !== undefined) {
      items[0] = last
      this.#sink()
    }
    return least
  }

  #sink(): void {
    const items = this.#items
    let at = 0
    for (;;) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      let least = left < items.length && this.#before(items[left]!, items[at]!) ? left : at
      if (right < items.length && this.#before(items[right]!, items[least]!)) {
        least = right
      }
      if (least === at) {
        return
      }
      ;[items[at], items[least]] = [items[least]!, items[at]!]
      at = least
    }
  }
}
