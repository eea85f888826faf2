import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { decodeFrames } from '../../../../inference/image/animation/frames.ts'
import { packFrames, unpackFrames } from '../../../../inference/image/decoding/pack-frames.ts'
import { DecodingPool } from '../../../../inference/image/decoding/pool.ts'
import { movingBytes } from '../../../helpers/moving-pictures.ts'

const SPEC = { most: 4, side: 64 }

describe('frames of a decoding process', () => {
  const pool = new DecodingPool()
  after(() => pool.close())

  it('are those that are decoded on this thread', async () => {
    const bytes = movingBytes('parts.gif')
    assert.deepEqual(await pool.frames(bytes, SPEC), plain(await decodeFrames(bytes, SPEC)))
  })

  it('are refused where they are more, larger or cut short', () => {
    const files = [Uint8Array.of(1, 2), Uint8Array.of(3)]
    const packed = packFrames({ total: 9, files })
    assert.deepEqual(unpackFrames(packed, SPEC), { total: 9, files })
    assert.throws(() => unpackFrames(packed, { ...SPEC, most: 1 }), /no frames/)
    assert.throws(() => unpackFrames(packed.subarray(0, -1), SPEC), /no frames/)
    assert.throws(() => unpackFrames(Uint8Array.of(1), SPEC), /no frames/)
    const large = packFrames({ total: 9, files: [new Uint8Array(100_000)] })
    assert.throws(() => unpackFrames(large, SPEC), /no frames/)
  })
})

function plain({ total, files }: { total: number; files: readonly Uint8Array[] }) {
  return { total, files: files.map((file) => new Uint8Array(file)) }
}
