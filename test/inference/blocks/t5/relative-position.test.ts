import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  decoderBuckets,
  encoderBuckets,
} from '../../../../inference/blocks/t5/relative-position.ts'

const FLAN = { buckets: 32, maxDistance: 128 }

/** The first distance of each bucket. */
function starts(buckets: readonly number[]): number[] {
  return Array.from({ length: Math.max(...buckets) + 1 }, (_, bucket) => buckets.indexOf(bucket))
}

// Expected: transformers 5.18, T5Attention._relative_position_bucket of torch.arange(0, 300).
describe('the buckets of a T5', () => {
  it('are the reference’s in a decoder', () => {
    assert.deepEqual(
      starts(decoderBuckets(FLAN)),
      [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 19, 21, 24, 27, 31, 35, 40, 46,
        52, 59, 67, 77, 87, 99, 113,
      ],
    )
  })

  it('are the reference’s in an encoder, other ones for each direction', () => {
    const buckets = encoderBuckets(FLAN)
    assert.deepEqual(
      starts(buckets.slice(0, 129).reverse()),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91],
    )
    assert.deepEqual(
      buckets.slice(129),
      buckets
        .slice(0, 128)
        .reverse()
        .map((bucket) => bucket + 16),
    )
  })

  it('end where the last digit of float32 says so', () => {
    assert.deepEqual(
      starts(decoderBuckets({ buckets: 8, maxDistance: 14 })),
      [0, 1, 2, 3, 4, 6, 8, 11],
    )
  })
})
