/**
 * `npm run bench -- three-bridges`: what a Q-Former, a projector and cross-attention between the same ends learn and
 * cost, as a page. Rows come from `python -m training.compare`, packages from `python -m training.compare.packages`.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { newestResult, resultFile, writeResults } from '../report/results.ts'
import { drawCosts, drawLearning } from './charts.ts'
import { type Cost, measureCosts } from './costs.ts'
import { COSTS_PICTURE, LEARNING_PICTURE, writePage } from './page.ts'
import { compare, readRows } from './rows.ts'

const PAGE = path.join(import.meta.dirname, '..', '..', 'docs', 'three-bridges.md')

export async function runThreeBridgesBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string', multiple: true, default: ['training/run/compare'] },
      packages: { type: 'string' },
      rounds: { type: 'string', default: '20' },
      publish: { type: 'boolean', default: false },
    },
  })
  const comparison = compare(readRows(values.rows))
  const costs =
    values.packages === undefined
      ? measuredBefore()
      : await measureCosts(values.packages, Number(values.rounds))
  const page = writePage(comparison, costs)
  const results = writeResults('three-bridges', { ...comparison, costs })
  const file = values.publish ? PAGE : resultFile('three-bridges.md')
  writeFileSync(file, page)
  const pictureOf = (name: string) => path.join(path.dirname(file), name)
  writeFileSync(pictureOf(LEARNING_PICTURE), drawLearning(comparison.bridges))
  if (costs !== null) {
    writeFileSync(pictureOf(COSTS_PICTURE), drawCosts(costs))
  }
  process.stdout.write(
    `${page}\nwritten to ${path.relative(process.cwd(), file)} and ${path.relative(process.cwd(), results)}\n`,
  )
}

/** Of the last run that had packages; null where there was none. */
function measuredBefore(): readonly Cost[] | null {
  const file = newestResult('three-bridges.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).costs : null
}
