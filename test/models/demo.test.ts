/** The shipped model does what the README shows, and its checkpoint is what transformers loads. */

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { findModel, MODELS_FOLDER } from '../../config/models.ts'
import { convertCheckpoint } from '../../inference/convert/convert.ts'
import { openModel } from '../../inference/model.ts'
import type { Model, Turn } from '../../inference/contract/types.ts'
import { FIXTURES } from '../helpers/parity.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const scene = new Uint8Array(readFileSync(path.join(ROOT, 'docs', 'scene.png')))
const CHECKPOINT = path.join(MODELS_FOLDER, 'demo', 'checkpoint')
const MIB = 1024 * 1024

describe('the demo model', () => {
  let model: Model

  before(async () => {
    model = await openModel(findModel('demo'))
  })

  after(() => model.close())

  it('describes the scene of the README', async () => {
    const { text } = await model.describe(scene)
    assert.equal(
      text,
      'a small yellow star at the top left, a medium red circle in the center, a blue square on the right and a small purple heart at the bottom on a gray background',
    )
  })

  it('holds the conversation of the README', async () => {
    const turns: Turn[] = []
    for (const question of [
      'what color is the star?',
      'and the circle?',
      'what is to the left of it?',
    ]) {
      const { text } = await model.ask(scene, question, { history: turns })
      turns.push({ question, answer: text })
    }
    assert.deepEqual(
      turns.map(({ answer }) => answer),
      ['yellow', 'red', 'yellow star'],
    )
  })

  it('weighs answers', async () => {
    const prompt = 'Question: is there a red circle? Answer:'
    const [yes, no] = await model.score(scene, { prompt, answers: ['yes', 'no'] })
    assert.ok(yes!.probability > 0.9 && no!.probability < 0.1)
    const question = 'is there a red circle?'
    const [, byQuestion] = await model.score(scene, { question, answers: ['yes', 'no'] })
    const ratio = byQuestion!.logLikelihood / no!.logLikelihood
    assert.ok(Math.abs(ratio - 1) < 1e-3, `${ratio}`)
  })

  it('stays under 10 MiB, and so does its matcher', () => {
    for (const name of ['demo', 'demo-match']) {
      const folder = path.join(MODELS_FOLDER, name)
      const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())
      const sizes = files.map((file) => statSync(path.join(folder, file.name)).size)
      assert.ok(sizes.reduce((sum, size) => sum + size, 0) < 10 * MIB, name)
    }
  })
})

describe('the demo checkpoint in fp32', () => {
  const work = mkdtempSync(path.join(tmpdir(), 'sightseer-demo-'))
  after(() => rmSync(work, { recursive: true, force: true }))

  it('gives the token ids that transformers gives', async () => {
    const folder = path.join(work, 'fp32')
    await convertCheckpoint(CHECKPOINT, folder, { precision: 'fp32', name: 'demo', source: null })
    const model = await openModel(folder)
    try {
      const recorded: { answers: { prompt: string; tokenIds: number[] }[] } = JSON.parse(
        readFileSync(path.join(FIXTURES, 'demo.json'), 'utf8'),
      )
      for (const { prompt, tokenIds } of recorded.answers) {
        const answer = await model.describe(scene, { prompt, beams: 1, maxNewTokens: 72 })
        assert.deepEqual(answer.tokenIds, tokenIds)
      }
    } finally {
      await model.close()
    }
  })
})
