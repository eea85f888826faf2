/**
 * A short paired check for every change: ratios of the demo model against those in
 * bench/baseline.json. Ratios of two sides of one run hold on any machine, times do not; a ratio
 * that fell by more than a third, and did so again, is a regression.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { z } from 'zod'
import { imageTokensOf, textCard } from '../../inference/package/model-card.ts'
import { findModel } from '../../config/models.ts'
import { openModel } from '../../inference/model.ts'
import { imageSourceOf } from '../../inference/contract/image-source.ts'
import { cpuSessionOptions } from '../../inference/runtime/session-options.ts'
import type { ImageSource, Model } from '../../inference/contract/types.ts'
import { alternate, spread } from '../report/compare.ts'
import { readUnseenScenes } from './demo-scenes.ts'
import { formatTable } from '../report/tally.ts'

const BASELINE = path.join(import.meta.dirname, '..', 'baseline.json')
const LEAST_SHARE = 2 / 3
/** Enough for each side to run undisturbed once; its least time counts. */
const ROUNDS = 15
/** Two threads would wait for each other on a busy machine. */
const THREADS = 1
const PEOPLE = 8
const STEPS = 24

const baselineSchema = z.object({
  together: z.number(),
  followUp: z.number(),
  steps: z.number(),
})
type Ratios = z.infer<typeof baselineSchema>

const LABELS: Readonly<Record<keyof Ratios, string>> = {
  together: `${PEOPLE} together, over in turn`,
  followUp: 'follow-up cached, over uncached',
  steps: 'bare steps, over the engine’s',
}
const NAMES = ['together', 'followUp', 'steps'] as const

export async function runCheckBench(args: readonly string[]): Promise<void> {
  process.env['ORT_DISABLE_TELEMETRY'] = '1' // as in inference/backends/thread.ts
  const { values } = parseArgs({ args: [...args], options: { update: { type: 'boolean' } } })
  let ratios = await measure()
  if (values.update === true) {
    writeFileSync(BASELINE, `${JSON.stringify(ratios, null, 2)}\n`)
  }
  const baseline = baselineSchema.parse(JSON.parse(readFileSync(BASELINE, 'utf8')))
  if (fallen(ratios, baseline).length > 0) {
    process.stderr.write('A ratio fell; measuring again.\n')
    const again = await measure()
    ratios = {
      together: Math.max(ratios.together, again.together),
      followUp: Math.max(ratios.followUp, again.followUp),
      steps: Math.max(ratios.steps, again.steps),
    }
  }
  report(ratios, baseline)
}

async function measure(): Promise<Ratios> {
  const folder = findModel('demo')
  const cached = await openModel(folder, { threads: THREADS })
  const uncached = await openModel(folder, { threads: THREADS, conversationBytes: 0 })
  try {
    const picture = await imageSourceOf(readUnseenScenes(1)[0]!.picture)
    await uncached.encode(picture)
    return {
      together: await togetherRatio(uncached, picture),
      followUp: await followUpRatio(cached, uncached, picture),
      steps: await stepsRatio(folder, uncached, picture),
    }
  } finally {
    await cached.close()
    await uncached.close()
  }
}

/** How many times faster eight are answered together than one after the other. */
async function togetherRatio(model: Model, image: ImageSource): Promise<number> {
  const one = () =>
    model.describe(image, { beams: 1, minNewTokens: STEPS, maxNewTokens: STEPS, prompt: '' })
  const measured = await alternate(ROUNDS, {
    together: () => timed(() => Promise.all(Array.from({ length: PEOPLE }, one))),
    inTurn: () =>
      timed(async () => {
        for (let i = 0; i < PEOPLE; i++) {
          await one()
        }
      }),
  })
  return spread(measured.inTurn).low / spread(measured.together).low
}

/** How many times faster a second question is answered with the keys and values that the first one left. */
async function followUpRatio(
  cached: Model,
  uncached: Model,
  picture: ImageSource,
): Promise<number> {
  const question = 'What is in the picture?'
  const history = [{ question, answer: 'a red circle' }]
  const options = { beams: 1, maxNewTokens: 1, history }
  await cached.ask(picture, question, options)
  const measured = await alternate(ROUNDS, {
    cached: () => timed(() => cached.ask(picture, 'Where is it?', options)),
    uncached: async () => {
      await uncached.forget([picture.key])
      return timed(() => uncached.ask(picture, 'Where is it?', options))
    },
  })
  return spread(measured.uncached).low / spread(measured.cached).low
}

/** Time of bare runs of the decoder's graph over the time of the engine's steps. */
async function stepsRatio(folder: string, model: Model, image: ImageSource): Promise<number> {
  const session = await InferenceSession.create(
    path.join(folder, 'decoder.onnx'),
    cpuSessionOptions({ threads: THREADS, spins: true }),
  )
  const feeds = oneStep(model)
  const options = { beams: 1, minNewTokens: STEPS, maxNewTokens: STEPS, prompt: '' }
  try {
    const measured = await alternate(ROUNDS, {
      engine: () => timed(() => model.describe(image, options)),
      bare: () =>
        timed(async () => {
          for (let i = 0; i < STEPS; i++) {
            await session.run(feeds, ['logits'])
          }
        }),
    })
    return spread(measured.bare).low / spread(measured.engine).low
  } finally {
    await session.release()
  }
}

/** Time of one step of one sequence, in the middle of a description. */
function oneStep(model: Model): Record<string, Tensor> {
  const { layers, heads, headDim, embedSize } = textCard(model.card).dimensions
  const past = imageTokensOf(model.card) + STEPS / 2
  const shape = [1, heads, past, headDim]
  const feeds: Record<string, Tensor> = {
    image_tokens: new Tensor('float32', new Float32Array(0), [1, 0, embedSize]),
    input_ids: new Tensor('int64', BigInt64Array.of(5n), [1, 1]),
    position_ids: new Tensor('int64', BigInt64Array.of(BigInt(past)), [1, 1]),
    seqlens_k: new Tensor('int32', Int32Array.of(past), [1]),
    total_sequence_length: new Tensor('int32', Int32Array.of(past + 1), [1]),
    logits_rows: new Tensor('int64', BigInt64Array.of(0n), [1]),
  }
  for (let i = 0; i < layers; i++) {
    const filled = new Float32Array(heads * past * headDim).fill(0.1)
    feeds[`past_key_${i}`] = new Tensor('float32', filled, shape)
    feeds[`past_value_${i}`] = new Tensor('float32', filled, shape)
  }
  return feeds
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await run()
  return performance.now() - start
}

function fallen(ratios: Ratios, baseline: Ratios): (keyof Ratios)[] {
  return NAMES.filter((name) => ratios[name] < baseline[name] * LEAST_SHARE)
}

function report(ratios: Ratios, baseline: Ratios): void {
  const fell = fallen(ratios, baseline)
  const rows = NAMES.map((name) => [
    LABELS[name],
    `${ratios[name].toFixed(2)} ×`,
    `${baseline[name].toFixed(2)} ×`,
    fell.includes(name) ? 'fell' : 'holds',
  ])
  process.stdout.write(formatTable([['demo model', 'now', 'baseline', ''], ...rows]))
  if (fell.length > 0) {
    process.exitCode = 1
  }
}
