/**
 * One bot's model in a process of its own, for memory.ts: FOLDER. Runs a stage when sent its name,
 * and answers with the process's memory after it.
 */

import { readFileSync } from 'node:fs'
import { openModel } from '../../inference/model.ts'
import type { Model } from '../../inference/contract/types.ts'
import { GREEDY, noisePicture } from './full-size-package.ts'

/** People who ask at once in the last stage. */
export const PEOPLE = 8

/** In bytes. */
export type Memory = {
  /** In physical memory, shared or not. */
  readonly resident: number
  /** Of that, the process's own: no file stands behind it. */
  readonly own: number
  /** What it costs the machine: pages that n processes share count 1/n. */
  readonly share: number
  /** The most that was resident so far. */
  readonly peak: number
}

/** What is done in a stage. In this order each adds to what is loaded before. */
const STAGES = {
  open: async () => {},
  vision: async (model: Model) => {
    await model.encode(await noisePicture())
  },
  prefill: async (model: Model) => {
    await model.describe(await noisePicture(), { ...GREEDY, maxNewTokens: 1, minNewTokens: 1 })
  },
  decode: async (model: Model) => {
    await model.describe(await noisePicture(), GREEDY)
  },
  together: async (model: Model) => {
    const people = Array.from({ length: PEOPLE }, async (_, i) =>
      model.describe(await noisePicture(640, 480, i + 2), GREEDY),
    )
    await Promise.all(people)
  },
  /** Does nothing: another process has started to share pages. */
  again: async () => {},
} as const

export type Stage = keyof typeof STAGES

if (process.send) {
  const model = await openModel(process.argv[2] ?? '')
  process.on('message', (stage: Stage | 'end') => {
    void (stage === 'end' ? end(model) : answer(model, stage))
  })
  process.send('opened')
}

async function answer(model: Model, stage: Stage): Promise<void> {
  await STAGES[stage](model)
  process.send?.(memory())
}

async function end(model: Model): Promise<void> {
  await model.close()
  process.disconnect()
}

/** As the kernel counts it (Linux). */
function memory(): Memory {
  const pages = readFileSync('/proc/self/smaps_rollup', 'utf8')
  const status = readFileSync('/proc/self/status', 'utf8')
  return {
    resident: bytes(pages, 'Rss'),
    own: bytes(pages, 'Anonymous'),
    share: bytes(pages, 'Pss'),
    peak: bytes(status, 'VmHWM'),
  }
}

function bytes(text: string, name: string): number {
  const kib = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]
  if (kib === undefined) {
    throw new RangeError(`expected ${name} in what the kernel tells of memory`)
  }
  return Number(kib) * 1024
}
