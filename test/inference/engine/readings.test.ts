/** Text is read between the model's runs, once for a picture, and forgotten with it. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { findModel } from '../../../config/models.ts'
import { imageSourceOf } from '../../../inference/contract/image-source.ts'
import type { Model } from '../../../inference/contract/types.ts'
import { openModel } from '../../../inference/model.ts'
import { FIXTURES } from '../../helpers/parity.ts'

const TEXT = ['EXIT', 'No parking', 'Platform 9']
const fixture = (name: string) => readFileSync(path.join(FIXTURES, 'reading', name))

/** A picture that counts how often its file is asked for. */
async function counted(name: string) {
  const { key } = await imageSourceOf(fixture(name))
  let fetched = 0
  const bytes = async () => {
    fetched += 1
    return fixture(name)
  }
  return { source: { key, bytes }, fetched: () => fetched }
}

describe('the engine reads text', () => {
  let model: Model

  before(async () => {
    model = await openModel(findModel('demo'), { threads: 1 })
  })

  after(() => model.close())

  it('gives lines with boxes, also of a picture that the model has encoded', async () => {
    const { source } = await counted('09-light.png')
    await model.encode(source)
    const { lines, complete, width } = await model.read(source)
    assert.deepEqual(
      lines.map(({ text }) => text),
      TEXT,
    )
    assert.equal(complete, true)
    assert.ok(lines.every(({ corners }) => corners.every(({ x }) => x >= 0 && x < width)))
  })

  it('keeps what was read until the picture is forgotten', async () => {
    const { source, fetched } = await counted('09-dark.png')
    const first = await model.read(source)
    assert.deepEqual(await model.read(source), first)
    assert.equal(fetched(), 1)

    await model.forget([source.key])
    assert.deepEqual(await model.read(source), first)
    assert.equal(fetched(), 2)
  })

  it('reads a picture once for all who ask at the same time, also if the first leaves', async () => {
    const readings = () => model.stats().caches.texts
    const before = readings()
    const { source } = await counted('05-light.png')
    const [first, ...others] = await Promise.all([1, 2, 3].map(() => model.read(source)))
    assert.deepEqual(others, [first, first])
    assert.ok(first!.lines.length > 0)
    assert.deepEqual(readings(), { hits: before.hits + 2, misses: before.misses + 1 })
    const { runs } = model.stats().reading
    await model.read(source)
    assert.equal(model.stats().reading.runs, runs)

    const { source: next } = await counted('06-light.png')
    const left = new AbortController()
    const leaving = model.read(next, { signal: left.signal })
    const staying = model.read(next)
    left.abort(new Error('left'))
    await assert.rejects(leaving, /left/)
    assert.ok((await staying).lines.length > 0)
  })

  it('keeps nothing of a picture that is forgotten while it is read', async () => {
    const { source, fetched } = await counted('10-dark.png')
    const forgotten = {
      key: source.key,
      bytes: async () => {
        await model.forget([source.key]) // the request is on its way
        return source.bytes()
      },
    }
    assert.ok((await model.read(forgotten)).lines.length > 0)
    await model.read(source)
    assert.equal(fetched(), 2)
  })

  it('reads a picture that is forgotten before its turn, and keeps nothing of it', async () => {
    const narrow = await openModel(findModel('demo'), { threads: 1, maxSequences: 1 })
    try {
      const { source, fetched } = await counted('09-light.png')
      /** Reads it behind an answer, during which it is forgotten. */
      const readLate = async () => {
        const writes = Promise.withResolvers<void>()
        const busy = narrow.describe(fixture('09-dark.png'), { onStep: () => writes.resolve() })
        await writes.promise
        const waits = Promise.withResolvers<void>()
        const reading = narrow.read(source, { onPosition: () => waits.resolve() })
        await waits.promise
        await narrow.forget([source.key])
        await busy
        return (await reading).lines.map(({ text }) => text)
      }
      assert.deepEqual(await readLate(), TEXT)
      await narrow.read(source)
      assert.equal(fetched(), 2)
      // Its text is known now, so its file is not sent.
      assert.deepEqual(await readLate(), TEXT)
      assert.equal(fetched(), 2)
      await narrow.read(source)
      assert.equal(fetched(), 3)
    } finally {
      await narrow.close()
    }
  })

  it('answers and reads at the same time', async () => {
    const scene = readFileSync(path.join(import.meta.dirname, '../../../docs/scene.png'))
    const [answer, ...texts] = await Promise.all([
      model.describe(scene),
      ...['00-light.png', '01-light.png', '02-light.png'].map((name) => model.read(fixture(name))),
    ])
    assert.match(answer.text, /circle/)
    assert.deepEqual(
      texts.map(({ lines }) => lines[0]!.text),
      ['Hello there!', 'Invoice 2024-118', 'CLAIM YOUR BONUS'],
    )
  })

  it('ends once it is cancelled or too late, and goes on for others', async () => {
    const cancelled = new AbortController()
    const reading = model.read(fixture('03-light.png'), { signal: cancelled.signal })
    cancelled.abort(new Error('not needed'))
    await assert.rejects(reading, /not needed/)
    await assert.rejects(model.read(fixture('03-light.png'), { deadline: Date.now() - 1 }), {
      code: 'queue/deadline',
    })
    assert.equal((await model.read(fixture('04-light.png'))).complete, true)
  })

  it('says why a file cannot be read', async () => {
    await assert.rejects(model.read(Buffer.from('no picture')), { code: 'image/unknown-format' })
  })
})
