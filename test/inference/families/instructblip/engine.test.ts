import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Model } from '../../../../inference/contract/types.ts'
import { blip2CardSchema } from '../../../../inference/families/blip2/card.ts'
import { preparePrompt, questionText } from '../../../../inference/families/blip2/prompts.ts'
import { openModel } from '../../../../inference/model.ts'
import { openPackage } from '../../../../inference/package/open-package.ts'
import { packageFor } from '../../../helpers/packages.ts'
import { FIXTURES, loadParity } from '../../../helpers/parity.ts'

// The instruction has 40 positions in these checkpoints.
const GREEDY = { beams: 1, maxNewTokens: 12 }

const encode = (text: string) => Array.from(text, (character) => character.charCodeAt(0))

const turn = (name: string) => ({ question: `${name}?`, answer: name })

function keyOf(picture: Uint8Array): string {
  return createHash('sha256').update(picture).digest('hex')
}

describe('a model whose bridge reads the prompt', () => {
  const parity = loadParity('instruct-t5')
  const image = readFileSync(path.join(FIXTURES, parity.image))
  let model: Model

  before(async () => {
    model = await openModel(await packageFor('instruct-t5'), { threads: 1 })
  })
  after(() => model.close())

  it('sees a picture once, and bridges it for each question', async () => {
    const mixed = parity.generations.filter((_, i) => i % 5 === 0)
    const answers = await Promise.all(
      mixed.map(({ prompt, options }) =>
        model.describe(image, { beams: 1, prompt: parity.prompts[prompt].text, ...options }),
      ),
    )
    assert.deepEqual(
      answers.map(({ tokenIds }) => tokenIds),
      mixed.map(({ ids }) => ids),
    )
    const { vision, bridge } = model.stats().stages
    assert.equal(vision.rows, 1)
    assert.equal(bridge.rows, mixed.length)
  })

  it('sees a picture ahead of any question without the bridge', async () => {
    const other = Buffer.concat([image, Buffer.of(1)]) // what follows the picture is ignored
    const { vision, bridge } = model.stats().stages
    await model.encode(other)
    const after = model.stats().stages
    assert.deepEqual([after.vision.rows, after.bridge.rows], [vision.rows + 1, bridge.rows])
    await model.describe(other, { prompt: 'what?', ...GREEDY })
    assert.equal(model.stats().stages.vision.rows, vision.rows + 1)
    await model.forget([keyOf(other)])
  })

  it('reuses a prompt about the same picture, and forgets it with the picture', async () => {
    const ask = (prompt: string) => model.describe(image, { prompt, ...GREEDY })
    const first = await ask('what?')
    const second = await ask('what?')
    assert.deepEqual([second.reused, second.tokenIds], [1, first.tokenIds])
    assert.equal((await ask('where?')).reused, 0)
    await model.forget([keyOf(image)])
    assert.equal(model.stats().caches.conversations.bytes, 0)
    assert.equal(model.stats().caches.images.bytes, 0)
  })

  it('refuses a prompt that is too long for the bridge', async () => {
    await assert.rejects(model.describe(image, { prompt: 'circle '.repeat(39), ...GREEDY }), {
      code: 'text/too-long',
      params: { length: 41, unit: 'tokens', maxTokens: 40 },
    })
    const answer = await model.describe(image, { prompt: 'circle '.repeat(38), ...GREEDY })
    assert.ok(answer.tokenIds.length > 0)
  })

  it('leaves out past turns until the bridge can read the rest', async () => {
    const { card } = await openPackage(await packageFor('base'))
    const blip2 = blip2CardSchema.parse(card)
    const history = [turn('a'), turn('b')]
    const text = (maxTokens: number) =>
      preparePrompt(
        { ...blip2, dimensions: { ...blip2.dimensions, maxPositions: 500 } },
        encode,
        { kind: 'ask', question: 'c?', history },
        1,
        10,
        { encode, maxTokens },
      ).text
    const whole = questionText(blip2, 'c?', history)
    const shorter = questionText(blip2, 'c?', history.slice(1))
    assert.equal(text(whole.length), whole)
    assert.equal(text(whole.length - 1), shorter)
    assert.equal(text(shorter.length - 1), questionText(blip2, 'c?'))
  })
})
