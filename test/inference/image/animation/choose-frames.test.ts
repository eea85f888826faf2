import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { chooseFrames } from '../../../../inference/image/animation/choose-frames.ts'

describe('chooseFrames', () => {
  it('takes all frames where they are few', () => {
    assert.deepEqual(chooseFrames([100, 5000, 100], 8), [0, 1, 2])
  })

  it('spreads frames of equal length evenly', () => {
    assert.deepEqual(
      chooseFrames(
        Array.from({ length: 16 }, () => 100),
        4,
      ),
      [2, 6, 10, 14],
    )
  })

  it('goes by time, not by number', () => {
    // 0 to 1000 ms, then four frames of 250 ms: the middles of four parts are at 250, 750, 1250 and 1750.
    assert.deepEqual(chooseFrames([1000, 250, 250, 250, 250], 4), [0, 1, 2, 4])
  })

  it('takes no frame twice, whatever one long frame takes', () => {
    assert.deepEqual(chooseFrames([20, 20, 20, 60_000], 3), [1, 2, 3])
    assert.deepEqual(chooseFrames([60_000, 20, 20, 20], 3), [0, 1, 2])
  })

  it('takes next to no time for a tenth of a second, as browsers do', () => {
    assert.deepEqual(chooseFrames([0, 0, 0, 0, 100, 10], 2), [1, 4])
  })
})
