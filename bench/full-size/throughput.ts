/** Throughput for 1 to 16 people at once: tokens per second, descriptions per minute, latency. */

import { parseArgs } from 'node:util'
import { openModel } from '../../inference/model.ts'
import { imageSourceOf } from '../../inference/contract/image-source.ts'
import type { ImageInput, ImageSource, Model } from '../../inference/contract/types.ts'
import { writeChart } from '../report/bar-chart.ts'
import { quantile } from '../report/compare.ts'
import {
  DEVICE_OPTIONS,
  FULL_SIZE_OPTIONS,
  fullSizeOn,
  GREEDY,
  noisePicture,
  TOKENS,
} from './full-size-package.ts'
import { writeResults } from '../report/results.ts'
import { formatTable } from '../report/tally.ts'

type Load = {
  readonly people: number
  /** From pictures seen already, so that steps are all there is; and from new ones. */
  readonly steps: Measured
  readonly pictures: Measured
}

type Measured = {
  readonly tokensPerSecond: number
  readonly descriptionsPerMinute: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export async function runThroughputBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...FULL_SIZE_OPTIONS,
      ...DEVICE_OPTIONS,
      people: { type: 'string', default: '1,2,4,8,16' },
    },
  })
  const { folder, precision, provider } = await fullSizeOn(values)
  const model = await openModel(folder, { conversationBytes: 0, provider })
  const rounds = Math.min(3, Number(values.rounds))
  try {
    const seen = await imageSourceOf(await noisePicture())
    await measure(model, 1, 1, async () => seen)
    const loads: Load[] = []
    for (const people of values.people.split(',').map(Number)) {
      const alone = await steps(model, people, rounds, seen)
      let seed = people * 1000
      const pictures = await measure(model, people, 1, () => noisePicture(640, 480, ++seed))
      loads.push({ people, steps: alone, pictures })
    }
    report(loads, { precision, provider })
  } finally {
    await model.close()
  }
}

/** Tokens a second from the counters of the steps alone, latencies of the whole. */
async function steps(
  model: Model,
  people: number,
  rounds: number,
  seen: ImageSource,
): Promise<Measured> {
  const before = model.stats().stages.decode
  const measured = await measure(model, people, rounds, async () => seen)
  const after = model.stats().stages.decode
  const tokensPerSecond = ((after.rows - before.rows) / (after.ms - before.ms)) * 1000
  return { ...measured, tokensPerSecond }
}

/** Several people ask at once, each again as soon as answered, a fixed number of times. */
async function measure(
  model: Model,
  people: number,
  times: number,
  picture: () => Promise<ImageInput>,
): Promise<Measured> {
  const latencies: number[] = []
  const start = performance.now()
  const pictures = await Promise.all(Array.from({ length: people * times }, picture))
  await Promise.all(
    Array.from({ length: people }, async (_, person) => {
      for (let round = 0; round < times; round++) {
        const asked = performance.now()
        const image = pictures[person * times + round]!
        await model.describe(image, { ...GREEDY, user: String(person) })
        latencies.push(performance.now() - asked)
      }
    }),
  )
  const seconds = (performance.now() - start) / 1000
  const sorted = latencies.toSorted((a, b) => a - b)
  return {
    tokensPerSecond: (latencies.length * TOKENS) / seconds,
    descriptionsPerMinute: (latencies.length / seconds) * 60,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
  }
}

function report(
  loads: readonly Load[],
  where: { readonly precision: string; readonly provider: string },
): void {
  const one = loads[0]!.steps.tokensPerSecond
  process.stdout.write(
    formatTable([
      ['people at once', 'tokens/s', 'of one', 'descriptions/min', 'p50', 'p99'],
      ...loads.map(({ people, steps: stepping, pictures }) => [
        String(people),
        stepping.tokensPerSecond.toFixed(1),
        `${(stepping.tokensPerSecond / one).toFixed(2)} ×`,
        pictures.descriptionsPerMinute.toFixed(1),
        `${(pictures.p50Ms / 1000).toFixed(1)} s`,
        `${(pictures.p99Ms / 1000).toFixed(1)} s`,
      ]),
    ]),
  )
  writeResults('throughput', { ...where, tokens: TOKENS, loads })
  writeChart('throughput', {
    title: 'People at once: tokens a second, all together',
    unit: 'tokens/s',
    bars: loads.map(({ people, steps: stepping }) => ({
      label: people === 1 ? '1 person' : `${people} people`,
      value: stepping.tokensPerSecond,
    })),
  })
}
