/** One picture for many requests: it is fetched where it is missing, and encoded once. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { InputError } from '../../config/errors.ts'
import { imageSourceOf } from '../../inference/contract/image-source.ts'
import { openModel } from '../../inference/model.ts'
import type { ImageSource, Model } from '../../inference/contract/types.ts'
import { packageFor } from '../helpers/packages.ts'
import { FIXTURES, loadParity } from '../helpers/parity.ts'
import { imageTokensOf, packageCard } from '../../inference/package/model-card.ts'

const file = new Uint8Array(readFileSync(path.join(FIXTURES, loadParity('base').image)))
const other = new Uint8Array(readFileSync(path.join(FIXTURES, 'images', '420.jpg')))
const LONG = { prompt: '', beams: 1, minNewTokens: 60, maxNewTokens: 60 }
const SHORT = { ...LONG, minNewTokens: 3, maxNewTokens: 3 }

/** A source that counts how often its file is asked for. */
async function countedSource(bytes: Uint8Array) {
  const { key } = await imageSourceOf(bytes)
  const counts = { fetches: 0 }
  const source: ImageSource = {
    key,
    bytes: async () => {
      counts.fetches += 1
      return bytes
    },
  }
  return { source, counts }
}

/** Whether a finished request's keys and values were kept: a second one reuses its prompt. */
async function isKept(model: Model, image: ImageSource): Promise<boolean> {
  const queryTokens = imageTokensOf(model.card)
  return (await model.describe(image, SHORT)).reused >= queryTokens
}

let model: Model
beforeEach(async () => {
  model = await openModel(await packageFor('base'), { threads: 1 })
})
afterEach(() => model.close())

const runs = () => {
  const { preprocess, vision, bridge } = model.stats().stages
  return [preprocess.runs, vision.runs, bridge.runs]
}

describe('a picture', () => {
  it('is fetched and encoded once for requests one after the other', async () => {
    const { source, counts } = await countedSource(file)
    const encoded = await model.encode(source)
    assert.ok(encoded.visionMs > 0)
    const described = await model.describe(source, SHORT)
    const asked = await model.ask(file, 'what is it?', { beams: 1, maxNewTokens: 2 })
    await model.score(source, { prompt: 'a', answers: ['b'] })
    assert.equal((await model.encode(source)).visionMs, 0)
    assert.deepEqual(
      [described, asked].map(({ timings }) => timings.visionMs + timings.preprocessMs),
      [0, 0],
    )
    assert.equal(counts.fetches, 1)
    assert.deepEqual(runs(), [1, 1, 1])
    const { embedSize } = packageCard(model.card).dimensions
    const queryTokens = imageTokensOf(model.card)
    assert.deepEqual(model.stats().caches.images, {
      hits: 4,
      misses: 1,
      bytes: 4 * queryTokens * embedSize,
    })
  })

  it('is encoded once for requests at once, and answers are those of an uncached run', async () => {
    const requests = Array.from({ length: 6 }, () => model.describe(file, LONG))
    const answers = await Promise.all(requests)
    assert.deepEqual(runs(), [1, 1, 1])
    const seen = answers.filter(({ timings }) => timings.visionMs > 0)
    assert.equal(seen.length, 1, 'only one of them says what encoding took')
    const uncached = await openModel(await packageFor('base'), { threads: 1, imageCacheBytes: 0 })
    try {
      const expected = await uncached.describe(file, LONG)
      for (const { tokenIds } of answers) {
        assert.deepEqual(tokenIds, expected.tokenIds)
      }
      await uncached.describe(file, LONG)
      assert.equal(uncached.stats().stages.vision.runs, 2)
      const tokens = await uncached.embedImage(file)
      assert.deepEqual(await model.embedImage(file).then(({ data }) => data), tokens.data)
    } finally {
      await uncached.close()
    }
  })

  it('that is none fails every request for it, and the next one tries again', async () => {
    const { source, counts } = await countedSource(Buffer.from('not a picture at all'))
    const requests = [1, 2].map(() => model.describe(source))
    for (const outcome of await Promise.allSettled(requests)) {
      assert.ok(outcome.status === 'rejected' && outcome.reason instanceof InputError)
    }
    const before = counts.fetches
    await assert.rejects(model.encode(source), InputError)
    assert.equal(counts.fetches, before + 1)
  })

  it('that its owner cannot bring fails with what the owner throws', async () => {
    const gone = new Error('gone')
    const key = '0'.repeat(64)
    const source: ImageSource = { key, bytes: () => Promise.reject(gone) }
    await assert.rejects(model.describe(source), gone)
    assert.ok(await model.describe(file, SHORT))
  })

  it('stays its owner’s', async () => {
    const bytes = new Uint8Array(other)
    const { source } = await countedSource(bytes)
    await model.encode(source)
    assert.deepEqual(bytes, other)
  })
})

describe('forget', () => {
  it('deletes features, and keys and values, of these pictures alone', async () => {
    const { source, counts } = await countedSource(file)
    const another = await countedSource(other)
    await model.describe(source, SHORT)
    await model.describe(another.source, SHORT)
    const before = model.stats().caches
    await model.forget([source.key])
    const after = model.stats().caches
    assert.equal(after.images.bytes * 2, before.images.bytes)
    assert.ok(after.conversations.bytes > 0)
    assert.ok(after.conversations.bytes < before.conversations.bytes)
    assert.equal(await isKept(model, another.source), true)
    assert.equal(another.counts.fetches, 1)
    assert.equal(await isKept(model, source), false)
    assert.equal(counts.fetches, 2)
  })

  it('keeps nothing of a request at work or on its way', async () => {
    const { source, counts } = await countedSource(file)
    const begun = Promise.withResolvers<void>()
    const atWork = model.describe(source, { ...LONG, onStep: () => begun.resolve() })
    await begun.promise
    const fetching = Promise.withResolvers<void>()
    const fetched = Promise.withResolvers<void>()
    const slow: ImageSource = {
      key: (await imageSourceOf(other)).key,
      bytes: async () => {
        fetching.resolve()
        await fetched.promise
        return other
      },
    }
    const onItsWay = model.describe(slow, SHORT)
    await fetching.promise
    await model.forget([source.key, slow.key])
    fetched.resolve()
    assert.equal((await atWork).tokenIds.length, 60)
    assert.equal((await onItsWay).tokenIds.length, 3)
    const { images, conversations } = model.stats().caches
    assert.deepEqual([images.bytes, conversations.bytes], [0, 0])
    assert.equal(await isKept(model, source), false)
    assert.equal(counts.fetches, 2)
  })

  it('deletes the token ids of what was asked', async () => {
    const encoded = async () => {
      const { misses } = model.stats().caches.prompts
      await model.ask(file, 'what color is the star?', { maxNewTokens: 1, minNewTokens: 1 })
      return model.stats().caches.prompts.misses - misses
    }
    assert.ok((await encoded()) > 0)
    assert.equal(await encoded(), 0)
    await model.forget([(await imageSourceOf(other)).key])
    assert.ok((await encoded()) > 0)
  })

  it('is done at once where nothing runs, and for a model that is closed', async () => {
    await model.forget(['0'.repeat(64)])
    await model.close()
    await model.forget(['0'.repeat(64)])
  })
})
