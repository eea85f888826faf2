/** The vision tower in each precision that a package can hold, on the same picture, alternating. */

import { availableParallelism } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { VISION_STORAGES, type VisionStorage } from '../../inference/blocks/precision.ts'
import { openPackage } from '../../inference/package/open-package.ts'
import { cpuSessionOptions } from '../../inference/runtime/session-options.ts'
import { writeChart } from '../report/bar-chart.ts'
import { alternate, inWords, spread } from '../report/compare.ts'
import {
  FULL_SIZE_OPTIONS,
  fullSizePackage,
  MODEL_OPTIONS,
  syntheticModel,
} from './full-size-package.ts'
import { writeResults } from '../report/results.ts'
import { formatTable } from '../report/tally.ts'
import type { SyntheticModel } from '../synthetic/checkpoint.ts'

const LABELS: Readonly<Record<VisionStorage, string>> = {
  w8a8: 'W8A8, a scale for every row',
  block: '4 bits in blocks',
  float: 'fp32',
}

export async function runVisionBench(args: readonly string[]): Promise<void> {
  process.env['ORT_DISABLE_TELEMETRY'] = '1' // as in inference/backends/thread.ts
  const options = { ...FULL_SIZE_OPTIONS, ...MODEL_OPTIONS }
  const { values } = parseArgs({ args: [...args], options })
  const model = syntheticModel(values.model)
  const towers: Record<VisionStorage, Tower> = {
    w8a8: await open(values.work, 'w8a8', model),
    block: await open(values.work, 'block', model),
    float: await open(values.work, 'float', model),
  }
  const { side } = towers.w8a8
  const pixels = Float32Array.from({ length: 3 * side * side }, (_, i) => Math.sin(i * 0.37) * 2)
  const feeds = { pixel_values: new Tensor('float32', pixels, [1, 3, side, side]) }
  const timed = (storage: VisionStorage) => async () => {
    const start = performance.now()
    await towers[storage].session.run(feeds, ['image_embeds'])
    return (performance.now() - start) / 1000
  }
  const measured = await alternate(Number(values.rounds), {
    w8a8: timed('w8a8'),
    block: timed('block'),
    float: timed('float'),
  })
  const fp32 = spread(measured.float)
  const rows = VISION_STORAGES.map((storage) => {
    const seconds = spread(measured[storage])
    return { storage, seconds, ratio: fp32.median / seconds.median }
  })
  const isFirst = model === MODEL_OPTIONS.model.default
  const title = isFirst ? 'ViT-g/14: one picture' : `${model}: one tile`
  process.stdout.write(
    formatTable([
      [`${title}, median (range)`, '', 'over fp32'],
      ...rows.map(({ storage, seconds, ratio }) => [
        LABELS[storage],
        inWords(seconds, 's', 2),
        `${ratio.toFixed(1)} ×`,
      ]),
    ]),
  )
  const name = isFirst ? 'vision' : `vision-${model}`
  writeResults(name, { model, rows })
  writeChart(name, {
    title: `${title}, random weights`,
    unit: 's',
    bars: rows.map(({ storage, seconds: { median: value, low, high } }) => ({
      label: LABELS[storage],
      value,
      low,
      high,
    })),
  })
}

type Tower = {
  readonly session: InferenceSession
  /** Of its input, in pixels. */
  readonly side: number
}

/** As the engine opens it. */
async function open(work: string, vision: VisionStorage, model: SyntheticModel): Promise<Tower> {
  // The default has the folder of all other benchmarks.
  const given = vision === 'w8a8' ? {} : { vision }
  const folder = await fullSizePackage(work, 'int4', { ...given, model, prepare: false })
  const { card } = await openPackage(folder)
  const session = await InferenceSession.create(
    path.join(folder, 'vision.onnx'),
    cpuSessionOptions({ threads: availableParallelism() }),
  )
  return { session, side: card.dimensions.imageSize }
}
