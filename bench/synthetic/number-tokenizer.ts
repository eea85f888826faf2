/** A byte-level BPE vocabulary of any size: the bytes, and words that are numbers. */

/** First id of the words: special tokens of the beginning, the bytes, and two line ends in one. */
const BYTES = 256
const DOUBLE_LINE_END = 'ĊĊ'

/**
 * @param size ids below it are those of words, but for the special ones.
 * @param special ids by text: those of the beginning are 0, 1, …; the others at `size` or above.
 * @returns what `tokenizer.json` says. " 12" is one token, made of " 1" and "2".
 */
export function numberTokenizer(size: number, special: Readonly<Record<string, number>>): object {
  const beginning = Object.values(special).filter((id) => id < size).length
  const letters = byteLetters()
  const first = beginning + BYTES + 1
  const words = Array.from({ length: size - first }, (_, i) => `Ġ${i + 1}`)
  const pieces = [...letters, DOUBLE_LINE_END, ...words]
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: Object.entries(special).map(([content, id]) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: {
      type: 'ByteLevel',
      add_prefix_space: false,
      trim_offsets: true,
      use_regex: true,
    },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      vocab: Object.fromEntries([
        ...Object.entries(special).filter(([, id]) => id < size),
        ...pieces.map((piece, i) => [piece, beginning + i] as const),
      ]),
      merges: [['Ċ', 'Ċ'], ...words.map((word) => [word.slice(0, -1), word.at(-1)!])],
    },
  }
}

/** The letter of each byte. Source: openai/gpt-2, src/encoder.py, bytes_to_unicode. */
function byteLetters(): string[] {
  let others = 0
  return Array.from({ length: BYTES }, (_, byte) =>
    String.fromCodePoint(isOwn(byte) ? byte : BYTES + others++),
  )
}

function isOwn(byte: number): boolean {
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
}
