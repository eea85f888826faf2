import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { writeSyntheticCheckpoint } from '../../../bench/synthetic/checkpoint.ts'
import { CHAT_MODELS, SIZES } from '../../../bench/synthetic/chat-sizes.ts'
import { convertCheckpoint } from '../../../inference/convert/convert.ts'

describe('a synthetic checkpoint of a chat model', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'synthetic-'))
  after(() => rmSync(folder, { recursive: true }))

  for (const model of CHAT_MODELS) {
    it(`converts, with the sizes of ${model}`, async () => {
      const from = path.join(folder, model)
      writeSyntheticCheckpoint(from, { model, dtype: 'F16', layers: 2 })
      const { dimensions } = await convertCheckpoint(from, path.join(folder, `${model}-int4`), {
        precision: 'int4',
        name: model,
        source: null,
      })
      const { tower, language } = SIZES[model]
      assert.partialDeepStrictEqual(dimensions, {
        imageSize: tower.imageSize,
        layers: 2,
        hiddenSize: language.hidden,
        kvHeads: language.kvHeads,
        vocabSize: language.vocab,
      })
    })
  }
})
