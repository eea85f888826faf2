/** The unseen scenes of the benchmarks: whole, and each in one set only. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readRuleScenes, readUnseenScenes } from '../../../bench/quality/demo-scenes.ts'
import { decodeImage } from '../../../inference/image/decode.ts'

describe('readRuleScenes', () => {
  const scenes = readRuleScenes()

  it('has every scene with its picture', async () => {
    assert.equal(scenes.length, 1200)
    for (const { scene, picture } of [scenes[0]!, scenes[600]!, scenes.at(-1)!]) {
      const { width, height } = await decodeImage(picture)
      assert.ok(Math.max(width, height) <= 256)
      assert.ok(scene.objects.length >= 1 && scene.objects.length <= 4)
    }
  })

  it('has no picture of the other set, and none twice', () => {
    const bytes = [...scenes, ...readUnseenScenes()].map(({ picture }) =>
      Buffer.from(picture).toString('base64'),
    )
    assert.equal(new Set(bytes).size, bytes.length)
  })
})
