/** What a replay takes, part by part. */

import { CaseExecutor } from '../../bot/moderation/cases/executor.ts'
import { PictureWords } from '../../bot/moderation/hashes/picture-words.ts'
import type { WordSketch } from '../../bot/moderation/hashes/word-sketch.ts'

export type Took = { readonly wallMs: number; readonly processorMs: number }

export const NONE: Took = { wallMs: 0, processorMs: 0 }

/** Separates the time to examine a picture from the time to carry out the few cases. */
export class TimedExecutor extends CaseExecutor {
  spent: Took = NONE

  override async carryOut(guildId: string, id: string): Promise<void> {
    const { wallMs, processorMs } = await timed(() => super.carryOut(guildId, id))
    this.spent = sum(this.spent, { wallMs, processorMs })
  }
}

/** Separates the time to read words. */
export class TimedWords extends PictureWords {
  spent: Took = NONE
  reads = 0

  override async ofPicture(...args: Parameters<PictureWords['ofPicture']>) {
    let words: WordSketch | null = null
    const took = await timed(async () => {
      words = await super.ofPicture(...args)
    })
    this.spent = sum(this.spent, took)
    this.reads += 1
    return words
  }
}

/** @param sorted in rising order. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}

/** Time by the clock, and of the processor on all threads of this process. */
export async function timed(work: () => Promise<unknown>): Promise<Took> {
  const started = performance.now()
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return { wallMs: performance.now() - started, processorMs: (user + system) / 1000 }
}

export function sum(a: Took, b: Took): Took {
  return { wallMs: a.wallMs + b.wallMs, processorMs: a.processorMs + b.processorMs }
}

export function without(whole: Took, part: Took): Took {
  const left = (key: keyof Took) => Math.max(0, whole[key] - part[key])
  return { wallMs: left('wallMs'), processorMs: left('processorMs') }
}
