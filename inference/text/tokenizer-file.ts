/** Reads and checks a `tokenizer.json`. */

import { ConfigError } from '../../config/errors.ts'
import { KINDS, type TokenizerFile, typeSchema } from './tokenizer-schema.ts'
import { problemOf } from './tokenizer-steps.ts'

/**
 * Parses the text of a `tokenizer.json`.
 *
 * @param name of the file, for the errors.
 * @throws {ConfigError} naming the part that is broken or not supported.
 */
export function parseTokenizerFile(text: string, name: string): TokenizerFile {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new ConfigError([`${name} is not JSON.`], { cause })
  }
  const { type = 'BPE', byte_fallback: fallback } = typeSchema.safeParse(json).data?.model ?? {}
  const { schema, title } = KINDS[type === 'BPE' && fallback === true ? 'sentence' : type]
  const { data: file, error } = schema.safeParse(json)
  if (error) {
    const where = error.issues[0]?.path.join('.') ?? ''
    throw new ConfigError([
      `${name} is not a ${title} tokenizer (${where} is not as it should be).`,
    ])
  }
  if (Object.keys(file.model.vocab).length === 0) {
    throw new ConfigError([`${name} has an empty vocabulary.`])
  }
  const problem = problemOf(file)
  if (problem !== null) {
    throw new ConfigError([
      `${name} has ${problem}, which is not supported: it could take any time, or give other tokens.`,
    ])
  }
  return file
}
