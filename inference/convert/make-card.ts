/** Writes the card of a converted checkpoint, from what its family and its own settings say. */

import { z } from 'zod'
import type { FamilyCheckpoint, FamilyPlan } from '../families/family.ts'
import { BLOCK_SIZE } from '../onnx/weight-plan.ts'
import { type BaseCard, baseCardSchema } from '../families/card-base.ts'
import { type ModelCard, readCard } from '../package/model-card.ts'
import type { Precision, VisionStorage } from '../blocks/precision.ts'
import { readJson } from '../families/read-json.ts'

/** A checkpoint may say here what config.json cannot: our own file, all of it optional. */
export const OWN_FILE = 'sightseer.json'

const { defaults, questions } = baseCardSchema.shape
const ownSchema = z
  .strictObject({
    name: z.string().min(1),
    about: z.string(),
    license: z.string(),
    prompts: z.record(z.string(), z.string()),
    defaults: defaults.partial(),
    questions,
  })
  .partial()

/** What `sightseer.json` overrides. */
export type OwnSettings = z.infer<typeof ownSchema>

export type CalibrationFacts = NonNullable<NonNullable<BaseCard['quantization']>['calibration']>

export type CardFacts = {
  readonly plan: FamilyPlan
  readonly model: Pick<FamilyCheckpoint, 'license' | 'prompts'>
  readonly own: OwnSettings
  /** Stated by the README.md of the checkpoint. */
  readonly license: string | null
  readonly precision: Precision
  readonly vision: VisionStorage
  /** How the vision tower was smoothed, if it was. */
  readonly calibration: CalibrationFacts | null
  readonly name: string
  readonly source: BaseCard['source'] | null
  readonly files: BaseCard['files']
}

/** @param prompts the family's formats; only these can be overridden. Null: not known. */
export function readOwnSettings(
  folder: string,
  prompts: FamilyCheckpoint['prompts'] | null,
  problems: string[],
): OwnSettings {
  const json = readJson(folder, OWN_FILE, problems)
  const parsed = ownSchema.safeParse(json ?? {})
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      problems.push(`${OWN_FILE}: ${issue.path.join('.')}: ${issue.message}`)
    }
    return {}
  }
  for (const name of Object.keys(parsed.data.prompts ?? {})) {
    if (prompts !== null && !Object.hasOwn(prompts, name)) {
      problems.push(`${OWN_FILE}: prompts.${name}: known are ${Object.keys(prompts).join(', ')}.`)
    }
  }
  return parsed.data
}

export function makeCard(facts: CardFacts): ModelCard {
  const { plan, model, own, precision, source } = facts
  const bits = precision === 'int4' ? 4 : precision === 'int8' ? 8 : null
  const card = readCard({
    ...plan.card,
    format: 1,
    name: own.name ?? facts.name,
    about: own.about ?? plan.about(facts.name),
    source: {
      repository: source?.repository ?? null,
      revision: source?.revision ?? null,
      license: own.license ?? source?.license ?? facts.license ?? model.license.unstated,
    },
    graphs: Object.keys(plan.graphs),
    precision,
    quantization: bits === null ? null : quantization(bits, facts),
    prompts: { ...model.prompts, ...own.prompts },
    defaults: {
      describe: own.defaults?.describe ?? plan.card.defaults.describe,
      ask: own.defaults?.ask ?? plan.card.defaults.ask,
    },
    ...(own.questions && { questions: own.questions }),
    files: facts.files,
  })
  if (typeof card === 'string') {
    throw new TypeError(`expected the plan of a family to make a card: ${card}`)
  }
  return card
}

function quantization(
  bits: 4 | 8,
  { plan, vision, calibration }: CardFacts,
): BaseCard['quantization'] {
  const graphs = Object.values(plan.graphs)
  const how = {
    bits,
    blockSize: BLOCK_SIZE,
    quantized: graphs.reduce((sum, graph) => sum + graph.quantized, 0),
    kept: graphs.reduce((sum, graph) => sum + graph.kept, 0),
    vision,
  }
  return calibration === null ? how : { ...how, calibration }
}
