import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { InputError, QueueFullError, TooLateError } from '../../../inference/errors.ts'
import { Counters } from '../../../inference/engine/counters.ts'
import { EngineLoop } from '../../../inference/engine/scheduler.ts'
import type { Job, Sequence } from '../../../inference/engine/work.ts'
import { openModel } from '../../../inference/model.ts'
import type { Model } from '../../../inference/types.ts'
import { packageFor } from '../../helpers/packages.ts'
import { FIXTURES, loadParity, PARITY_NAMES } from '../../helpers/parity.ts'

const parity = loadParity('base')
const image = readFileSync(path.join(FIXTURES, parity.image))
const LONG = { prompt: '', beams: 1, minNewTokens: 60, maxNewTokens: 60 }

let folder: string
before(async () => {
  folder = await packageFor('base')
})

/** Settles once the request has its first token, and so is at work. */
function begun(model: Model, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    model.describe(image, { ...LONG, signal, onStep: () => resolve() }).catch(() => {})
  })
}

/** A job that wants one more step for ever. */
function* endless(sequence: Sequence): Job {
  yield { kind: 'prompt', image: { data: new Float32Array(0), shape: [0, 0] }, ids: [] }
  for (;;) {
    yield { kind: 'step', sequence, tokens: [0], parents: [0] }
  }
}

describe('requests at once', () => {
  for (const name of PARITY_NAMES) {
    it(`have the answers they have alone: ${name}`, async () => {
      const recorded = loadParity(name)
      const picture = readFileSync(path.join(FIXTURES, recorded.image))
      const model = await openModel(await packageFor(name), {
        threads: 1,
        conversationBytes: 0,
        queueLimit: 1000,
      })
      try {
        // Greedy ones of unequal prompts and lengths step together; the beams among them alone.
        const answers = recorded.generations.map(({ prompt, options }) =>
          model.describe(picture, { beams: 1, prompt: recorded.prompts[prompt].text, ...options }),
        )
        for (const [i, { tokenIds }] of (await Promise.all(answers)).entries()) {
          const { ids, options } = recorded.generations[i]!
          assert.deepEqual(tokenIds, ids, JSON.stringify(options))
        }
        const { vision } = model.stats().stages
        assert.ok(vision.rows > vision.runs, 'no pictures were seen together')
      } finally {
        await model.close()
      }
    })
  }

  it('end one by one while the others go on', async () => {
    const model = await openModel(folder, { threads: 1, conversationBytes: 0 })
    try {
      const lengths = [3, 40, 1, 17, 9]
      const answers = lengths.map((length) =>
        model.describe(image, { ...LONG, minNewTokens: length, maxNewTokens: length }),
      )
      const whole = await model.describe(image, LONG)
      for (const [i, answer] of (await Promise.all(answers)).entries()) {
        assert.deepEqual(answer.tokenIds, whole.tokenIds.slice(0, lengths[i]))
      }
      const { runs, rows } = model.stats().stages.decode
      assert.equal(rows, 59 + 2 + 39 + 0 + 16 + 8)
      assert.ok(runs < rows, 'nothing stepped together')
    } finally {
      await model.close()
    }
  })

  it('have all their prompts run before any takes a step', async () => {
    const model = await openModel(folder, { threads: 1, conversationBytes: 0 })
    try {
      const seen = await model.embedImage(image)
      const options = { ...LONG, minNewTokens: 6, maxNewTokens: 6 }
      await Promise.all([1, 2, 3, 4].map(() => model.describe(seen, options)))
      const { prefill, decode } = model.stats().stages
      assert.deepEqual([prefill.runs, decode.runs, decode.rows], [4, 5, 20])
    } finally {
      await model.close()
    }
  })
})

describe('the queue', () => {
  let model: Model
  before(async () => {
    model = await openModel(folder, { threads: 1, rows: 1, queueLimit: 2 })
  })
  after(() => model.close())

  it('says how many go first, takes the urgent first, and refuses what it has no room for', async () => {
    const stop = new AbortController()
    await begun(model, stop.signal)
    const order: string[] = []
    const positions: number[] = []
    const second = Promise.withResolvers<void>()
    const short = { prompt: '', maxNewTokens: 1, minNewTokens: 1, beams: 1 }
    const sweep = model
      .describe(image, {
        ...short,
        priority: 'moderation',
        onPosition: (ahead) => {
          positions.push(ahead)
          if (ahead === 1) {
            second.resolve()
          }
        },
      })
      .then(() => order.push('moderation'))
    const person = model
      .describe(image, { ...short, user: 'a' })
      .then(() => order.push('interaction'))
    await assert.rejects(
      model.describe(image, { ...short, priority: 'moderation' }),
      (error) => error instanceof QueueFullError && error instanceof InputError,
    )
    assert.equal(model.stats().queued, 2)
    assert.equal(model.stats().refused, 1)
    await second.promise
    stop.abort()
    await Promise.all([sweep, person])
    assert.deepEqual(order, ['interaction', 'moderation'])
    assert.deepEqual(positions.at(-1), 0)
  })

  it('gives up what waits too long', async () => {
    const stop = new AbortController()
    await begun(model, stop.signal)
    const late = model.describe(image, { ...LONG, deadline: Date.now() - 1 })
    await assert.rejects(late, TooLateError)
    stop.abort()
  })

  it('gives up what is at work once it is too late, and frees its place', async () => {
    const ended: boolean[] = []
    const sequence = { cache: null, imageKey: '', ids: [], reused: 0 }
    const loop = new EngineLoop(
      () => ({ job: endless(sequence), rows: 1 }),
      {
        preprocess: () => Promise.reject(new Error('no picture was expected')),
        see: () => Promise.resolve(null),
        begin: () => Promise.resolve({ sequence, logits: new Float32Array(1) }),
        step: async (jobs) => new Map(jobs.map((job) => [job, new Float32Array(1)])),
        end: async (_, whole) => {
          ended.push(whole)
        },
      },
      new Counters(),
      { queueLimit: 1, rows: 1, pictures: 1 },
    )
    const request = { kind: 'embed', image: new Uint8Array(0) } as const
    const claim = { id: 1, priority: 'reply', user: '', guild: '', request } as const
    const failure = await new Promise((failed, done) => {
      const deadline = Date.now() + 20
      loop.add({ ...claim, deadline, step() {}, position() {}, done, failed })
    })
    assert.ok(failure instanceof TooLateError)
    assert.deepEqual(ended, [true])
    await loop.drain()
    assert.deepEqual(loop.counts(), { queued: 0, live: 0 })
  })
})
