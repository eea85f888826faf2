/** The model that compares pictures with texts helps to judge a description. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import sharp from 'sharp'
import { findModel } from '../../../config/models.ts'
import { InputError } from '../../../config/errors.ts'
import type { Model } from '../../../inference/contract/types.ts'
import { decliningWords, withMatchJudged } from '../../../inference/domain/matched.ts'
import { openModel } from '../../../inference/model.ts'

const ROOT = path.join(import.meta.dirname, '../../..')
/** A flag, which the demo takes for a drawing. */
const FLAG = `<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200"><rect width="100" height="200" fill="#0033a0"/><rect x="100" width="100" height="200" fill="#ffffff"/><rect x="200" width="100" height="200" fill="#007a3d"/></svg>`

const failing = (code: 'queue/full' | 'image/gone') => () => Promise.reject(new InputError(code))

describe('a description beside a matcher', () => {
  let flag: Buffer
  let alone: Model
  let beside: Model

  before(async () => {
    flag = await sharp(Buffer.from(FLAG)).png().toBuffer()
    alone = await openModel(findModel('demo'), { threads: 1 })
    beside = await openModel(findModel('demo'), { threads: 1, matcher: findModel('demo-match') })
  })
  after(async () => {
    await alone.close()
    await beside.close()
  })

  it('is outside of the domain where the words fit with which the model declines', async () => {
    assert.equal((await alone.describe(flag)).judgment.verdict, 'inside')
    const { text, judgment } = await beside.describe(flag)
    assert.equal(judgment.verdict, 'outside')
    assert.equal(text, (await alone.describe(flag)).text)
  })

  it('stays inside for a drawing', async () => {
    const scene = readFileSync(path.join(ROOT, 'docs/scene.png'))
    assert.equal((await beside.describe(scene)).judgment.verdict, 'inside')
  })

  it('stays as it is where the match cannot be told; other errors are passed on', async () => {
    const answer = await alone.describe(flag)
    assert.equal(await withMatchJudged(answer, failing('queue/full')), answer)
    await assert.rejects(withMatchJudged(answer, failing('image/gone')), { code: 'image/gone' })
    const outside = await beside.describe(flag)
    assert.equal(await withMatchJudged(outside, assert.fail), outside)
  })
})

describe('decliningWords', () => {
  const knows = { en: 'drawings', zh: '画' }

  it('are those of a model whose matcher knows the same pictures', () => {
    const card = { domain: { knows, declined: 'no idea' } }
    assert.equal(decliningWords(card, { domain: { knows: { ...knows } } }), 'no idea')
    assert.equal(decliningWords(card, { domain: { knows: { ...knows, en: 'maps' } } }), undefined)
    assert.equal(decliningWords(card, {}), undefined)
    assert.equal(decliningWords(card, null), undefined)
  })
})
