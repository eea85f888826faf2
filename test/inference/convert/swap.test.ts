/**
 * Checkpoints composed of two: the vision tower and the Q-Former of one, the language model of the
 * other. The parts compute what they did, and parts that do not fit are refused by name.
 */

import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { ConfigError } from '../../../config/errors.ts'
import { convertCheckpoint } from '../../../inference/convert/convert.ts'
import { openModel } from '../../../inference/model.ts'
import type { ParityName } from '../../helpers/parity-names.ts'
import {
  checkpointFolder,
  FIXTURES,
  loadParity,
  relativeError,
  tensorOf,
} from '../../helpers/parity.ts'
import { openTestRunner } from '../../helpers/runners.ts'
import { readTensors, writeTensors } from '../../helpers/safetensors.ts'

const TOLERANCE = 1e-4
const SEEN = ['vision_config', 'qformer_config', 'num_query_tokens'] as const
const TOKENIZER_FILES = ['tokenizer.json', 'tokenizer_config.json'] as const

const folder = mkdtempSync(path.join(tmpdir(), 'swap-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function configOf(name: ParityName): Record<string, unknown> {
  return JSON.parse(readFileSync(path.join(checkpointFolder(name), 'config.json'), 'utf8'))
}

function isLanguage([name]: [string, unknown]): boolean {
  return name.startsWith('language_model.')
}

/** A BLIP-2 that sees as one checkpoint and speaks as another. @returns its folder. */
function compose(sees: ParityName, speaks: ParityName): string {
  const out = path.join(folder, `${sees}+${speaks}`)
  mkdirSync(out)
  cpSync(
    path.join(checkpointFolder(sees), 'processor_config.json'),
    path.join(out, 'processor_config.json'),
  )
  for (const file of TOKENIZER_FILES) {
    cpSync(path.join(checkpointFolder(speaks), file), path.join(out, file))
  }
  const seeing = configOf(sees)
  const { architectures, model_type } = seeing
  const config = { ...configOf(speaks), architectures, model_type }
  for (const key of SEEN) {
    Object.assign(config, { [key]: seeing[key] })
  }
  writeFileSync(path.join(out, 'config.json'), JSON.stringify(config))
  const tensors = Object.fromEntries([
    ...Object.entries(readTensors(checkpointFolder(sees))).filter((one) => !isLanguage(one)),
    ...Object.entries(readTensors(checkpointFolder(speaks))).filter(isLanguage),
  ])
  writeTensors(path.join(out, 'model.safetensors'), tensors)
  return out
}

function convert(from: string): Promise<unknown> {
  const options = { precision: 'fp32', name: path.basename(from), source: null } as const
  return convertCheckpoint(from, `${from}.package`, options)
}

describe('one vision tower and Q-Former', () => {
  for (const [speaks, language] of [
    ['projected-pre-norm', 'opt'],
    ['t5-gated', 't5'],
    ['instruct-llama', 'llama'],
  ] as const) {
    it(`speaks with another language model: ${speaks}`, async () => {
      const from = compose('base', speaks)
      await convert(from)
      const seen = loadParity('base')
      const spoken = loadParity(speaks)
      const runner = await openTestRunner(`${from}.package`)
      try {
        assert.equal('language' in runner.card && runner.card.language, language)
        const picture = readFileSync(path.join(FIXTURES, seen.image))
        const [features] = await runner.images.encode([await runner.images.preprocess(picture)])
        const embeds = tensorOf(seen, 'image_embeds').data
        assert.ok(relativeError(features!.data, embeds) < TOLERANCE)
        if (language !== 'opt') {
          // Another width of embeddings cuts the same projection into other tokens.
          const [tokens] = await runner.images.bridge!.run([features!])
          assert.ok(relativeError(tokens!.data, tensorOf(seen, 'image_tokens').data) < TOLERANCE)
        }
        const { data, shape } = tensorOf(spoken, 'image_tokens')
        const image = { key: 'image', tokens: { data, shape: [shape[1]!, shape[2]!] as const } }
        const prepared = runner.decoder.prepare({ kind: 'raw', text: '' }, 1, 1)
        const cache = runner.decoder.createCache()
        const logits = await runner.decoder.prefill(cache, prepared.layOut([image]).segments)
        cache.dispose()
        const expected = tensorOf(spoken, 'logits.caption.steps').data.subarray(0, spoken.vocabSize)
        assert.ok(relativeError(logits, expected) < TOLERANCE)
      } finally {
        await runner.close()
      }
      const model = await openModel(`${from}.package`, { threads: 1 })
      try {
        const picture = readFileSync(path.join(FIXTURES, seen.image))
        const options = { prompt: '', beams: 3, minNewTokens: 4, maxNewTokens: 4 }
        assert.equal((await model.describe(picture, options)).tokenIds.length, 4)
      } finally {
        await model.close()
      }
    })
  }

  it('is refused by name where the widths differ', async () => {
    for (const [sees, speaks, ...sentences] of [
      [
        'base',
        't5-odd-sizes',
        /language_projection\.weight is \[32, 24\] where config\.json makes it \[30, 24\]/,
        /language_projection\.bias is \[32\] where config\.json makes it \[30\]/,
      ],
      [
        'odd-sizes',
        't5-gated',
        /language_projection\.weight is \[30, 21\] where config\.json makes it \[32, 21\]/,
        /language_projection\.bias is \[30\]/,
      ],
    ] as const) {
      await assert.rejects(convert(compose(sees, speaks)), (error) => {
        assert.ok(error instanceof ConfigError)
        assert.equal(error.problems.length, sentences.length, error.message)
        for (const sentence of sentences) {
          assert.match(error.message, sentence)
        }
        return true
      })
    }
  })
})
