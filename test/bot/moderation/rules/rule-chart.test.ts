/** The chart of a rule: its bars match the numbers. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import sharp from 'sharp'
import { drawRuleChart } from '../../../../bot/moderation/rules/rule-chart.ts'

const words = {
  title: 'What staff decided about the hits of “<circles> & co”',
  across: 'How sure I was of “yes”',
  up: 'Hits',
  right: 'Confirmed',
  wrong: 'Dismissed',
  threshold: 'threshold',
}

/** The pixels of a chart. */
async function pixelsOf(png: Buffer) {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  assert.deepEqual([info.width, info.height], [640, 320])
  return Array.from({ length: data.length / 3 }, (_, i) => {
    const [r, g, b] = [data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!]
    return { x: i % info.width, y: Math.floor(i / info.width), r, g, b }
  })
}

/** Pixels of a color, by what they are mostly. */
async function countColors(png: Buffer) {
  const pixels = await pixelsOf(png)
  const blue = pixels.filter(({ r, b }) => b > r + 100).length
  const orange = pixels.filter(({ r, b }) => r > b + 100).length
  return { blue, orange }
}

describe('drawRuleChart', () => {
  it('has bars as large as the counts', async () => {
    const reviewed = [
      ...Array.from({ length: 6 }, () => ({ score: 0.95, right: true })),
      ...Array.from({ length: 2 }, () => ({ score: 0.95, right: false })),
    ]
    const { blue, orange } = await countColors(
      await drawRuleChart({ reviewed, rule: { kind: 'question', threshold: 0.8 }, words }),
    )
    assert.ok(blue > 2.5 * orange && blue < 3.5 * orange, `${blue} blue, ${orange} orange`)
  })

  it('can be drawn without hits', async () => {
    const { blue, orange } = await countColors(
      await drawRuleChart({ reviewed: [], rule: { kind: 'question', threshold: 0.5 }, words }),
    )
    assert.ok(blue < 300 && orange < 300, 'only the key')
  })

  it('leaves the corner free where Discord shows its badge', async () => {
    const reviewed = Array.from({ length: 3 }, () => ({ score: 0.02, right: true }))
    const pixels = await pixelsOf(
      await drawRuleChart({ reviewed, rule: { kind: 'question', threshold: 0.02 }, words }),
    )
    const drawn = pixels.filter(({ x, y, g }) => x < 90 && y >= 280 && g < 250)
    assert.deepEqual(drawn, [])
  })
})
