/** Makes the card of a converted checkpoint from its family's plan and its own settings. */

import { z } from 'zod'
import { ConfigError } from '../../config/errors.ts'
import type { FamilyCheckpoint, FamilyPlan } from '../families/common/family.ts'
import { BLOCK_SIZE } from '../onnx/weight-plan.ts'
import { type BaseCard, baseCardSchema } from '../families/common/card-base.ts'
import { type ModelCard, readCard } from '../package/model-card.ts'
import type { Precision, VisionStorage } from '../blocks/precision.ts'
import { readJson } from '../families/common/read-json.ts'

/** Our own file beside config.json, for what config.json cannot say. Every field is optional. */
export const OWN_FILE = 'sightseer.json'

const { defaults, languages, questions, domain } = baseCardSchema.shape
const ownSchema = z
  .strictObject({
    name: z.string().min(1),
    about: z.string(),
    languages,
    license: z.string(),
    /** Null: the card does not say it, though the family would. */
    prompts: z.record(z.string(), z.string().nullable()),
    defaults: defaults.partial(),
    questions,
    domain,
  })
  .partial()

/** What `sightseer.json` overrides. */
export type OwnSettings = z.infer<typeof ownSchema>

/** What the card says about a calibration: pictures, smoothed modules, the strength per layer. */
export type CalibrationFacts = NonNullable<NonNullable<BaseCard['quantization']>['calibration']>

/** What a card is made from. */
export type CardFacts = {
  readonly plan: FamilyPlan
  readonly model: Pick<FamilyCheckpoint, 'license' | 'prompts'>
  readonly own: OwnSettings
  /** Stated by the README.md of the checkpoint. */
  readonly license: string | null
  /** Stated by the README.md too. */
  readonly languages: readonly string[] | null
  readonly precision: Precision
  readonly vision: VisionStorage
  /** How the vision tower was smoothed, if it was. */
  readonly calibration: CalibrationFacts | null
  readonly name: string
  readonly source: BaseCard['source'] | null
  readonly files: BaseCard['files']
}

/**
 * Reads `sightseer.json`; a missing file overrides nothing.
 *
 * @param prompts the family's prompt formats: only these can be overridden. Null: not known.
 * @param problems gets a sentence for each wrong setting.
 */
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

/** @throws {ConfigError} naming what is out of range. */
export function makeCard(facts: CardFacts): ModelCard {
  const { plan, model, own, precision, source } = facts
  const languages = own.languages ?? facts.languages
  const bits = precision === 'int4' ? 4 : precision === 'int8' ? 8 : null
  const card = readCard({
    ...plan.card,
    format: 1,
    name: own.name ?? facts.name,
    about: own.about ?? plan.about(facts.name),
    ...(languages && { languages }),
    source: {
      repository: source?.repository ?? null,
      revision: source?.revision ?? null,
      license: own.license ?? source?.license ?? facts.license ?? model.license.unstated,
    },
    graphs: Object.keys(plan.graphs),
    precision,
    quantization: bits === null ? null : quantization(bits, facts),
    prompts: stated({ ...model.prompts, ...own.prompts }),
    defaults: {
      describe: own.defaults?.describe ?? plan.card.defaults.describe,
      ask: own.defaults?.ask ?? plan.card.defaults.ask,
    },
    ...(own.questions && { questions: own.questions }),
    ...(own.domain && { domain: own.domain }),
    files: facts.files,
  })
  if (typeof card === 'string') {
    throw new ConfigError([`The checkpoint's configuration cannot be used: ${card}.`])
  }
  return card
}

function stated(prompts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(prompts).filter(([, format]) => format !== null))
}

/** The card's record of quantization; `quantized` and `kept` count matrices. */
function quantization(
  bits: 4 | 8,
  { plan, vision, calibration }: CardFacts,
): BaseCard['quantization'] {
  const graphs = Object.values(plan.graphs)
  const record = {
    bits,
    blockSize: BLOCK_SIZE,
    quantized: graphs.reduce((sum, graph) => sum + graph.quantized, 0),
    kept: graphs.reduce((sum, graph) => sum + graph.kept, 0),
    vision,
  }
  return calibration === null ? record : { ...record, calibration }
}
