import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { drawCosts } from '../../../bench/bridges/charts.ts'
import { type Cost, measureCosts } from '../../../bench/bridges/costs.ts'
import { writePage } from '../../../bench/bridges/page.ts'
import { packageFor } from '../../helpers/packages.ts'

describe('measureCosts', () => {
  let folder: string
  let costs: Cost[]
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'costs-'))
    const packages = {
      qformer: 'base',
      projector: 'llava-clip',
      'cross-attention': 'idefics-direct',
    } as const
    for (const [bridge, name] of Object.entries(packages)) {
      symlinkSync(await packageFor(name), path.join(folder, bridge))
    }
    costs = await measureCosts(folder, 2)
  })
  after(() => rmSync(folder, { recursive: true }))

  it('measures each bridge', () => {
    assert.deepEqual(
      costs.map(({ bridge }) => bridge),
      ['qformer', 'projector', 'cross-attention'],
    )
    for (const cost of costs) {
      assert.equal(cost.prefill.values.length, 2)
      assert.ok(cost.vision.low > 0 && cost.prefill.low > 0 && cost.token.low > 0, cost.bridge)
      assert.ok(cost.pictureBytes > 0 && cost.conversationBytes > 0, cost.bridge)
      assert.equal(cost.again.high, 0, cost.bridge)
    }
  })

  it('measures the package, and a process that has it alone', () => {
    for (const { bridge, packageBytes, openBytes, peakBytes } of costs) {
      assert.ok(packageBytes > 10_000 && packageBytes < 10_000_000, `${bridge}: ${packageBytes}`)
      assert.ok(openBytes > 30e6 && peakBytes >= openBytes, `${bridge}: ${openBytes}, ${peakBytes}`)
    }
  })

  it('shows them in the page and the picture', () => {
    const page = writePage({ bridges: [], elsewhere: [], swaps: [] }, costs)
    assert.match(page, new RegExp(`positions of the first prompt +\\| +${costs[0]!.positions} \\|`))
    assert.match(page, /\| process, peak of two questions +\| +\d+\.\d MB \|/)
    assert.equal(drawCosts(costs).match(/<rect [^>]*fill="#d98b3a"/g)!.length, 8 + 1)
  })
})
