/** Draws what was measured of the three bridges, as SVG on a ground of its own: readable on a light page and on a dark one. */

import type { Cost } from './costs.ts'
import { type Bridge, BRIDGES, type Group, type Row } from './rows.ts'
import { NAMES, nameOf } from './words.ts'

const COLORS: Readonly<Record<Bridge, string>> = {
  qformer: '#3b6fb6',
  projector: '#d98b3a',
  'cross-attention': '#5a9e6f',
}
const PANEL = { width: 380, height: 260, left: 58, top: 62, gap: 30 } as const
const BAR = { width: 240, row: 26, left: 16, top: 58 } as const

type Point = { readonly x: number; readonly y: number }
type Axis = { readonly title: string; readonly of: (row: Row) => readonly Point[] }

const AXES: readonly Axis[] = [
  { title: 'samples', of: pointsBy((at) => at.samples) },
  { title: 'seconds of training, without the vision tower', of: pointsBy((at) => at.seconds) },
]

/** Share of right answers on the way: each seed a thin line, their mean a thick one; dashed where the language model is adapted. */
export function drawLearning(groups: readonly Group[]): string {
  const width = PANEL.left + AXES.length * (PANEL.width + PANEL.gap)
  const bottom = PANEL.top + PANEL.height + 56
  const ceiling = groups[0]?.rows[0]?.text['all'] ?? null
  const panels = AXES.map((axis, i) =>
    panel(axis, groups, ceiling, PANEL.left + i * (PANEL.width + PANEL.gap)),
  )
  const legend = groups.map((group, i) => {
    const y = bottom + i * 20
    return (
      `<path d="M${PANEL.left} ${y - 4}h34" ${stroke(group, 2.5)}/>` +
      text(PANEL.left + 44, y, `${nameOf(group)} (${seeds(group.rows.length)})`)
    )
  })
  const height = bottom + groups.length * 20
  return page('Right answers about held-out pictures while the bridges learn', width, height, [
    ...panels,
    ...legend,
  ])
}

function panel(
  { title, of }: Axis,
  groups: readonly Group[],
  ceiling: number | null,
  left: number,
): string {
  const last = Math.max(
    1,
    ...groups.flatMap(({ rows }) => rows.flatMap((row) => of(row).map(({ x }) => x))),
  )
  const at = ({ x, y }: Point) =>
    `${(left + (x / last) * PANEL.width).toFixed(1)} ${(PANEL.top + (1 - y) * PANEL.height).toFixed(1)}`
  const line = (points: readonly Point[]) =>
    points.map((point, i) => `${i === 0 ? 'M' : 'L'}${at(point)}`).join('')
  const grid = [0, 0.25, 0.5, 0.75, 1].map((y) => {
    const label = left === PANEL.left ? text(left - 8, heightOf(y) + 4, `${100 * y} %`, 'end') : ''
    return `<path d="M${left} ${heightOf(y)}h${PANEL.width}" stroke="#e3e6ea"/>${label}`
  })
  const ticks = [0, last / 2, last].map((x, i) =>
    text(
      left + (x / last) * PANEL.width,
      PANEL.top + PANEL.height + 18,
      Math.round(x).toLocaleString('en'),
      i === 0 ? 'start' : i === 1 ? 'middle' : 'end',
    ),
  )
  const reading =
    ceiling === null
      ? ''
      : `<path d="M${left} ${heightOf(ceiling)}h${PANEL.width}" stroke="#777" stroke-dasharray="2 3"/>` +
        text(left + 4, heightOf(ceiling) + 14, 'the language model reading text', 'start', '#666')
  const lines = groups.flatMap((group) => {
    const seeds = group.rows.map(of)
    const thin =
      seeds.length > 1
        ? seeds.map((points) => `<path d="${line(points)}" opacity="0.45" ${stroke(group, 1)}/>`)
        : []
    return [...thin, `<path d="${line(meanOf(seeds))}" ${stroke(group, 2.5)}/>`]
  })
  const below = text(left + PANEL.width / 2, PANEL.top + PANEL.height + 34, title, 'middle', '#666')
  return [...grid, ...ticks, reading, ...lines, below].join('\n')
}

