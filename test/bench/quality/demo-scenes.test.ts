/** The unseen scenes of the benchmarks: whole, and each once. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readUnseenScenes } from '../../../bench/quality/demo-scenes.ts'
import { decodeImage } from '../../../inference/image/decode.ts'

describe('readUnseenScenes', () => {
  const scenes = readUnseenScenes()

  it('has every scene with its picture and questions', async () => {
    assert.equal(scenes.length, 400)
    for (const { scene, picture, conversation } of [scenes[0]!, scenes[200]!, scenes.at(-1)!]) {
      const { width, height } = await decodeImage(picture)
      assert.ok(Math.max(width, height) <= 480)
      assert.ok(scene.objects.length <= 6)
      assert.ok(conversation.length > 0)
    }
  })

  it('has no picture twice', () => {
    const bytes = scenes.map(({ picture }) => Buffer.from(picture).toString('base64'))
    assert.equal(new Set(bytes).size, bytes.length)
  })
})
