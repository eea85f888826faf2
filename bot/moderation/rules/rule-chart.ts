/** A rule's reviewed hits as a chart: the model's probability, and whether staff agreed. */

import sharp from 'sharp'
import { histogramOf, type Reviewed } from './rule-statistics.ts'

const WIDTH = 640
const HEIGHT = 280
const LEFT = 20
const FOOT = 60
const HEAD = 34
const RIGHT_COLOR = '#2e7d4f'
const WRONG_COLOR = '#c0392b'
const THRESHOLD_COLOR = '#222'

export type RuleChart = {
  readonly reviewed: readonly Reviewed[]
  /** 0 to 1; drawn as a line. */
  readonly threshold: number
  /** What the colors mean. */
  readonly words: { readonly right: string; readonly wrong: string }
}

/** @returns a PNG file, 640 × 280. */
export function drawRuleChart(chart: RuleChart): Promise<Buffer> {
  return sharp(Buffer.from(ruleChartSvg(chart)))
    .png()
    .toBuffer()
}

/** The chart as SVG: bars of right hits with the wrong ones on top, by tenths of probability. */
function ruleChartSvg({ reviewed, threshold, words }: RuleChart): string {
  const bins = histogramOf(reviewed)
  const most = Math.max(1, ...bins.map(({ right, wrong }) => right + wrong))
  const step = (WIDTH - 2 * LEFT) / bins.length
  const unit = (HEIGHT - FOOT - HEAD) / most
  const floor = HEIGHT - FOOT
  const bars = bins.map(({ right, wrong }, i) => {
    const x = LEFT + i * step
    const middle = x + step / 2
    const total = right + wrong
    const count =
      total === 0
        ? ''
        : `<text x="${middle}" y="${floor - total * unit - 6}" text-anchor="middle">${total}</text>`
    return (
      bar(x, floor - right * unit, { step, height: right * unit, color: RIGHT_COLOR }) +
      bar(x, floor - total * unit, { step, height: wrong * unit, color: WRONG_COLOR }) +
      count +
      `<text x="${x}" y="${floor + 18}" text-anchor="middle" fill="#555">${i * 10}%</text>`
    )
  })
  const line = LEFT + threshold * 10 * step
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="14" fill="#222">` +
    `<rect width="100%" height="100%" fill="#fff"/>${bars.join('')}` +
    `<path d="M${line} ${HEAD - 14}V${floor}" stroke="${THRESHOLD_COLOR}" stroke-width="2" stroke-dasharray="5 4"/>` +
    `<text x="${WIDTH - LEFT}" y="${floor + 18}" text-anchor="middle" fill="#555">100%</text>` +
    key(LEFT, RIGHT_COLOR, words.right) +
    key(WIDTH / 2, WRONG_COLOR, words.wrong) +
    '</svg>'
  )
}

function bar(
  x: number,
  y: number,
  { step, height, color }: { step: number; height: number; color: string },
): string {
  return height === 0
    ? ''
    : `<rect x="${x + 4}" y="${y}" width="${step - 8}" height="${height}" fill="${color}"/>`
}

function key(x: number, color: string, text: string): string {
  const y = HEIGHT - 20
  return `<rect x="${x}" y="${y - 10}" width="12" height="12" fill="${color}"/><text x="${x + 18}" y="${y}">${text}</text>`
}
