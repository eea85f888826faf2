/** Weekly statistics of a server's cases, and their chart. */

import sharp from 'sharp'
import { DAY_MS } from '../../config/durations.ts'
import type { WeeklyStats } from '../../commands/moderation/service.ts'
import type { Case } from './cases/case.ts'

const DAYS = 7
const WIDTH = 640
const HEIGHT = 260
const FOOT = 40
const HEAD = 30

/** @param now milliseconds; days are those of UTC. */
export function weeklyStats(cases: readonly Case[], now: number): WeeklyStats {
  const today = Math.floor(now / DAY_MS)
  const since = (today - DAYS + 1) * DAY_MS
  const recent = cases.filter(({ createdAt }) => createdAt >= since)
  const states = { open: 0, confirmed: 0, dismissed: 0, undone: 0 }
  const kinds = {
    hash: 0,
    resembles: 0,
    'other-server': 0,
    burst: 0,
    marked: 0,
    reported: 0,
    rule: 0,
  }
  const days = Array.from({ length: DAYS }, (_, i) => ({
    name: new Date(since + i * DAY_MS).toISOString().slice(5, 10),
    cases: 0,
  }))
  let removed = 0
  for (const { state, reasons, steps, createdAt } of recent) {
    states[state] += 1
    const kind = reasons[0]?.kind
    if (kind !== undefined && kind !== 'young-account' && kind !== 'new-member') {
      kinds[kind] += 1
    }
    removed += steps.filter(
      ({ id, done, problem }) => id.startsWith('delete/') && done && problem === null,
    ).length
    const day = days[Math.floor((createdAt - since) / DAY_MS)]
    if (day) {
      day.cases += 1
    }
  }
  return { since, states, kinds, removed, days }
}

/** Bars of the cases of each day, as a PNG file. */
export function drawWeeklyChart({ days }: WeeklyStats): Promise<Buffer> {
  const most = Math.max(1, ...days.map(({ cases }) => cases))
  const step = WIDTH / days.length
  const bars = days.map(({ name, cases }, i) => {
    const height = Math.round(((HEIGHT - FOOT - HEAD) * cases) / most)
    const top = HEIGHT - FOOT - height
    const middle = Math.round((i + 0.5) * step)
    return (
      `<rect x="${Math.round(i * step + 14)}" y="${top}" width="${Math.round(step - 28)}" height="${height}" fill="#3b6fb6"/>` +
      `<text x="${middle}" y="${top - 8}" text-anchor="middle">${cases}</text>` +
      `<text x="${middle}" y="${HEIGHT - 14}" text-anchor="middle" fill="#555">${name}</text>`
    )
  })
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="15" fill="#222"><rect width="100%" height="100%" fill="#fff"/>${bars.join('')}</svg>`
  return sharp(Buffer.from(svg)).png().toBuffer()
}
