import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { convertCheckpoint, estimatePackageBytes } from '../../../inference/convert/convert.ts'
import type { CheckpointName } from '../../helpers/parity-names.ts'
import { checkpointFolder } from '../../helpers/parity.ts'
import { giveEachTestACheckpoint, OPTIONS, out } from '../../helpers/own-checkpoint.ts'

giveEachTestACheckpoint()

/** Each kind of checkpoint: what its card says, and the files of its package besides weights. */
const KINDS: readonly [CheckpointName, object, readonly string[]][] = [
  ['base', { family: 'blip2', tasks: ['text'], question: 'Question: {question} Answer:' }, []],
  [
    't5-blocks',
    { family: 'blip2', tasks: ['text'], question: 'Question: {question} Short answer:' },
    [],
  ],
  [
    'instruct-blocks',
    { family: 'instructblip', tasks: ['text'], question: 'Question: {question} Short answer:' },
    ['instruction-tokenizer.json'],
  ],
  [
    'instruct-llama',
    { family: 'instructblip', tasks: ['text'], question: 'Question: {question} Short answer:' },
    ['instruction-tokenizer.json'],
  ],
  ['llava-blocks', { family: 'llava', tasks: ['text'], question: undefined }, []],
  ['onevision-blocks', { family: 'llava-onevision', tasks: ['text'], question: undefined }, []],
  ['idefics-blocks', { family: 'idefics', tasks: ['text'], question: undefined }, []],
  ['smolvlm-blocks', { family: 'smolvlm', tasks: ['text'], question: undefined }, []],
  ['itm-blocks', { family: 'blip2-itm', tasks: ['match'], question: undefined }, []],
]

/** Tokenizers are written as transformers reads them, which changes their size a little. */
const TOKENIZER_CHANGE = 2048

describe('a package', () => {
  for (const [name, expected, tokenizers] of KINDS) {
    it(`has a card, tokenizers and the size that was estimated: ${name}`, async () => {
      const from = checkpointFolder(name)
      const estimate = estimatePackageBytes(from, 'int8')
      const card = await convertCheckpoint(from, out, { ...OPTIONS, precision: 'int8' })
      const { family, tasks, prompts } = card
      const question = 'question' in prompts ? prompts.question : undefined
      assert.deepEqual({ family, tasks, question }, expected)
      const names = Object.keys(card.files)
      const own = names.filter((file) => file.endsWith('.json')).toSorted()
      assert.deepEqual(own, [...tokenizers, 'tokenizer.json'])
      const size = names.reduce((sum, file) => sum + statSync(path.join(out, file)).size, 0)
      assert.ok(Math.abs(size - estimate) < TOKENIZER_CHANGE, `${size} instead of ${estimate}`)
      const written: unknown = JSON.parse(readFileSync(path.join(out, 'model.json'), 'utf8'))
      assert.deepEqual(written, card)
    })
  }
})
