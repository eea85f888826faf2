/** A model on servers of this program answers as on a thread of this process. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ConfigError } from '../../../../config/errors.ts'
import { imageSourceOf } from '../../../../inference/contract/image-source.ts'
import type { Model, Step } from '../../../../inference/contract/types.ts'
import { openModel } from '../../../../inference/model.ts'
import { openServedModel } from '../../../../inference/served-model.ts'
import { packageFor } from '../../../helpers/packages.ts'
import { type Served, serveModel } from '../../../helpers/served-model.ts'
import { openDemoModel } from '../../../helpers/shared-model.ts'

const ROOT = path.join(import.meta.dirname, '..', '..', '..', '..')
const scene = new Uint8Array(readFileSync(path.join(ROOT, 'docs', 'scene.png')))
const KEYS = [
  { name: 'bot', key: 'the-key-of-the-bot' },
  { name: 'other', key: 'the-key-of-another' },
] as const

describe('a model on servers of this program', () => {
  let own: Model
  let servers: readonly Served[]
  let served: Model

  const open = (key: string) =>
    openServedModel({
      addresses: servers.map(({ url }) => ({ base: url, key })),
      model: undefined,
      silenceMs: 30_000,
    })

  before(async () => {
    own = await openDemoModel()
    servers = [await serveModel(own, { keys: KEYS }), await serveModel(own, { keys: KEYS })]
    served = await open(KEYS[0].key)
  })
  after(async () => {
    await served.close()
    await Promise.all(servers.map((server) => server.close()))
    await own.close()
  })

  it('knows what the model knows', () => {
    assert.equal(served.card.family, null)
    assert.equal(served.card.name, own.card.name)
    assert.deepEqual(served.card.questions, own.card.questions)
    assert.deepEqual(served.card.domain?.knows, own.card.domain?.knows)
  })

  it('gives the same answers, steps, scores and words', async () => {
    const steps: Step[] = []
    const [described, expected] = await Promise.all([
      served.describe(scene, { onStep: (step) => steps.push(step) }),
      own.describe(scene),
    ])
    assert.equal(described.text, expected.text)
    assert.deepEqual(described.tokenIds, expected.tokenIds)
    assert.equal(described.judgment.verdict, 'inside')
    assert.equal(steps.at(-1)!.text, described.text)

    const history = [{ question: 'what color is the circle?', answer: 'red' }]
    const asked = await served.ask(scene, 'where is it?', { history, logprobs: 1 })
    assert.equal(asked.text, (await own.ask(scene, 'where is it?', { history })).text)
    assert.equal(asked.logprobs!.length, asked.tokenIds.length)

    const question = 'is there a red circle?'
    const scored = await served.score(scene, {
      question,
      answers: ['yes', 'no', ''.padEnd(3, 'x')],
    })
    assert.ok(scored[0]!.probability > 0.9)
    assert.deepEqual((await served.read(scene)).lines, (await own.read(scene)).lines)
    const { data, shape } = await served.embedImage(scene)
    assert.deepEqual([data.length, shape], [(await own.embedImage(scene)).data.length, shape])
  })

  it('sends a picture once, and again only when it was forgotten', async () => {
    const { key } = await imageSourceOf(scene)
    let fetches = 0
    const source = {
      key,
      bytes: () => {
        fetches += 1
        return Promise.resolve(scene)
      },
    }
    await served.forget([key])
    await served.describe(source)
    await served.ask(source, 'what color is the circle?')
    assert.equal(fetches, 1)
    await served.forget([key])
    await served.describe(source)
    assert.equal(fetches, 2)
  })

  it('keeps the pictures of each key apart', async () => {
    const { key } = await imageSourceOf(scene)
    await served.describe(scene)
    const other = await open(KEYS[1].key)
    try {
      const asked: string[] = []
      const source = {
        key,
        bytes: () => {
          asked.push(key)
          return Promise.resolve(scene)
        },
      }
      await other.describe(source)
      assert.equal(asked.length, 1, 'what another client showed is not known to this one')
    } finally {
      await other.close()
    }
  })

  it('passes errors on as they are', async () => {
    await assert.rejects(served.describe(scene, { beams: 0 }), { code: 'generation/settings' })
    await assert.rejects(served.ask(scene, ' '), { code: 'text/empty-question' })
  })

  it('goes on with another server when one is killed', async () => {
    const [first, second] = [
      await serveModel(own, { keys: KEYS }),
      await serveModel(own, { keys: KEYS }),
    ]
    const both = await openServedModel({
      addresses: [first, second].map(({ url }) => ({ base: url, key: KEYS[0].key })),
      model: undefined,
      silenceMs: 30_000,
    })
    try {
      const questions = Array.from({ length: 12 }, (_, i) => `what color is shape ${i}?`)
      const answering = Promise.all(questions.map((question) => both.ask(scene, question)))
      await first.kill()
      assert.equal((await answering).length, questions.length)
    } finally {
      await both.close()
      await second.close()
    }
  })

  it('is refused with a wrong key', async () => {
    await assert.rejects(
      open('a-key-that-is-wrong'),
      (error) => error instanceof ConfigError && /status 401/.test(error.message),
    )
  })
})

describe('a model that cuts pictures into tiles, on a server of this program', () => {
  it('sees them in the detail that is asked for', async () => {
    await using stack = new AsyncDisposableStack()
    const own = await openModel(await packageFor('smolvlm-tiles'), { threads: 1 })
    stack.defer(() => own.close())
    const server = await serveModel(own)
    stack.defer(() => server.close())
    const addresses = [{ base: server.url, key: undefined }]
    const served = await openServedModel({ addresses, model: undefined, silenceMs: 30_000 })
    stack.defer(() => served.close())

    const question = 'what is it?'
    for (const detail of ['low', 'auto', 'high'] as const) {
      const asked = await served.ask(scene, question, { detail })
      const expected = await own.ask(scene, question, { detail })
      assert.equal(asked.promptTokens, expected.promptTokens, detail)
      const answers = ['yes', 'no']
      const scored = await served.score(scene, { question, answers, detail })
      const likely = await own.score(scene, { question, answers, detail })
      assert.deepEqual(
        scored.map(({ probability }) => probability.toFixed(6)),
        likely.map(({ probability }) => probability.toFixed(6)),
      )
    }
    const low = await own.ask(scene, question, { detail: 'low' })
    assert.ok(low.promptTokens < (await own.ask(scene, question)).promptTokens)
  })
})
