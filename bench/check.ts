/**
 * A short paired check for every change: ratios of the demo model against those in
 * bench/baseline.json. Ratios of two sides of one run hold on any machine, times do not; a ratio
 * that fell by more than a third is a regression.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { findModel } from '../config/models.ts'
import { openModel } from '../inference/model.ts'
import type { ImageTokens, Model } from '../inference/types.ts'
import { alternate, spread } from './compare.ts'
import { readUnseenScenes } from './demo-scenes.ts'
import { formatTable } from './tally.ts'

const BASELINE = path.join(import.meta.dirname, 'baseline.json')
const LEAST_SHARE = 2 / 3
const ROUNDS = 7
const PEOPLE = 8
const STEPS = 24

const baselineSchema = z.object({ together: z.number(), followUp: z.number() })
type Ratios = z.infer<typeof baselineSchema>

export async function runCheckBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { update: { type: 'boolean' } } })
  const folder = findModel('demo')
  const kept = await openModel(folder)
  const anew = await openModel(folder, { conversationBytes: 0 })
  try {
    const picture = readUnseenScenes(1)[0]!.picture
    const tokens = await kept.embedImage(picture)
    const ratios: Ratios = {
      together: await togetherRatio(anew, tokens),
      followUp: await followUpRatio(kept, anew, tokens, picture),
    }
    if (values.update === true) {
      writeFileSync(BASELINE, `${JSON.stringify(ratios, null, 2)}\n`)
    }
    compare(ratios)
  } finally {
    await kept.close()
    await anew.close()
  }
}

/** How many times faster eight are answered together than one after the other. */
async function togetherRatio(model: Model, image: ImageTokens): Promise<number> {
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
  return spread(measured.inTurn).median / spread(measured.together).median
}

/** How many times faster a second question is answered with what the first has left. */
async function followUpRatio(
  kept: Model,
  anew: Model,
  tokens: ImageTokens,
  picture: Uint8Array,
): Promise<number> {
  const question = 'What is in the picture?'
  const history = [{ question, answer: 'a red circle' }]
  const options = { beams: 1, maxNewTokens: 1, history }
  await kept.ask(tokens, question, options)
  const measured = await alternate(ROUNDS, {
    kept: () => timed(() => kept.ask(tokens, 'Where is it?', options)),
    anew: () => timed(() => anew.ask(picture, 'Where is it?', options)),
  })
  return spread(measured.anew).median / spread(measured.kept).median
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await run()
  return performance.now() - start
}

function compare(ratios: Ratios): void {
  const baseline = baselineSchema.parse(JSON.parse(readFileSync(BASELINE, 'utf8')))
  const rows = (['together', 'followUp'] as const).map((name) => {
    const fell = ratios[name] < baseline[name] * LEAST_SHARE
    process.exitCode = fell ? 1 : process.exitCode
    return [
      name === 'together' ? `${PEOPLE} together, over in turn` : 'follow-up kept, over anew',
      `${ratios[name].toFixed(2)} ×`,
      `${baseline[name].toFixed(2)} ×`,
      fell ? 'fell' : 'holds',
    ]
  })
  process.stdout.write(formatTable([['demo model', 'now', 'baseline', ''], ...rows]))
}
