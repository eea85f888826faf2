/** The vision tower in each precision that a package can hold, on the same picture, alternating. */

import { availableParallelism } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { VISION_STORAGES, type VisionStorage } from '../../inference/blocks/precision.ts'
import { cpuSessionOptions } from '../../inference/runtime/session-options.ts'
import { writeChart } from '../report/bar-chart.ts'
import { alternate, inWords, spread } from '../report/compare.ts'
import { FULL_SIZE_OPTIONS, fullSizePackage } from './full-size-package.ts'
import { writeResults } from '../report/results.ts'
import { formatTable } from '../report/tally.ts'

const SIDE = 224

const LABELS: Readonly<Record<VisionStorage, string>> = {
  w8a8: 'W8A8, a scale for every row',
  block: '4 bits in blocks of 128',
  float: 'fp32',
}

export async function runVisionBench(args: readonly string[]): Promise<void> {
  process.env['ORT_DISABLE_TELEMETRY'] = '1' // as in inference/backends/thread.ts
  const { values } = parseArgs({ args: [...args], options: FULL_SIZE_OPTIONS })
  const sessions: Record<VisionStorage, InferenceSession> = {
    w8a8: await open(values.work, 'w8a8'),
    block: await open(values.work, 'block'),
    float: await open(values.work, 'float'),
  }
  const pixels = Float32Array.from({ length: 3 * SIDE * SIDE }, (_, i) => Math.sin(i * 0.37) * 2)
  const feeds = { pixel_values: new Tensor('float32', pixels, [1, 3, SIDE, SIDE]) }
  const timed = (storage: VisionStorage) => async () => {
    const start = performance.now()
    await sessions[storage].run(feeds, ['image_embeds'])
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
  process.stdout.write(
    formatTable([
      ['one picture, median (range)', '', 'over fp32'],
      ...rows.map(({ storage, seconds, ratio }) => [
        LABELS[storage],
        inWords(seconds, 's', 2),
        `${ratio.toFixed(1)} ×`,
      ]),
    ]),
  )
  writeResults('vision', { rows })
  writeChart('vision', {
    title: 'ViT-g/14 (random weights): one picture',
    unit: 's',
    bars: rows.map(({ storage, seconds: { median: value, low, high } }) => ({
      label: LABELS[storage],
      value,
      low,
      high,
    })),
  })
}

/** As the engine opens it. */
async function open(work: string, vision: VisionStorage): Promise<InferenceSession> {
  // The default has the folder of all other benchmarks.
  const given = vision === 'w8a8' ? {} : { vision }
  const folder = await fullSizePackage(work, 'int4', { ...given, prepare: false })
  return InferenceSession.create(
    path.join(folder, 'vision.onnx'),
    cpuSessionOptions({ threads: availableParallelism() }),
  )
}
