import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { DeviceCacheRun } from '../../helpers/device-cache-run.ts'
import { packageFor } from '../../helpers/packages.ts'
import { runHelper, SOFTWARE_GPU, WITH_SOFTWARE_GPU } from '../../helpers/software-gpu.ts'

describe('keys and values on a device', WITH_SOFTWARE_GPU, () => {
  let run: DeviceCacheRun
  before(async () => {
    const folder = await packageFor('base')
    run = JSON.parse(await runHelper('device-cache-run.ts', [folder], SOFTWARE_GPU))
  })

  it('give the logits that those on the CPU give', () => {
    const off = Object.entries(run.errors).filter(([, error]) => !(error < 1e-4))
    assert.deepEqual(off, [])
    assert.equal(Object.keys(run.errors).length, 9)
  })

  it('are freed once nobody needs them', () => {
    const [first, ...later] = run.living
    assert.ok(first! > 0, 'nothing was kept')
    assert.equal(later.pop(), 0)
    assert.deepEqual(new Set(later), new Set([first]))
    assert.equal(run.left, 0)
  })
})
