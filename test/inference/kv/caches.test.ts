import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { openModel } from '../../../inference/model.ts'
import type { Answer, Model, Turn } from '../../../inference/contract/types.ts'
import { packageFor } from '../../helpers/packages.ts'
import type { ParityName } from '../../helpers/parity-names.ts'
import { FIXTURES, loadParity } from '../../helpers/parity.ts'
import { imageTokensOf } from '../../../inference/package/model-card.ts'

const parity = loadParity('base')
const image = readFileSync(path.join(FIXTURES, parity.image))
const other = readFileSync(path.join(FIXTURES, 'images', '420.jpg'))
const GREEDY = { beams: 1, minNewTokens: 6, maxNewTokens: 6 }

/** A conversation of three questions, each with the answers before it. */
async function converse(model: Model, beams: number): Promise<Answer[]> {
  const history: Turn[] = []
  const answers: Answer[] = []
  for (const question of ['what is it?', 'is it red?', 'why?']) {
    const answer = await model.ask(image, question, { ...GREEDY, beams, history: [...history] })
    history.push({ question, answer: answer.text })
    answers.push(answer)
  }
  return answers
}

function ids(answers: readonly Answer[]): (readonly number[])[] {
  return answers.map(({ tokenIds }) => tokenIds)
}

describe('kept conversations', () => {
  // base uses ONNX Runtime's attention, odd-sizes plain operators.
  for (const name of ['base', 'odd-sizes'] satisfies ParityName[]) {
    it(`leave the answers as they are: ${name}`, async () => {
      const folder = await packageFor(name)
      const with_ = await openModel(folder, { threads: 1 })
      const without = await openModel(folder, { threads: 1, conversationBytes: 0 })
      try {
        for (const beams of [1, 3]) {
          const kept = await converse(with_, beams)
          const uncached = await converse(without, beams)
          assert.deepEqual(ids(kept), ids(uncached))
          assert.ok(kept[2]!.reused > imageTokensOf(with_.card) + 1)
          assert.deepEqual([uncached[1]!.reused, uncached[2]!.reused], [0, 0])
        }
        const again = await converse(with_, 1)
        assert.deepEqual(ids(again), ids(await converse(without, 1)))
        const { hits, misses, bytes, positions } = with_.stats().caches.conversations
        assert.deepEqual([hits, misses], [8, 1])
        assert.ok(bytes > 0 && positions > 0)
      } finally {
        await with_.close()
        await without.close()
      }
    })
  }

  it('belong to one picture, and to the beginning of a prompt', async () => {
    const model = await openModel(await packageFor('base'), { threads: 1 })
    try {
      await model.describe(image, { prompt: 'a b c d', ...GREEDY })
      const elsewhere = await model.describe(other, { prompt: 'a b c d', ...GREEDY })
      assert.equal(elsewhere.reused, 0)
      const queryTokens = imageTokensOf(model.card)
      // BOS and at most four words; the last id is always run.
      const same = await model.describe(image, { prompt: 'a b c d', ...GREEDY })
      const less = await model.describe(image, { prompt: 'x', ...GREEDY })
      assert.ok(same.reused > queryTokens + 1)
      assert.equal(less.reused, queryTokens + 1)
    } finally {
      await model.close()
    }
  })

  it('stay within their bytes, the longest unused going first', async () => {
    const budget = 40_000
    const model = await openModel(await packageFor('base'), {
      threads: 1,
      conversationBytes: budget,
    })
    try {
      for (const prompt of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
        await model.describe(image, { prompt, ...GREEDY })
        assert.ok(model.stats().caches.conversations.bytes <= budget)
      }
      assert.ok(model.stats().caches.conversations.bytes > 0)
    } finally {
      await model.close()
    }
  })
})

describe('encoded prompts', () => {
  it('are kept', async () => {
    const model = await openModel(await packageFor('base'), { threads: 1 })
    try {
      const options = { prompt: 'a b', ...GREEDY }
      assert.deepEqual(
        (await model.describe(image, options)).tokenIds,
        (await model.describe(image, options)).tokenIds,
      )
      assert.deepEqual(model.stats().caches.prompts, { hits: 1, misses: 1 })
    } finally {
      await model.close()
    }
  })
})
