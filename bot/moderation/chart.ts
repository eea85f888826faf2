/**
 * Bar charts as PNG files. Discord shows a badge ("ALT") over the lower left corner of a picture, so
 * nothing is drawn there. The colors are told apart with every kind of color vision.
 * Source: Okabe and Ito, Color Universal Design, 2008.
 */

import sharp from 'sharp'

export const CHART_WIDTH = 640
export const CHART_HEIGHT = 320
export const BLUE = '#0072b2'
export const ORANGE = '#e69f00'

const LEFT = 56
const RIGHT = 28
/** Title and key. */
const HEAD = 84
/** Labels, the name of the axis, and room for the badge. */
const FOOT = 86
const FLOOR = CHART_HEIGHT - FOOT
const INNER_WIDTH = CHART_WIDTH - LEFT - RIGHT
const INNER_HEIGHT = FLOOR - HEAD
const GRAY = '#555'

export type Segment = { readonly color: string; readonly value: number }

export type BarChart = {
  readonly title: string
  readonly across: string
  readonly up: string
  /** The segments of each bar, the lowest first. */
  readonly bars: readonly (readonly Segment[])[]
  /** Below the bars, each in the middle; or, if there is one more than bars, below the lines between. */
  readonly labels: readonly string[]
  /** What the colors mean. */
  readonly key?: readonly { readonly color: string; readonly text: string }[]
  /** A vertical line, at a share of the width. */
  readonly line?: { readonly at: number; readonly text: string }
}

/** @returns a PNG file, 640 × 320. */
export function drawBarChart(chart: BarChart): Promise<Buffer> {
  return sharp(Buffer.from(svgOf(chart)))
    .png()
    .toBuffer()
}

function svgOf(chart: BarChart): string {
  const { title, across, up, key = [] } = chart
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${CHART_WIDTH}" height="${CHART_HEIGHT}" font-family="sans-serif" font-size="14" fill="#222">` +
    `<rect width="100%" height="100%" fill="#fff"/>` +
    text({ x: CHART_WIDTH / 2, y: 26, size: 17 }, title) +
    key.map(({ color, text: meaning }, i) => keyEntry(LEFT + i * 200, color, meaning)).join('') +
    text({ x: LEFT, y: HEAD - 12, anchor: 'end', color: GRAY }, up) +
    `<path d="M${LEFT} ${FLOOR}H${CHART_WIDTH - RIGHT}" stroke="${GRAY}"/>` +
    barsOf(chart) +
    labelsOf(chart) +
    text({ x: CHART_WIDTH / 2, y: FLOOR + 44, color: GRAY }, across) +
    lineOf(chart) +
    '</svg>'
  )
}

function barsOf({ bars }: BarChart): string {
  const totals = bars.map((segments) => segments.reduce((sum, { value }) => sum + value, 0))
  const unit = INNER_HEIGHT / Math.max(1, ...totals)
  const step = INNER_WIDTH / bars.length
  return bars
    .map((segments, i) => {
      const x = LEFT + i * step
      let top = FLOOR
      const rects = segments.map(({ color, value }) => {
        const height = value * unit
        top -= height
        return value === 0
          ? ''
          : `<rect x="${x + step * 0.1}" y="${top}" width="${step * 0.8}" height="${height}" fill="${color}"/>`
      })
      const total = totals[i] ?? 0
      const count = total === 0 ? '' : text({ x: x + step / 2, y: top - 6 }, String(total))
      return rects.join('') + count
    })
    .join('')
}

function labelsOf({ bars, labels }: BarChart): string {
  const step = INNER_WIDTH / bars.length
  const shift = labels.length > bars.length ? 0 : step / 2
  return labels
    .map((label, i) => text({ x: LEFT + i * step + shift, y: FLOOR + 20, color: GRAY }, label))
    .join('')
}

function lineOf({ line }: BarChart): string {
  if (!line) {
    return ''
  }
  const x = LEFT + line.at * INNER_WIDTH
  const anchor = line.at > 0.5 ? 'end' : 'start'
  return (
    `<path d="M${x} ${HEAD - 30}V${FLOOR}" stroke="#222" stroke-width="2" stroke-dasharray="5 4"/>` +
    text({ x: x + (anchor === 'end' ? -6 : 6), y: HEAD - 20, anchor }, line.text)
  )
}

function keyEntry(x: number, color: string, meaning: string): string {
  const y = 50
  return (
    `<rect x="${x}" y="${y - 11}" width="13" height="13" fill="${color}"/>` +
    text({ x: x + 20, y, anchor: 'start' }, meaning)
  )
}

type Place = {
  readonly x: number
  readonly y: number
  readonly size?: number
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly color?: string
}

function text(
  { x, y, size = 14, anchor = 'middle', color = '#222' }: Place,
  words: string,
): string {
  const escaped = words
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
  return `<text x="${x}" y="${y}" font-size="${size}" text-anchor="${anchor}" fill="${color}">${escaped}</text>`
}
