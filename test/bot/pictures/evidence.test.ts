/** What is in memory of a case's pictures. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import sharp from 'sharp'
import { encodeThumbnail } from '../../../inference/image/thumbnail.ts'
import { EvidenceMemory, evidenceFile, pictureFileOf } from '../../../bot/pictures/evidence.ts'

const decoder: Parameters<typeof evidenceFile>[2] = {
  thumbnail: (bytes, spec) => encodeThumbnail(bytes, spec),
}

async function evidenceOf(bytes: Uint8Array) {
  const from = pictureFileOf(bytes)
  const evidence = await evidenceFile(bytes, { number: 1, description: 'a picture' }, decoder)
  return { from, evidence }
}

describe('EvidenceMemory', () => {
  it('keeps the evidence in place of large files once it is made', async () => {
    const memory = new EvidenceMemory()
    const sides = { width: 1600, height: 1200, channels: 3, background: '#285' } as const
    const png = await sharp({ create: sides }).png().toBuffer()
    const large = await evidenceOf(Buffer.concat([png, Buffer.alloc(5 * 2 ** 20)]))
    memory.keep('a', [large.from])
    assert.deepEqual(memory.of('a'), [large.from])
    memory.shrink('a', [large])
    assert.deepEqual(memory.of('a'), [pictureFileOf(large.evidence.data)])
    const { width, format } = await sharp(large.evidence.data).metadata()
    assert.deepEqual([width, format], [1024, 'webp'])

    const small = await evidenceOf(png)
    memory.keep('b', [small.from, pictureFileOf(Buffer.from('no picture'))])
    memory.shrink('b', [small])
    assert.deepEqual(memory.of('b'), [small.from])
  })
})
