/** Counts what the engine does, for its statistics. */

import { byStage, type Stage } from '../contract/stages.ts'
import type { ModelStats } from '../contract/types.ts'

type Outcome = 'done' | 'failed' | 'refused' | 'late'

export class Counters {
  readonly #outcomes: Record<Outcome, number> = { done: 0, failed: 0, refused: 0, late: 0 }
  readonly #stages = byStage(() => ({ runs: 0, rows: 0, ms: 0 }))

  count(outcome: Outcome): void {
    this.#outcomes[outcome] += 1
  }

  /** Measures a run of a stage. @param rows pictures or sequences in it. */
  async time<Result>(
    stage: Stage,
    rows: number,
    run: () => Promise<Result>,
  ): Promise<{ readonly result: Result; readonly ms: number }> {
    const start = performance.now()
    const result = await run()
    const ms = performance.now() - start
    const sums = this.#stages[stage]
    sums.runs += 1
    sums.rows += rows
    sums.ms += ms
    return { result, ms }
  }

  outcomes(): Readonly<Record<Outcome, number>> {
    return { ...this.#outcomes }
  }

  stages(): ModelStats['stages'] {
    return byStage((stage) => ({ ...this.#stages[stage] }))
  }
}
