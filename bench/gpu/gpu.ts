/**
 * A model on the GPU of this machine: time of a description, descriptions a minute of up to 16 people, and
 * the memory of the card. Where there is no GPU it measures nothing, and says so.
 */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigError } from '../../config/errors.ts'
import { findModel } from '../../config/models.ts'
import type { Model } from '../../inference/contract/types.ts'
import { openModel } from '../../inference/model.ts'
import { type Gpu, readGpus } from '../../inference/runtime/cuda/driver.ts'
import { chooseProvider } from '../../inference/runtime/provider.ts'
import { writeResults } from '../report/results.ts'
import { formatTable } from '../report/tally.ts'

const PICTURE = path.join(import.meta.dirname, '..', '..', 'docs', 'scene.png')
const PEOPLE = [1, 4, 16]
const OF_EACH = 4
/** Twenty tokens, whatever the picture. */
const OPTIONS = { beams: 1, maxNewTokens: 20, minNewTokens: 20 }

/** `npm run bench -- gpu`. */
export async function runGpuBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { model: { type: 'string', default: 'demo' } },
  })
  const { device } = await chooseProvider('auto')
  const gpus = await gpusOr((why) => process.stdout.write(`${why}\n`))
  if (device === 'cpu') {
    process.stdout.write(
      'No GPU is at hand that is faster than the processor: nothing was measured.\n',
    )
    return
  }
  const model = await openModel(findModel(values.model), { provider: device, maxSequences: 16 })
  try {
    const loads = []
    for (const people of PEOPLE) {
      loads.push({ people, ...(await measure(model, people)) })
    }
    const memory = await gpusOr(() => {})
    writeResults('gpu', { model: values.model, device, gpus, loads, memory })
    process.stdout.write(
      formatTable([
        [`people (${device})`, 'description, ms', 'descriptions a minute'],
        ...loads.map((one) => [String(one.people), one.ms.toFixed(0), one.perMinute.toFixed(0)]),
      ]),
    )
  } finally {
    await model.close()
  }
}

/** The cards of the NVIDIA driver; none where there is no such driver. */
async function gpusOr(tell: (why: string) => void): Promise<readonly Gpu[]> {
  try {
    return await readGpus()
  } catch (error) {
    if (error instanceof ConfigError) {
      tell(error.message)
      return []
    }
    throw error
  }
}

async function measure(model: Model, people: number) {
  let picture = 0
  const file = readFileSync(PICTURE)
  const person = async () => {
    for (let i = 0; i < OF_EACH; i += 1) {
      picture += 1
      // Bytes after the end of a PNG are ignored, and make it another picture for every cache.
      await model.describe(Buffer.concat([file, Buffer.from(String(picture))]), OPTIONS)
    }
  }
  await model.describe(file, OPTIONS) // compiles the programs of the device
  const from = performance.now()
  await Promise.all(Array.from({ length: people }, person))
  const ms = performance.now() - from
  return { ms: ms / OF_EACH, perMinute: (people * OF_EACH * 60_000) / ms }
}
