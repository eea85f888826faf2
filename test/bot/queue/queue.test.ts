/** Requests on their way through a real Redis to hosts, and back. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { createClient } from '@redis/client'
import { createNodeRedisClient, UnrecoverableError, Worker } from 'bullmq'
import { PREFIX } from '../../../bot/queue/keys.ts'
import { InputError } from '../../../config/errors.ts'
import type { InferenceBackend } from '../../../inference/backends/backend.ts'
import { WorkerCrashError } from '../../../inference/contract/errors.ts'
import type { Model, Step } from '../../../inference/contract/types.ts'
import { createModel, openBackends } from '../../../inference/model.ts'
import { type Database, freePort, startRedis, WITH_REDIS } from '../../helpers/databases.ts'
import { heldBackend, openFromQueue, plainAnswer, startHost, until } from '../../helpers/fleet.ts'
import { packageFor } from '../../helpers/packages.ts'
import { FIXTURES, loadParity } from '../../helpers/parity.ts'

const image = readFileSync(path.join(FIXTURES, loadParity('base').image))
type HostArguments = DropFirst<Parameters<typeof startHost>>
type DropFirst<All extends unknown[]> = All extends [unknown, ...infer Rest] ? Rest : never

async function giveUp(): Promise<never> {
  throw new UnrecoverableError('job stalled more than allowable limit')
}

const LONG = { beams: 1, maxNewTokens: 20, minNewTokens: 20 }

describe('the model behind a queue', WITH_REDIS, () => {
  let redis: Database
  let backend: InferenceBackend
  let here: Model

  before(async () => {
    redis = await startRedis()
    const open = await openBackends(await packageFor('base'), { threads: 1 })
    backend = open.backend
    here = createModel(backend)
  })
  after(async () => {
    await backend.close()
    await redis.stop()
  })

  /** A host that is stopped after the test. */
  const hostFor = async (test: TestContext, ...rest: HostArguments) => {
    const host = await startHost(redis.url, ...rest)
    test.after(() => host.stop())
    return host
  }
  /** The model of a bot, closed after the test. */
  const modelFor = async (test: TestContext, queueLimit?: number) => {
    const model = await openFromQueue(redis.url, undefined, { queueLimit })
    test.after(() => model.close())
    return model
  }

  describe('with a host', () => {
    let host: Awaited<ReturnType<typeof startHost>>
    let model: Model

    before(async () => {
      host = await startHost(redis.url, backend)
      model = await openFromQueue(redis.url)
    })
    after(async () => {
      await model.close()
      await host.stop()
    })

    it('answers as the model does that is in this process', async () => {
      const [ours, theirs] = [await here.describe(image, LONG), await model.describe(image, LONG)]
      assert.deepEqual(theirs.tokenIds, ours.tokenIds)
      assert.equal(theirs.text, ours.text)
      assert.equal(model.card.name, here.card.name)
      const scoring = { prompt: 'is it red?', answers: ['yes', 'no'] }
      for (const [index, { probability }] of (await model.score(image, scoring)).entries()) {
        const expected = (await here.score(image, scoring))[index]?.probability ?? NaN
        assert.ok(Math.abs(probability - expected) < 1e-6, `${probability}, not ${expected}`)
      }
    })

    it('tells the steps, each once and in order', async () => {
      const expected: Step[] = []
      await here.describe(image, { ...LONG, onStep: (step) => expected.push(step) })
      const steps: Step[] = []
      await model.describe(image, { ...LONG, onStep: (step) => steps.push(step) })
      assert.deepEqual(steps, expected)
      assert.equal(steps.length, 20)
    })

    it('gives vectors as numbers', async () => {
      const [ours, theirs] = [await here.embedImage(image), await model.embedImage(image)]
      assert.deepEqual(theirs.data, ours.data)
    })

    it('gives the errors of the host as they are', async () => {
      await assert.rejects(model.describe(new Uint8Array()), { code: 'image/empty' })
      await assert.rejects(model.describe(image, { beams: -1 }), (error: unknown) => {
        assert.ok(error instanceof InputError)
        assert.equal(error.code, 'generation/settings')
        return true
      })
    })

    it('has the counters of its hosts', async () => {
      const later = await openFromQueue(redis.url)
      assert.ok(later.stats().device === 'cpu')
      await later.close()
    })
  })

  it('ends the work at the host when the bot cancels, and leaves nothing in Redis', async (test) => {
    const { backend: slow, held } = heldBackend(backend)
    const host = await hostFor(test, slow)
    const model = await modelFor(test)
    const stop = new AbortController()
    const answer = model.describe(image, { signal: stop.signal })
    await until(() => held.length === 1)
    stop.abort(new Error('enough'))
    await assert.rejects(answer, { message: 'enough' })
    await until(() => held[0]?.call.signal?.aborted === true)
    await until(() => host.host.running === 0)
  })

  it('takes back what waits, so that no host begins it', async (test) => {
    const { backend: slow, held } = heldBackend(backend)
    await hostFor(test, slow, { sequences: 1 })
    const model = await modelFor(test)
    const first = [1, 2, 3].map(() => model.describe(image))
    await until(() => held.length === 3)
    const stop = new AbortController()
    const positions: number[] = []
    const waiting = model.describe(image, {
      signal: stop.signal,
      onPosition: (ahead) => positions.push(ahead),
    })
    await until(() => positions.length > 0)
    assert.deepEqual(positions, [0])
    stop.abort(new Error('enough'))
    await assert.rejects(waiting, { message: 'enough' })
    held.forEach(({ answer }) => answer.resolve(plainAnswer('a square')))
    await Promise.all(first)
    assert.equal((await here.describe(image, LONG)).tokenIds.length, 20)
    assert.equal(held.length, 3)
  })

  it('gives a request up at its deadline, and ends it at the host', async (test) => {
    const { backend: slow, held } = heldBackend(backend)
    await hostFor(test, slow)
    const model = await modelFor(test)
    await assert.rejects(model.describe(image, { deadline: Date.now() + 2000 }), {
      code: 'queue/deadline',
    })
    await until(() => held[0]?.call.signal?.aborted === true)
    const left = (held[0]?.call.claim.deadline ?? 0) - Date.now()
    assert.ok(left < 2000, `${left} ms`)
  })

  it('hands back what a stopping host has not finished, and another one does it', async (test) => {
    const { backend: slow, held } = heldBackend(backend)
    const leaving = await hostFor(test, slow)
    const model = await modelFor(test)
    const answer = model.describe(image, LONG)
    await until(() => held.length === 1)
    await leaving.stop(0)
    await hostFor(test, backend)
    assert.deepEqual((await answer).tokenIds, (await here.describe(image, LONG)).tokenIds)
  })

  it('finishes what a stopping host works on', async (test) => {
    const { backend: slow, held } = heldBackend(backend)
    const host = await hostFor(test, slow)
    const model = await modelFor(test)
    const answer = model.describe(image)
    await until(() => held.length === 1)
    const stopped = host.stop(10_000)
    held[0]?.answer.resolve(plainAnswer('a circle'))
    assert.equal((await answer).text, 'a circle')
    await stopped
    assert.equal(held.length, 1)
  })

  it('tries once more where the thread of a model died, and then says so', async (test) => {
    const { backend: slow, held } = heldBackend(backend)
    await hostFor(test, slow)
    const model = await modelFor(test)
    const answer = model.describe(image)
    answer.catch(() => {})
    await until(() => held.length === 1)
    held[0]?.answer.reject(new WorkerCrashError('it ended'))
    await until(() => held.length === 2)
    held[1]?.answer.reject(new WorkerCrashError('it ended again'))
    await assert.rejects(answer, { message: 'it ended again' })
  })

  it('says so when two hosts in a row ended while they worked on a request', async (test) => {
    await (await startHost(redis.url, backend)).stop() // a bot waits until one has been there
    const model = await modelFor(test)
    const answer = model.describe(image)
    // Instead of two hosts that are killed: what BullMQ then writes, by the worker of another program.
    const client = await createClient({ url: redis.url }).connect()
    const connection = createNodeRedisClient(client)
    const worker = new Worker('awaited', giveUp, { connection, prefix: PREFIX })
    test.after(async () => {
      await worker.close()
      client.destroy()
    })
    await assert.rejects(answer, { code: 'queue/given-up' })
  })

  it('says so when Redis is away for long, and answers once it is back', async (test) => {
    const port = await freePort()
    const own = await startRedis(port)
    const [host, model] = await Promise.all([
      startHost(own.url, backend),
      openFromQueue(own.url, undefined, { unreachableAfterMs: 300 }),
    ])
    test.after(async () => {
      await model.close()
      await host.stop()
      await again.stop()
    })
    await model.describe(image, LONG)
    await own.stop()
    await assert.rejects(model.describe(image, LONG), { code: 'host/unavailable' })
    const again = await startRedis(port)
    await until(async () => {
      const answer = model.describe(image, LONG)
      return answer.then(
        ({ tokenIds }) => tokenIds.length === 20,
        (error: unknown) => !(error instanceof InputError && error.code === 'host/unavailable'),
      )
    })
  })

  it('refuses more requests than may wait', async (test) => {
    const { backend: slow, held } = heldBackend(backend)
    await hostFor(test, slow, { sequences: 1 })
    const model = await modelFor(test, 1)
    const first: Promise<unknown>[] = []
    while (first.length < 3) {
      first.push(model.describe(image)) // one by one: only one may wait for the host
      await until(() => held.length === first.length)
    }
    const waiting = model.describe(image)
    waiting.catch(() => {})
    await until(async () => {
      const refused = await model
        .describe(image, { deadline: Date.now() + 100 })
        .catch((error: unknown) => error instanceof InputError && error.code)
      return refused === 'queue/full'
    })
    await until(() => {
      held.forEach(({ answer }) => answer.resolve(plainAnswer('a square')))
      return held.length >= 4
    })
    held.forEach(({ answer }) => answer.resolve(plainAnswer('a square')))
    await Promise.all([...first, waiting])
  })

  it('gives a follow-up what another host computed of its picture, until that is deleted', async (test) => {
    const other = (await openBackends(await packageFor('base'), { threads: 1 })).backend
    const third = (await openBackends(await packageFor('base'), { threads: 1 })).backend
    test.after(() => Promise.all([other.close(), third.close()]))
    const first = await startHost(redis.url, backend)
    const model = await modelFor(test)
    const client = await createClient({ url: redis.url }).connect()
    test.after(() => client.destroy())
    const names = () => client.keys('*:features:*')

    await model.describe(image, LONG)
    await first.stop()
    assert.equal((await names()).length, 1)
    assert.ok((await client.pTTL((await names())[0]!)) > 60_000)

    const second = await startHost(redis.url, other)
    const { text } = await model.ask(image, 'is it red?', LONG)
    assert.equal(text, (await here.ask(image, 'is it red?', LONG)).text)
    assert.equal(other.stats()?.stages.vision?.runs ?? 0, 0)
    await model.forget([createHash('sha256').update(image).digest('hex')])
    assert.deepEqual(await names(), [])
    await second.stop()

    await hostFor(test, third)
    await model.ask(image, 'is it red?', LONG)
    assert.equal(third.stats()?.stages.vision?.runs, 1)
  })

  it('lets no host in that runs another model', async (test) => {
    await hostFor(test, backend)
    const other = { ...backend, card: { ...backend.card, name: 'another' } }
    await assert.rejects(startHost(redis.url, other), {
      name: 'ConfigError',
      message: /run another model than another/,
    })
  })
})
