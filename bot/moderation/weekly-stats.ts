/** Weekly statistics of a server's cases, and their chart. */

import { DAY_MS } from '../../config/durations.ts'
import type { ChartWords, WeeklyStats } from '../../commands/moderation/service.ts'
import type { Case } from './cases/case-record.ts'
import { opensCase } from './hashes/reasons.ts'
import { dayOf } from './cases/case-index.ts'
import { BLUE, drawBarChart } from './chart.ts'

const DAYS = 7

/** The days of the statistics, in days since the epoch by UTC. */
export function weekOf(now: number): { readonly from: number; readonly to: number } {
  const to = dayOf(now)
  return { from: to - DAYS + 1, to }
}

/**
 * @param cases those of `weekOf(now)`, or more.
 * @param now milliseconds; days are those of UTC.
 * @param beganAt when moderation was set up, in milliseconds; there are no days before it. Null: not
 *   known.
 */
export function weeklyStats(
  cases: readonly Case[],
  now: number,
  beganAt: number | null,
): WeeklyStats {
  const { from, to: today } = weekOf(now)
  const begun = beganAt === null ? -Infinity : dayOf(beganAt)
  const first = Math.max(from, Math.min(begun, today))
  const since = first * DAY_MS
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
  const days = Array.from({ length: today - first + 1 }, (_, i) => ({
    name: new Date(since + i * DAY_MS).toISOString().slice(5, 10),
    cases: 0,
  }))
  let removed = 0
  for (const { state, reasons, steps, createdAt } of recent) {
    states[state] += 1
    const reason = reasons.find(opensCase)
    if (reason) {
      kinds[reason.kind] += 1
    }
    removed += steps.filter(
      ({ id, done, problem }) => id.startsWith('delete/') && done && problem === null,
    ).length
    const day = days[Math.floor((createdAt - since) / DAY_MS)]
    if (day) {
      day.cases += 1
    }
  }
  return { since: Math.max(since, beganAt ?? 0), states, kinds, removed, days }
}

/** Bars of the cases of each day, as a PNG file. */
export function drawWeeklyChart({ days }: WeeklyStats, words: ChartWords): Promise<Buffer> {
  return drawBarChart({
    ...words,
    bars: days.map(({ cases }) => [{ color: BLUE, value: cases }]),
    labels: days.map(({ name }) => name),
  })
}
