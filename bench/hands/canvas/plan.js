/** What kind of picture it is to be: its size, paper, habits and file. */

import { backdrop } from './paper.js'
import { COLORS } from './palette.js'

/** Everything about the picture but its shapes. */
export function planOf(d) {
  const everyday = d.chance(0.58)
  const background = everyday || d.chance(0.25) ? 'white' : d.pick(Object.keys(COLORS))
  const dark = !everyday && d.chance(0.12)
  const kind = everyday ? 'plain' : d.pick(['plain', 'plain', 'gradient', 'paper', 'grid', 'lined'])
  const name = kind === 'grid' || kind === 'lined' || kind === 'paper' ? 'white' : background
  const paper = dark
    ? { kind: 'plain', color: d.pick(['#000000', '#121212', '#0d0d0f']) }
    : { kind, color: backdrop(name, d) }
  const count = everyday
    ? Number(d.weighed({ 1: 22, 2: 42, 3: 36 }))
    : Number(d.weighed({ 0: 5, 1: 34, 2: 16, 3: 15, 4: 14, 5: 9, 6: 7 }))
  const plan = {
    everyday,
    count,
    paper,
    background: dark ? 'black' : name,
    transparent: !everyday && d.chance(0.06),
    extra: everyday
      ? null
      : d.weighed({ none: 60, frame: 12, note: 12, watermark: 6, scribble: 10 }),
    screenshot: everyday ? null : d.weighed({ no: 86, light: 7, dark: 7 }),
    habit: everyday
      ? d.weighed({ apart: 78, row: 8, column: 3, big: 7, touching: 2, overlapping: 2 })
      : d.weighed({
          apart: 30,
          row: 8,
          column: 6,
          diagonal: 8,
          big: 14,
          touching: 10,
          overlapping: 10,
          cut: 14,
        }),
    hand: d.chance(everyday ? 0.4 : 0.35),
    ...sizeOf(d, everyday),
  }
  plan.screenshot = plan.screenshot === 'no' ? null : plan.screenshot
  if (plan.transparent) {
    Object.assign(plan, { background: null, extra: null, screenshot: null })
    plan.paper.color = '#ffffff'
  }
  if (plan.paper.kind === 'gradient' && plan.background === 'white') {
    plan.background = null // its end is gray
  }
  plan.hard = plan.hand && d.chance(0.5) && !plan.transparent
  plan.saved = savedAs(plan, d)
  plan.style = [
    everyday ? 'everyday' : 'varied',
    plan.transparent ? 'transparent' : plan.paper.kind,
    ...(plan.extra && plan.extra !== 'none' ? [plan.extra] : []),
    ...(plan.screenshot ? ['screenshot'] : []),
    ...(plan.hard ? ['hard edges'] : []),
    ...(plan.saved.pixelated ? ['pixelated'] : []),
    plan.habit,
  ]
  return plan
}

function sizeOf(d, everyday) {
  const side = Math.round(
    everyday
      ? d.ratio(220, 1000)
      : { small: d.ratio(48, 100), usual: d.ratio(200, 1000), huge: d.ratio(1600, 2600) }[
          d.weighed({ small: 12, usual: 80, huge: 8 })
        ],
  )
  const aspect = everyday
    ? d.pick([4 / 3, 3 / 2, 16 / 9, 1, 3 / 4, 4 / 3, 1.6])
    : d.chance(0.3)
      ? d.ratio(1.8, 3) ** d.pick([1, -1])
      : d.ratio(0.6, 1.8)
  const longer = Math.min(4000, Math.round(side * Math.max(aspect, 1 / aspect)))
  return aspect > 1 ? { width: longer, height: side } : { width: side, height: longer }
}

function savedAs({ everyday, transparent, paper, width, height }, d) {
  const pixels = width * height
  if (transparent) {
    return { format: 'png' }
  }
  const format =
    paper.kind === 'paper' || pixels > 2e6
      ? d.pick(['jpeg', 'webp'])
      : d.weighed({ png: everyday ? 70 : 45, jpeg: 25, webp: 10 })
  const quality = Math.round(d.between(30, pixels > 2e6 ? 70 : 95))
  const pixelated = !everyday && Math.min(width, height) > 150 && d.chance(0.08)
  return { format, quality, pixelated: pixelated ? Math.round(d.between(56, 90)) : null }
}
