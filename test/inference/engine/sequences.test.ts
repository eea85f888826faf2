import assert from 'node:assert/strict'
import path from 'node:path'
import { describe, it } from 'node:test'
import { Decoder } from '../../../inference/engine/decoder.ts'
import { HostCache } from '../../../inference/kv/host-cache.ts'
import { KeptConversations } from '../../../inference/kv/prefix-cache.ts'
import { Sequences } from '../../../inference/engine/sequences.ts'
import { openPackage } from '../../../inference/package/open-package.ts'
import { openGraph } from '../../helpers/graph-sessions.ts'
import { packageFor } from '../../helpers/packages.ts'

/** A cache that there is no memory to copy. */
class FullCache extends HostCache {
  override copyOf(): Promise<HostCache> {
    return Promise.reject(new RangeError('Array buffer allocation failed'))
  }
}

describe('sequences that step together', () => {
  it('go on when one ends that there is no memory to keep', async () => {
    const folder = await packageFor('base')
    const { card } = await openPackage(folder)
    const { dimensions } = card
    const session = await openGraph(path.join(folder, 'decoder.onnx'))
    const decoder = new Decoder(session, dimensions, {
      caches: { create: () => new FullCache(dimensions), close: () => Promise.resolve() },
      longestRun: Infinity,
    })
    const sequences = new Sequences(decoder, new KeptConversations(2 ** 30))
    const { queryTokens, embedSize } = dimensions
    const image = {
      data: new Float32Array(queryTokens * embedSize).fill(0.1),
      shape: [queryTokens, embedSize] as const,
    }
    try {
      const begun = [
        await sequences.begin('picture', image, [2]),
        await sequences.begin('picture', image, [2, 7]),
      ]
      const needs = begun.map(({ sequence }) => ({
        kind: 'step' as const,
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
      await session.release()
    }
  })
})
