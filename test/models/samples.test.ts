/** The demo model describes each sample picture of the loopback page as it was drawn. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { photographFiles } from '../../bench/quality/domain-pictures.ts'
import { captionStatements } from '../../bench/quality/demo-scenes.ts'
import { findModel } from '../../config/models.ts'
import { openModel } from '../../inference/model.ts'
import type { Model } from '../../inference/contract/types.ts'

const SAMPLES = path.join(import.meta.dirname, '..', '..', 'sandbox', 'samples')

type Sample = { readonly file: string; readonly en: string }

const samples: readonly Sample[] = JSON.parse(
  readFileSync(path.join(SAMPLES, 'samples.json'), 'utf8'),
)

describe('the sample pictures', () => {
  let model: Model

  before(async () => {
    model = await openModel(findModel('demo'))
  })

  after(() => model.close())

  it('are twelve', () => {
    assert.equal(samples.length, 12)
  })

  for (const { file, en } of samples) {
    it(`has ${file} described with count, size, color, shape, place and background`, async () => {
      const bytes = new Uint8Array(readFileSync(path.join(SAMPLES, file)))
      const { text, judgment } = await model.describe(bytes)
      assert.equal(judgment.verdict, 'inside')
      assert.deepEqual(captionStatements(text), captionStatements(en))
    })
  }

  for (const file of photographFiles()) {
    it(`are not like ${path.basename(file)}, which is outside of the domain`, async () => {
      const { judgment } = await model.describe(new Uint8Array(readFileSync(file)))
      assert.equal(judgment.verdict, 'outside')
    })
  }
})
