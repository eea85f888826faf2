/** One decoding process: what it says of itself while it works. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import sharp from 'sharp'
import { type DecodingRequest, unpackRgb } from '../../../../inference/image/decoding/job.ts'
import { DecodingProcess } from '../../../../inference/image/decoding/process.ts'

const TARGET = { side: 8, fit: 'squash' } as const

/** A picture that takes a while, and what is wanted of it. */
async function request(): Promise<DecodingRequest> {
  const sides = { width: 6000, height: 6000 }
  const picture = sharp({ create: { ...sides, channels: 3, background: '#456' } })
  const bytes = await picture.png({ compressionLevel: 1 }).toBuffer()
  const job = { kind: 'rgb', target: TARGET } as const
  return { bytes, job, limits: {}, maxMemory: 2 ** 31, slowMs: 1, maxMs: 60_000 }
}

describe('DecodingProcess', () => {
  it('says that a job is slow, and does it', async () => {
    const child = new DecodingProcess()
    let slow = 0
    const square = await child.run(await request(), () => slow++)
    const { image } = unpackRgb(square, TARGET)
    assert.deepEqual([image.width, image.height, slow], [8, 8, 1])
    await child.end()
  })

  it('gives up a job that takes too much of the processor, and ends', async () => {
    const child = new DecodingProcess()
    const job = child.run({ ...(await request()), maxMs: 10 }, () => {})
    await assert.rejects(job, { code: 'image/slow-to-decode' })
    await child.end()
    assert.equal(child.usable, false)
  })
})
