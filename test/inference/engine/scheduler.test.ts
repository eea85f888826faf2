import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { READER_FOLDER } from '../../../config/models.ts'
import { hasCode } from '../../../config/errors.ts'
import { Counters } from '../../../inference/engine/counters.ts'
import { Images } from '../../../inference/engine/images.ts'
import { NO_READING } from '../../helpers/no-reading.ts'
import { Scheduler } from '../../../inference/engine/scheduler.ts'
import type { EngineRuns } from '../../../inference/engine/work.ts'
import { FeatureCache } from '../../../inference/engine/feature-cache.ts'
import { imageSourceOf } from '../../../inference/contract/image-source.ts'
import type { EngineOptions } from '../../../inference/contract/options.ts'
import { createModel, openModel } from '../../../inference/model.ts'
import type { Claim, Model } from '../../../inference/contract/types.ts'
import { inProcessBackend } from '../../helpers/in-process-backend.ts'
import { packageFor } from '../../helpers/packages.ts'
import { FIXTURES, loadParity } from '../../helpers/parity.ts'

const parity = loadParity('base')
const image = readFileSync(path.join(FIXTURES, parity.image))
const LONG = { prompt: '', beams: 1, minNewTokens: 60, maxNewTokens: 60 }

const OPTIONS: EngineOptions = {
  provider: 'cpu',
  threads: 1,
  reader: READER_FOLDER,
  imageLimits: {},
  matcher: null,
  queueLimit: 8,
  maxSequences: 4,
  maxImages: 2,
  conversationBytes: 0,
  imageCacheBytes: 2 ** 20,
}

const NOBODY: Claim = { urgency: 'normal', tenant: '', user: '', deadline: Infinity }

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

function turn(): Promise<unknown> {
  return new Promise((resolve) => setTimeout(resolve))
}

/** Steps until it is ended. */
async function endless(engine: EngineRuns): Promise<never> {
  const { sequence } = await engine.prefill({ segments: [], ids: [] })
  for (;;) {
    await engine.decode({ sequence, tokens: [0], parents: [0] })
  }
}

const unused = () => Promise.reject(new Error('no run of a matcher was expected'))

describe('requests at once', () => {
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
    // In the process itself, as a thread may get the first request long before the others.
    const model = createModel(await inProcessBackend(folder, OPTIONS))
    try {
      const source = await imageSourceOf(image)
      await model.encode(source)
      const six = { ...LONG, minNewTokens: 6, maxNewTokens: 6 }
      await Promise.all([1, 2, 3, 4].map(() => model.describe(source, six)))
      const { prefill, decode } = model.stats().stages
      assert.deepEqual([prefill.runs, decode.runs, decode.rows], [4, 5, 20])
    } finally {
      await model.close()
    }
  })
})

describe('requests for one picture', () => {
  it('need its file once, and go on when the one that brought it is cancelled', async () => {
    const decoded = Promise.withResolvers<void>()
    const encoded: number[] = []
    const scheduler = new Scheduler(
      () => ({ rows: 0, run: async (engine) => (await engine.encode(null))[0].timings }),
      {
        preprocess: async () => {
          await decoded.promise
          return { result: { data: new Float32Array(3), shape: [1, 3, 1, 1] }, ms: 1 }
        },
        encodeImages: async (images) => {
          encoded.push(images.length)
          return images.map((image) => {
            image.pixels = null
            return {
              data: {
                features: null,
                tokens: { data: new Float32Array(4), shape: [1, 4] },
                distance: null,
              },
              timings: { preprocessMs: 1, visionMs: 1, bridgeMs: 1 },
            }
          })
        },
        bridgeReadsPrompt: false,
        embedText: unused,
        embedImage: unused,
        match: unused,
        bridge: () => Promise.reject(new Error('no bridge was expected')),
        prefill: () => Promise.reject(new Error('no prompt was expected')),
        decode: async () => new Map(),
        end: async () => {},
        forget: () => {},
      },
      new Images(new FeatureCache(0)),
      new Counters(),
      { queueLimit: 9, maxSequences: 2, maxImages: 2 },
      NO_READING,
    )
    const outcomes: string[] = []
    const add = (id: number, bytes: Uint8Array | null) => {
      const ended = Promise.withResolvers<void>()
      const end = (outcome: string) => () => {
        outcomes.push(`${id} ${outcome}`)
        ended.resolve()
      }
      scheduler.add({
        id,
        claim: NOBODY,
        request: { kind: 'encode', image: { key: 'a', bytes } },
        cacheable: true,
        step: null,
        position() {},
        done: end('done'),
        failed: end('failed'),
        missing: end('missing'),
      })
      return ended.promise
    }
    await add(1, null)
    const all = [add(2, new Uint8Array(1)), add(3, null), add(4, null)]
    await new Promise((resolve) => setTimeout(resolve)) // 2 and 3 are at work, 4 waits
    scheduler.cancel(2)
    scheduler.cancel(6) // unknown so far, so it must not cancel a later request
    all.push(add(6, null))
    await all[0]
    decoded.resolve()
    await Promise.all(all)
    assert.deepEqual(outcomes, ['1 missing', '2 failed', '3 done', '4 done', '6 done'])
    assert.deepEqual(encoded, [1])
    await scheduler.drain()
    const late = add(5, null)
    await late
    assert.equal(outcomes.at(-1), '5 missing')
  })
})

