/**
 * The bytes that each id of a vocabulary stands for, read from tokenizer.json.
 *
 * Stop strings are matched as bytes, because a token may end inside a UTF-8 character.
 */

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { ConfigError } from '../../config/errors.ts'
import { byteToken } from './sentence-bpe.ts'
import { WORD_MARK } from './unigram.ts'

const tokenizerSchema = z.object({
  model: z.object({
    vocab: z.union([
      z.record(z.string(), z.int()),
      z.array(z.tuple([z.string(), z.number()])), // Unigram: the id of a piece is its place
    ]),
    byte_fallback: z.boolean().optional(),
  }),
  added_tokens: z.array(z.object({ id: z.int(), content: z.string() })).default([]),
})

export type Vocabulary = {
  /** The bytes of an id, uint8 [length]; null for an id without a token. */
  readonly bytesOf: (id: number) => Uint8Array | null
}

/** Reads the `tokenizer.json` of a folder. @throws {ConfigError} if it has no vocabulary. */
export async function readVocabulary(folder: string): Promise<Vocabulary> {
  const file = path.join(folder, 'tokenizer.json')
  const result = tokenizerSchema.safeParse(JSON.parse(await readFile(file, 'utf8')))
  if (!result.success) {
    throw new ConfigError([`${file} is not a tokenizer with a vocabulary.`])
  }
  const { model, added_tokens: added } = result.data
  const { vocab } = model
  const pieces = Array.isArray(vocab)
    ? vocab.map(([piece], id) => [piece, id] as const)
    : Object.entries(vocab)
  const isMarked = Array.isArray(vocab) || model.byte_fallback === true
  const tokens = new Map(
    pieces.map(([piece, id]) => [id, isMarked ? piece.replaceAll(WORD_MARK, ' ') : piece]),
  )
  for (const { id, content } of added) {
    tokens.set(id, content)
  }
  const characters = isMarked ? new Map<string, number>() : byteOfCharacter()
  const singles = new Map(Array.from({ length: 256 }, (_, byte) => [byteToken(byte), byte]))
  return {
    bytesOf: (id) => {
      const token = tokens.get(id)
      const single = model.byte_fallback === true ? singles.get(token ?? '') : undefined
      if (single !== undefined) {
        return Uint8Array.of(single)
      }
      return token === undefined ? null : toBytes(token, characters)
    },
  }
}

/** The bytes of a token; an added token or a Unigram piece is plain text, whose bytes are its UTF-8. */
function toBytes(token: string, characters: ReadonlyMap<string, number>): Uint8Array {
  const bytes = Array.from(token, (character) => characters.get(character))
  return bytes.every((byte) => byte !== undefined)
    ? Uint8Array.from(bytes)
    : new TextEncoder().encode(token)
}

/**
 * Maps each character of a byte-level vocabulary to its byte.
 *
 * Source: openai/gpt-2, src/encoder.py, `bytes_to_unicode`: printable Latin-1 stands for itself,
 * the other bytes for the characters from U+0100 on.
 */
function byteOfCharacter(): Map<string, number> {
  const characters = new Map<string, number>()
  let next = 0x100
  for (let byte = 0; byte < 256; byte++) {
    const printable =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae
    characters.set(String.fromCodePoint(printable ? byte : next++), byte)
  }
  return characters
}
