/** The model that compares pictures with texts helps to judge a description. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import sharp from 'sharp'
import { findModel } from '../../../config/models.ts'
import type { Model } from '../../../inference/contract/types.ts'
import { decliningWords } from '../../../inference/domain/declining-words.ts'
import { openModel } from '../../../inference/model.ts'

const ROOT = path.join(import.meta.dirname, '../../..')
/** A flag, which the demo takes for a drawing. */
const FLAG = `<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200"><rect width="100" height="200" fill="#0033a0"/><rect x="100" width="100" height="200" fill="#ffffff"/><rect x="200" width="100" height="200" fill="#007a3d"/></svg>`

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

  it('is judged so in a list of one picture too, and not where other words are asked for', async () => {
    assert.equal((await beside.describe([flag])).judgment.verdict, 'outside')
    const other = await beside.describe(flag, { prompt: 'describe the picture' })
    assert.equal(other.judgment.verdict, 'inside')
  })

  it('stays inside for a drawing', async () => {
    const scene = readFileSync(path.join(ROOT, 'docs/scene.png'))
    assert.equal((await beside.describe(scene)).judgment.verdict, 'inside')
  })
})

describe('decliningWords', () => {
  const knows = { en: 'drawings', zh: '画' }

  it('are those of a model whose matcher knows the same pictures', () => {
    const card = { domain: { knows, declined: 'no idea' } }
    assert.equal(decliningWords(card, { domain: { knows: { ...knows } } }), 'no idea')
    assert.equal(decliningWords(card, { domain: { knows: { ...knows, en: 'maps' } } }), undefined)
    assert.equal(decliningWords(card, {}), undefined)
  })
})
