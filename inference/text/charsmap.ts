/**
 * The normalization of SentencePiece: a table of what characters, or several together, become.
 *
 * The table is a trie in a double array over UTF-8 bytes, and the texts that its leaves stand for,
 * each ended by a zero. Every lookup takes at most the few bytes of one character with its marks.
 *
 * Sources: huggingface/tokenizers, src/normalizers/precompiled.rs; huggingface/spm_precompiled,
 * src/lib.rs, `Precompiled` and `DoubleArray`.
 */

/** Longest character with its marks, in bytes, that is looked up as a whole. */
const MAX_WHOLE_BYTES = 5

const LABEL_MASK = 0x80_00_00_ff
const VALUE_MASK = 0x7f_ff_ff_ff
const HAS_LEAF = 0x1_00
const WIDE_OFFSET = 0x2_00

export class Charsmap {
  readonly #trie: Uint32Array
  readonly #texts: Uint8Array
  readonly #characters = new Intl.Segmenter('en', { granularity: 'grapheme' })
  readonly #encoder = new TextEncoder()
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })

  /** @param base64 as in tokenizer.json. @throws {RangeError} if it is not such a table. */
  constructor(base64: string) {
    const bytes = Buffer.from(base64, 'base64')
    const size = bytes.length < 4 ? -1 : bytes.readUInt32LE(0)
    if (size < 4 || size % 4 !== 0 || size > bytes.length - 4) {
      throw new RangeError('expected a table of characters')
    }
    this.#trie = new Uint32Array(size / 4)
    for (let i = 0; i < this.#trie.length; i++) {
      this.#trie[i] = bytes.readUInt32LE(4 + 4 * i)
    }
    this.#texts = new Uint8Array(bytes.subarray(4 + size))
  }

  normalize(text: string): string {
    let out = ''
    for (const { segment } of this.#characters.segment(text)) {
      const bytes = this.#encoder.encode(segment)
      const whole = bytes.length <= MAX_WHOLE_BYTES ? this.#lookUp(bytes) : null
      out += whole ?? this.#oneByOne(segment)
    }
    return out
  }

  #oneByOne(segment: string): string {
    return Array.from(
      segment,
      (character) => this.#lookUp(this.#encoder.encode(character)) ?? character,
    ).join('')
  }

  /** What the shortest known beginning becomes; null if none is known. */
  #lookUp(key: Uint8Array): string | null {
    let place = offset(this.#unit(0))
    for (const byte of key) {
      if (byte === 0) {
        return null
      }
      place = (place ^ byte) >>> 0
      const unit = this.#unit(place)
      if ((unit & LABEL_MASK) >>> 0 !== byte) {
        return null
      }
      place = (place ^ offset(unit)) >>> 0
      if ((unit & HAS_LEAF) !== 0) {
        return this.#textAt(this.#unit(place) & VALUE_MASK)
      }
    }
    return null
  }

  /** 0 beyond the table, which matches no byte. */
  #unit(place: number): number {
    return this.#trie[place] ?? 0
  }

  #textAt(start: number): string {
    const end = this.#texts.indexOf(0, start)
    return this.#decoder.decode(this.#texts.subarray(start, end < 0 ? this.#texts.length : end))
  }
}

function offset(unit: number): number {
  return ((unit >>> 10) << ((unit & WIDE_OFFSET) >>> 6)) >>> 0
}
