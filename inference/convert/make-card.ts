/** Writes the card of a converted checkpoint: its shape, its prompts and what people get by default. */

import { z } from 'zod'
import { visionTokens } from '../families/blip2/config.ts'
import type { Blip2Config } from '../families/blip2/config.ts'
import { BLOCK_SIZE } from '../onnx/weight-plan.ts'
import { modelCardSchema } from '../package/model-card.ts'
import type { ModelCard, Precision, VisionStorage } from '../package/model-card.ts'
import { readJson } from './checkpoint/read-json.ts'

/** A checkpoint may say here what config.json cannot: our own file, all of it optional. */
export const OWN_FILE = 'sightseer.json'

const { prompts, defaults, questions } = modelCardSchema.shape
const ownSchema = z
  .strictObject({
    name: z.string().min(1),
    about: z.string(),
    license: z.string(),
    prompts: prompts.partial(),
    defaults: defaults.partial(),
    questions,
  })
  .partial()

/** What `sightseer.json` overrides. */
export type OwnSettings = z.infer<typeof ownSchema>

/** LAVIS' prompts; see projects/blip2 and models/blip2_models/blip2_opt.py there. */
const PROMPTS: ModelCard['prompts'] = {
  caption: '',
  question: 'Question: {question} Answer:',
  turn: 'Question: {question} Answer: {answer} ',
  history: 'Context: ',
}

/**
 * LAVIS' beam search with its lengths; a mild repetition penalty and no repeated trigrams keep the
 * captions of OPT from going round in circles. A negative length penalty favours short answers, as
 * the BLIP-2 paper has it for visual question answering.
 */
const DEFAULTS: ModelCard['defaults'] = {
  describe: {
    maxNewTokens: 30,
    minNewTokens: 5,
    beams: 5,
    repetitionPenalty: 1.1,
    noRepeatNgramSize: 3,
  },
  ask: { maxNewTokens: 10, beams: 5, lengthPenalty: -1 },
}

const OPT_LICENSE =
  'not stated by the checkpoint; OPT language models are licensed by Meta for non-commercial research only'

export type CalibrationFacts = NonNullable<NonNullable<ModelCard['quantization']>['calibration']>

export type CardFacts = {
  readonly model: Blip2Config
  readonly tokens: ModelCard['tokens']
  readonly preprocessing: ModelCard['preprocessing']
  readonly precision: Precision
  readonly vision: VisionStorage
  /** How the image encoder was smoothed, if it was. */
  readonly calibration: CalibrationFacts | null
  readonly name: string
  readonly source: ModelCard['source'] | null
  readonly quantized: number
  readonly kept: number
  readonly files: ModelCard['files']
}

export function readOwnSettings(folder: string, problems: string[]): OwnSettings {
  const json = readJson(folder, OWN_FILE, problems)
  const parsed = ownSchema.safeParse(json ?? {})
  if (parsed.success) {
    return parsed.data
  }
  for (const issue of parsed.error.issues) {
    problems.push(`${OWN_FILE}: ${issue.path.join('.')}: ${issue.message}`)
  }
  return {}
}

export function makeCard(facts: CardFacts, own: OwnSettings, license: string | null): ModelCard {
  const { model, precision, source } = facts
  const bits = precision === 'int4' ? 4 : precision === 'int8' ? 8 : null
  return {
    format: 1,
    family: 'blip2-opt',
    name: own.name ?? facts.name,
    about: own.about ?? `${facts.name}: a BLIP-2 model with an OPT language model.`,
    source: {
      repository: source?.repository ?? null,
      revision: source?.revision ?? null,
      license: own.license ?? source?.license ?? license ?? OPT_LICENSE,
    },
    precision,
    quantization: bits === null ? null : quantization(bits, facts),
    dimensions: {
      imageSize: model.vision.imageSize,
      patchSize: model.vision.patchSize,
      visionTokens: visionTokens(model.vision),
      visionHidden: model.vision.hidden,
      visionLayers: model.vision.layers,
      queryTokens: model.qformer.queries,
      qformerHidden: model.qformer.hidden,
      embedSize: model.text.embed,
      hiddenSize: model.text.hidden,
      layers: model.text.layers,
      heads: model.text.heads,
      headDim: model.text.hidden / model.text.heads,
      vocabSize: model.text.vocab,
      maxPositions: model.text.maxPositions,
    },
    tokens: facts.tokens,
    preprocessing: facts.preprocessing,
    prompts: {
      caption: own.prompts?.caption ?? PROMPTS.caption,
      question: own.prompts?.question ?? PROMPTS.question,
      turn: own.prompts?.turn ?? PROMPTS.turn,
      history: own.prompts?.history ?? PROMPTS.history,
    },
    defaults: {
      describe: own.defaults?.describe ?? DEFAULTS.describe,
      ask: own.defaults?.ask ?? DEFAULTS.ask,
    },
    ...(own.questions && { questions: own.questions }),
    files: facts.files,
  }
}

function quantization(
  bits: 4 | 8,
  { quantized, kept, vision, calibration }: CardFacts,
): ModelCard['quantization'] {
  const how = { bits, blockSize: BLOCK_SIZE, quantized, kept, vision }
  return calibration === null ? how : { ...how, calibration }
}
