import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { drawChart } from '../../../bench/report/bar-chart.ts'

describe('drawChart', () => {
  it('draws bars in proportion, with their ranges and what they are', () => {
    const svg = drawChart({
      title: 'a < b',
      unit: 's',
      bars: [
        { label: 'long', value: 4, low: 3, high: 4 },
        { label: 'short', value: 1, kind: 1 },
      ],
    })
    const widths = [...svg.matchAll(/<rect x="250" [^>]*width="([\d.]+)"/g)].map((found) =>
      Number(found[1]),
    )
    assert.equal(widths.length, 2)
    assert.ok(Math.abs(widths[0]! / widths[1]! - 4) < 0.01)
    assert.equal(svg.match(/<path/g)?.length, 1)
    assert.match(svg, /a &lt; b/)
    assert.match(svg, />long<.*>4\.00 s</s)
  })
})
