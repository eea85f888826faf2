/** Tokenizers that transformers takes as they are written: Llama's in two forms, and Qwen2's. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { readTokenizer } from '../../../../inference/convert/tokenizers/tokenizer-files.ts'
import { parseTokenizer } from '../../../../inference/text/tokenizer.ts'
import { checkpointFolder, FIXTURES } from '../../../helpers/parity.ts'

const NAMES = ['llava-clip', 'llava-states', 'llava-odd-sizes'] as const

const recorded: {
  readonly texts: readonly string[]
  readonly ids: Readonly<Record<string, readonly (readonly number[])[]>>
} = JSON.parse(readFileSync(path.join(FIXTURES, 'llava-texts.json'), 'utf8'))

function open(name: (typeof NAMES)[number]) {
  const problems: string[] = []
  const ids = { vocabSize: 500, isLiteral: true }
  const text = readTokenizer(checkpointFolder(name), ids, problems)
  assert.deepEqual(problems, [])
  return parseTokenizer(text, 'tokenizer.json')
}

describe('a LLaVA’s tokenizer', () => {
  for (const name of NAMES) {
    it(`gives transformers' ids, special tokens included: ${name}`, () => {
      const tokenizer = open(name)
      for (const [i, text] of recorded.texts.entries()) {
        const ids = tokenizer.encode(text, { special: true, parseSpecial: true })
        assert.deepEqual(ids, recorded.ids[name]![i], JSON.stringify(text))
      }
    })

    it(`reads pieces as one text, and special tokens in formats only: ${name}`, () => {
      const tokenizer = open(name)
      const whole = tokenizer.encode('USER: <image>\nred star', {
        special: true,
        parseSpecial: true,
      })
      const pieces = [
        { text: 'USER: <image>\nre', isFormat: true },
        { text: 'd st', isFormat: false },
        { text: 'ar', isFormat: true },
      ]
      assert.deepEqual(tokenizer.encode(pieces, { special: true }), whole)
      const written = tokenizer.encode([{ text: '<image>', isFormat: false }], { special: false })
      assert.ok(written.length > 1)
    })
  }
})