/** Of the measurements that all seeds have, in their order: also the mean of where they are. */
function meanOf(lines: readonly (readonly Point[])[]): Point[] {
  const count = Math.min(...lines.map((points) => points.length))
  const mean = (i: number, of: (point: Point) => number) =>
    lines.reduce((sum, points) => sum + of(points[i]!), 0) / lines.length
  return Array.from({ length: count }, (_, i) => ({
    x: mean(i, ({ x }) => x),
    y: mean(i, ({ y }) => y),
  }))
}

/** Bars of each cost, on a scale of its own. */
export function drawCosts(costs: readonly Cost[]): string {
  const kinds: readonly (readonly [string, (cost: Cost) => number, number])[] = [
    ['positions of the prompt', ({ positions }) => positions, 0],
    ['prefill, ms', ({ prefill }) => prefill.median, 1],
    ['each token, ms', ({ token }) => token.median, 2],
    ['next question, ms', ({ followUp }) => followUp.median, 1],
    ['tower and bridge, ms', ({ vision, once }) => vision.median + once.median, 1],
    ['kept of a picture, kB', ({ pictureBytes }) => pictureBytes / 1000, 0],
    ['kept of a conversation, kB', ({ conversationBytes }) => conversationBytes / 1000, 0],
    ['peak memory, MB', ({ peakBytes }) => peakBytes / 1e6, 0],
  ]
  const columns = 4
  const ordered = BRIDGES.flatMap((name) => costs.find(({ bridge }) => bridge === name) ?? [])
  const rowHeight = 28 + ordered.length * BAR.row + 14
  const groups = kinds.map(([title, of, digits], i) => {
    const left = BAR.left + (i % columns) * (BAR.width + 12)
    const top = BAR.top + Math.floor(i / columns) * rowHeight
    const most = Math.max(...ordered.map(of), 1e-9)
    const bars = ordered.map((cost, place) => {
      const y = top + 12 + place * BAR.row
      const width = ((BAR.width - 70) * of(cost)) / most
      return (
        `<rect x="${left}" y="${y}" width="${width.toFixed(1)}" height="${BAR.row - 8}" fill="${COLORS[cost.bridge]}"/>` +
        text(
          left + width + 6,
          y + 13,
          of(cost).toLocaleString('en', { maximumFractionDigits: digits }),
        )
      )
    })
    return [text(left, top, title, 'start', '#222', 600), ...bars].join('\n')
  })
  const bottom = BAR.top + Math.ceil(kinds.length / columns) * rowHeight + 6
  const legend = ordered.map(({ bridge }, i) => {
    const left = BAR.left + i * 250
    return `<rect x="${left}" y="${bottom - 11}" width="12" height="12" fill="${COLORS[bridge]}"/>${text(left + 20, bottom, NAMES[bridge])}`
  })
  const width = BAR.left + columns * (BAR.width + 12)
  return page('What the three bridges cost in the engine', width, bottom, [...groups, ...legend])
}

function pointsBy(x: (at: Row['curve'][number]) => number): Axis['of'] {
  return ({ curve }) => curve.map((at) => ({ x: x(at), y: at.answers['all'] ?? 0 }))
}

function heightOf(share: number): number {
  return PANEL.top + (1 - share) * PANEL.height
}

function seeds(count: number): string {
  return count === 1 ? 'one seed' : `${count} seeds`
}

function stroke({ bridge, adapted }: Group, width: number): string {
  return `fill="none" stroke="${COLORS[bridge]}" stroke-width="${width}"${adapted ? ' stroke-dasharray="7 4"' : ''}`
}

function text(
  x: number,
  y: number,
  words: string,
  anchor = 'start',
  color = '#222',
  weight = 400,
): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="${color}" font-weight="${weight}">${words}</text>`
}

function page(title: string, width: number, bottom: number, parts: readonly string[]): string {
  const height = bottom + 16
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="13">`,
    `<title>${title}</title><rect width="${width}" height="${height}" rx="6" fill="#fff"/>`,
    `<text x="16" y="28" font-size="16" font-weight="600" fill="#222">${title}</text>`,
    ...parts,
    '</svg>\n',
  ].join('\n')
}
