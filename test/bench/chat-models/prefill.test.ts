import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { configOf, openDecoder, type Way } from '../../../bench/chat-models/prefill.ts'
import { cosine } from '../../../bench/quality/distance.ts'
import type { Segment } from '../../../inference/families/common/runner.ts'
import { packageFor } from '../../helpers/packages.ts'
import { checkpointFolder } from '../../helpers/parity.ts'
import { openTestRunner } from '../../helpers/runners.ts'

const place = mkdtempSync(path.join(tmpdir(), 'sightseer-test-prefill-'))
after(() => rmSync(place, { recursive: true, force: true }))

describe('openDecoder', () => {
  // Random weights are far harder to round than trained ones: here it shows that parts are in place.
  for (const [way, least] of [
    ['int4', 0.9],
    ['int8', 0.99],
    ['w8a8', 0.99],
  ] as const satisfies readonly (readonly [Way, number])[]) {
    it(`gives a decoder near the one of full precision: ${way}`, async () => {
      const checkpoint = checkpointFolder('smolvlm-blocks')
      const config = configOf('smolvlm2-500m', checkpoint)
      const segments = promptOf(config.hidden)
      const { decoder, bytes } = await openDecoder(way, config, checkpoint, place)
      const exact = await openTestRunner(await packageFor('smolvlm-blocks'))
      try {
        const [cache, exactCache] = [decoder.createCache(), exact.decoder.createCache()]
        for (const run of [
          async () => [
            await decoder.prefill(cache, segments),
            await exact.decoder.prefill(exactCache, segments),
          ],
          async () => [await decoder.step(cache, [7]), await exact.decoder.step(exactCache, [7])],
        ]) {
          const [logits, expected] = await run()
          const similarity = cosine(logits!, expected!)
          assert.ok(similarity > least && similarity < 1, `cosine ${similarity}`)
        }
        assert.ok(bytes > 0)
      } finally {
        await exact.close()
      }
    })
  }
})

/** 12 rows of a picture, then 5 ids. */
function promptOf(width: number): Segment[] {
  const data = Float32Array.from({ length: 12 * width }, (_, i) => Math.sin(i * 0.37))
  return [
    { kind: 'image', key: 'picture', tokens: { data, shape: [12, width] } },
    { kind: 'ids', ids: [10, 20, 30, 40, 50] },
  ]
}
