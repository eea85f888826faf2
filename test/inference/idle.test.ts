/** An idle model uses no CPU time: its threads stop spinning. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { findModel } from '../../config/models.ts'
import { openModel } from '../../inference/model.ts'

const SCENE = path.join(import.meta.dirname, '..', '..', 'docs', 'scene.png')
const INTERVAL_MS = 500
/** Of one core. A thread that spins takes more even where ten others want its core. */
const IDLE_SHARE = 0.02
const PATIENCE = 40

describe('an open model', () => {
  it('uses no CPU time once it has answered', async () => {
    const model = await openModel(findModel('demo'), { threads: 2 })
    try {
      await model.describe(readFileSync(SCENE))
      const shares: number[] = []
      while (shares.length < PATIENCE && (shares.at(-1) ?? 1) > IDLE_SHARE) {
        shares.push(await shareOfCore())
      }
      assert.ok(shares.at(-1)! <= IDLE_SHARE, `went on at ${shares.slice(-3).join(', ')}`)
    } finally {
      await model.close()
    }
  })
})

/** What this process takes of one core, all its threads together. Time is what is measured here. */
async function shareOfCore(): Promise<number> {
  const before = process.cpuUsage()
  const start = performance.now()
  await wait(INTERVAL_MS)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / (performance.now() - start)
}
