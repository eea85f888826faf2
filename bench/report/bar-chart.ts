/** Draws horizontal bars with the range of their measurements, as an SVG file next to the JSON. */

import { writeFileSync } from 'node:fs'
import { machine, resultFile } from './results.ts'

export type Bar = {
  readonly label: string
  readonly value: number
  /** Range of the measurements; a line over the bar. */
  readonly low?: number
  readonly high?: number
  /** Bars of a kind have a color. Default: the first. */
  readonly kind?: number
}

export type Chart = { readonly title: string; readonly unit: string; readonly bars: readonly Bar[] }

const WIDTH = 760
const ROW = 30
const LEFT = 250
const RIGHT = 110
const TOP = 58
const COLORS = ['#3b6fb6', '#b0b7c3', '#d98b3a', '#5a9e6f']

/** Writes NAME.svg beside the results. */
export function writeChart(name: string, chart: Chart): void {
  writeFileSync(resultFile(`${name}.svg`), drawChart(chart))
}

export function drawChart({ title, unit, bars }: Chart): string {
  const most = Math.max(...bars.map(({ value, high }) => high ?? value), 1e-9)
  const scale = (WIDTH - LEFT - RIGHT) / most
  const rows = bars.map(({ label, value, low, high, kind = 0 }, i) => {
    const y = TOP + i * ROW
    const middle = y + ROW / 2
    const range =
      low === undefined || high === undefined
        ? ''
        : `<path d="M${at(LEFT + low * scale)} ${middle}H${at(LEFT + high * scale)}" stroke="#222" stroke-width="1.5"/>`
    return (
      `<text x="${LEFT - 10}" y="${middle + 4}" text-anchor="end">${escape(label)}</text>` +
      `<rect x="${LEFT}" y="${y + 5}" width="${at(value * scale)}" height="${ROW - 10}" fill="${COLORS[kind % COLORS.length]}"/>` +
      range +
      `<text x="${at(LEFT + Math.max(value, high ?? 0) * scale + 8)}" y="${middle + 4}">${round(value)} ${escape(unit)}</text>`
    )
  })
  const height = TOP + bars.length * ROW + 14
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="13" fill="#222">`,
    `<title>${escape(title)}</title><rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="16" y="24" font-size="16" font-weight="600">${escape(title)}</text>`,
    `<text x="16" y="43" fill="#666">${escape(machine())}</text>`,
    ...rows,
    '</svg>\n',
  ].join('\n')
}

function at(value: number): string {
  return value.toFixed(1)
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
