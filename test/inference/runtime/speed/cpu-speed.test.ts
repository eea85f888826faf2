import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cpuSpeed } from '../../../../inference/runtime/speed/cpu-speed.ts'

describe('cpuSpeed', () => {
  it('is that of some processor, in a moment', async () => {
    const { gops, gbPerSecond } = await cpuSpeed()
    // From an emulated core to a large server: a wrong unit is a thousand times off.
    assert.ok(gops > 0.5 && gops < 20_000, `${gops}`)
    assert.ok(gbPerSecond > 0.1 && gbPerSecond < 500, `${gbPerSecond}`)
  })
})
