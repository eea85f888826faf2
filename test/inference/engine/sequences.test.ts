import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Sequences } from '../../../inference/engine/sequences.ts'
import type { Sequence } from '../../../inference/engine/work.ts'
import type { Segment } from '../../../inference/families/common/runner.ts'
import { HostCache } from '../../../inference/kv/host-cache.ts'
import { PrefixCache } from '../../../inference/kv/prefix-cache.ts'
import { packageFor } from '../../helpers/packages.ts'
import { relativeError } from '../../helpers/parity.ts'
import { openTestRunner, type TestRunner } from '../../helpers/runners.ts'
import { longRunner, madeUpImage, text } from '../../helpers/segments.ts'
import { imageTokensOf } from '../../../inference/package/model-card.ts'

/** A cache whose copy fails for lack of memory. */
class FullCache extends HostCache {
  override copyOf(): Promise<HostCache> {
    return Promise.reject(new RangeError('Array buffer allocation failed'))
  }
}

const step = (sequence: Sequence, tokens: number[], parents = [0]) =>
  ({ sequence, tokens, parents }) as const

describe('sequences that step together', () => {
  it('continue when one ends that cannot be kept for lack of memory', async () => {
    const runner = await openTestRunner(await packageFor('base'), {
      caches: (shape) => ({
        create: () => new FullCache(shape),
        close: () => Promise.resolve(),
      }),
    })
    const { embedSize } = runner.card.dimensions
    const queryTokens = imageTokensOf(runner.card)
    const sequences = new Sequences(runner.decoder, new PrefixCache(2 ** 30))
    const image = madeUpImage(1, queryTokens, embedSize)
    const begin = (...ids: number[]) => sequences.prefill({ segments: [image, text(...ids)], ids })
    try {
      const begun = [await begin(2), await begin(2, 7)]
      const needs = begun.map(({ sequence }) => ({
        sequence,
        tokens: [5],
        parents: [0],
      }))
      const [, before] = await sequences.stepTogether(needs)
      await sequences.end(begun[0]!.sequence, true)
      const [alone] = await sequences.stepTogether([needs[1]!])
      assert.equal(alone!.length, before!.length)
      await sequences.end(begun[1]!.sequence, true)
    } finally {
      await runner.close()
    }
  })
})

describe('a sequence that begins as an earlier one', () => {
  let runner: TestRunner
  let atOnce: Awaited<ReturnType<typeof longRunner>>
  let sequences: Sequences
  let [cat, dog]: Segment[] = []
  let image: number
  before(async () => {
    const folder = await packageFor('base')
    runner = await openTestRunner(folder)
    atOnce = await longRunner('base', folder, runner.card)
    const { embedSize } = runner.card.dimensions
    const queryTokens = imageTokensOf(runner.card)
    image = queryTokens
    cat = madeUpImage(1, queryTokens, embedSize)
    dog = madeUpImage(2, queryTokens, embedSize)
    sequences = new Sequences(runner.decoder, new PrefixCache(2 ** 30))
  })
  after(async () => {
    sequences.close()
    await runner.close()
  })

  /** Runs a prompt and two steps against one long run. @returns positions that were reused. */
  async function run(...segments: Segment[]): Promise<number> {
    const { sequence, logits } = await sequences.prefill({ segments, ids: [] })
    const check = async (actual: Float32Array, ...more: number[]) => {
      const all = await atOnce([...segments, text(...more)])
      const error = relativeError(actual, all.slice(-runner.decoder.vocabSize))
      assert.ok(error < 1e-5, `after ${more.length} steps: ${error}`)
    }
    await check(logits)
    for (const [i, token] of [6, 8].entries()) {
      const step = { sequence, tokens: [token], parents: [0] } as const
      await check((await sequences.stepTogether([step]))[0]!, ...[6, 8].slice(0, i + 1))
    }
    await sequences.end(sequence, true)
    return sequence.reused
  }

  it('reuses up to an image, into one, and behind one', async () => {
    assert.equal(await run(text(2, 7), cat!, text(9), dog!, text(4)), 0)
    // Another image in the place of the first: what stands before it.
    assert.equal(await run(text(2, 7), dog!, text(9)), 2)
    // The same again, with other text behind the first image.
    assert.equal(await run(text(2, 7), cat!, text(3)), 2 + image)
    // It ends with an image, whose last position has to be run for its logits.
    assert.equal(await run(text(2, 7), cat!), 2 + image - 1)
    assert.equal(await run(text(2, 7), cat!, text(9), dog!), 2 + image + 1 + image - 1)
    // The first conversation continues after its answer.
    assert.equal(
      await run(text(2, 7), cat!, text(9), dog!, text(4, 6, 8), cat!, text(5)),
      2 + image + 1 + image + 3,
    )
  })

  it('tells images apart by their keys and not by their place', async () => {
    assert.equal(await run(cat!, dog!, text(2)), 0)
    assert.equal(await run(dog!, cat!, text(2)), 0)
    assert.equal(await run(cat!, cat!, text(2)), image)
    assert.equal(await run(cat!, dog!, text(2, 3)), 2 * image + 1)
  })

  it('reuses what another has that is still at work, alone or together with others', async () => {
    const owl = madeUpImage(3, image, runner.card.dimensions.embedSize)
    const begin = async (...more: number[]) => {
      const segments = [owl, text(...more)]
      const { sequence, logits } = await sequences.prefill({ segments, ids: [] })
      const all = await atOnce(segments)
      const error = relativeError(logits, all.slice(-runner.decoder.vocabSize))
      assert.ok(error < 1e-5, `${more.join(' ')}: ${error}`)
      return sequence
    }
    const beams = await begin(2, 7)
    assert.equal(beams.reused, 0)
    await sequences.stepAlone(step(beams, [5, 6], [0, 0]))
    const first = await begin(2, 7, 4)
    assert.equal(first.reused, image + 2)
    const second = await begin(2, 9)
    assert.equal(second.reused, image + 1)
    await sequences.stepTogether([step(first, [6]), step(second, [8])])
    assert.equal((await begin(2, 9, 8, 3)).reused, image + 3)
    await sequences.end(beams, false)
    await sequences.end(first, false)
    await sequences.end(second, false)
  })
})