describe('a picture that takes forever to decode', () => {
  it('frees its place and is decoded no more, once its last request is cancelled', async () => {
    const decoding: AbortSignal[] = []
    const scheduler = new Scheduler(
      () => ({ rows: 1, run: async (engine) => (await engine.encode(null))[0].timings }),
      {
        preprocess: (_, { signal }) =>
          new Promise((_, reject) => {
            decoding.push(signal!)
            signal!.addEventListener('abort', () => reject(signal!.reason))
          }),
        encodeImages: () => Promise.reject(new Error('no vision was expected')),
        bridgeReadsPrompt: false,
        embedText: unused,
        embedImage: unused,
        match: unused,
        bridge: () => Promise.reject(new Error('no bridge was expected')),
        prefill: () => Promise.reject(new Error('no prompt was expected')),
        decode: async () => new Map(),
        end: async () => {},
        forget: () => {},
      },
      new Images(new FeatureCache(0)),
      new Counters(),
      { queueLimit: 9, maxSequences: 2, maxImages: 2 },
      NO_READING,
    )
    const add = (id: number, key: string) =>
      new Promise((failed) => {
        const image = { key, bytes: new Uint8Array(1) }
        const rest = { cacheable: true, step() {}, position() {}, missing() {}, done() {} }
        scheduler.add({ id, claim: NOBODY, request: { kind: 'encode', image }, ...rest, failed })
      })
    const both = [add(1, 'a'), add(2, 'a')]
    const next = add(3, 'b') // there is no place for it yet
    await turn()
    scheduler.cancel(1)
    await both[0]
    await turn()
    assert.deepEqual(
      decoding.map(({ aborted }) => aborted),
      [false, false],
    )
    scheduler.cancel(2)
    await both[1]
    await turn()
    assert.deepEqual(
      decoding.map(({ aborted }) => aborted),
      [true, false],
    )
    scheduler.cancel(3)
    await next
    await scheduler.drain()
    assert.deepEqual(scheduler.counts(), { queued: 0, live: 0 })
  })
})

describe('the queue', () => {
  let model: Model
  before(async () => {
    model = await openModel(folder, { threads: 1, maxSequences: 1, queueLimit: 2 })
  })
  after(() => model.close())

  it('says how many go first, takes the urgent first, and refuses what it has no room for', async () => {
    const source = await imageSourceOf(image)
    const stop = new AbortController()
    await begun(model, stop.signal)
    const order: string[] = []
    const positions: number[] = []
    const second = Promise.withResolvers<void>()
    const short = { prompt: '', maxNewTokens: 1, minNewTokens: 1, beams: 1 }
    const sweep = model
      .describe(source, {
        ...short,
        urgency: 'bulk',
        onPosition: (ahead) => {
          positions.push(ahead)
          if (ahead === 1) {
            second.resolve()
          }
        },
      })
      .then(() => order.push('bulk'))
    const person = model
      .describe(source, { ...short, user: 'a' })
      .then(() => order.push('interactive'))
    await assert.rejects(model.describe(source, { ...short, urgency: 'bulk' }), (error) =>
      hasCode(error, 'queue/full'),
    )
    assert.equal(model.stats().queued, 2)
    assert.equal(model.stats().refused, 1)
    await second.promise
    stop.abort()
    await Promise.all([sweep, person])
    assert.deepEqual(order, ['interactive', 'bulk'])
    assert.deepEqual(positions.at(-1), 0)
  })

  it('gives up what waits too long', async () => {
    const stop = new AbortController()
    await begun(model, stop.signal)
    const late = model.describe(image, { ...LONG, deadline: Date.now() - 1 })
    await assert.rejects(late, { code: 'queue/deadline' })
    stop.abort()
  })

  it('gives up what is at work once it is too late, and frees its place', async () => {
    const ended: boolean[] = []
    const sequence = { cache: null, positions: [], reused: 0 }
    const scheduler = new Scheduler(
      () => ({ rows: 1, run: endless }),
      {
        preprocess: () => Promise.reject(new Error('no picture was expected')),
        encodeImages: () => Promise.resolve(null),
        bridgeReadsPrompt: false,
        embedText: unused,
        embedImage: unused,
        match: unused,
        bridge: () => Promise.resolve([]),
        prefill: () => Promise.resolve({ sequence, logits: new Float32Array(1) }),
        decode: async (works) => new Map(works.map((work) => [work, new Float32Array(1)])),
        end: async (_, whole) => {
          ended.push(whole)
        },
        forget: () => {},
      },
      new Images(new FeatureCache(0)),
      new Counters(),
      { queueLimit: 1, maxSequences: 1, maxImages: 1 },
      NO_READING,
    )
    const image = { key: 'a', bytes: new Uint8Array(0) }
    const request = { kind: 'embed', image } as const
    const rest = { cacheable: true, step() {}, position() {}, missing() {} }
    const failure = await new Promise((failed, done) => {
      const deadline = Date.now() + 20
      scheduler.add({ id: 1, request, claim: { ...NOBODY, deadline }, ...rest, done, failed })
    })
    assert.ok(hasCode(failure, 'queue/deadline'))
    assert.deepEqual(ended, [true])
    await scheduler.drain()
    assert.deepEqual(scheduler.counts(), { queued: 0, live: 0 })
  })
})
