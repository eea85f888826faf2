/** The chart of a rule: its bars match the numbers. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import sharp from 'sharp'
import { drawRuleChart } from '../../../../bot/moderation/rules/rule-chart.ts'

const words = { right: 'Confirmed', wrong: 'Dismissed' }

/** Pixels of a color, by what they are mostly. */
async function countColors(png: Buffer) {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  assert.deepEqual([info.width, info.height], [640, 280])
  let green = 0
  let red = 0
  for (let i = 0; i < data.length; i += 3) {
    const [r, g] = [data[i]!, data[i + 1]!]
    green += Number(g > r + 50)
    red += Number(r > g + 50)
  }
  return { green, red }
}

describe('drawRuleChart', () => {
  it('has bars as large as the counts', async () => {
    const reviewed = [
      ...Array.from({ length: 6 }, () => ({ score: 0.95, right: true })),
      ...Array.from({ length: 2 }, () => ({ score: 0.95, right: false })),
    ]
    const { green, red } = await countColors(
      await drawRuleChart({ reviewed, threshold: 0.8, words }),
    )
    assert.ok(green > 2.5 * red && green < 3.5 * red, `${green} green, ${red} red`)
  })

  it('can be drawn without hits', async () => {
    const { green, red } = await countColors(
      await drawRuleChart({ reviewed: [], threshold: 0.5, words }),
    )
    assert.ok(green < 300 && red < 300, 'only the key')
  })
})
