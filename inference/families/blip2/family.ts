/** BLIP-2: ViT-g, Q-Former, linear projection, image tokens first; its language model is an OPT or a T5. */

import type { Family, FamilyCheckpoint, RunnerParts } from '../common/family.ts'
import { layeredEvaVit } from '../../blocks/vision/eva-vit-layers.ts'
import { type Blip2Card, blip2CardSchema, DEFAULTS, dimensionsOf, PROMPTS } from './card.ts'
import { blip2Graphs } from './graphs.ts'
import { readPreprocessing } from './preprocessing.ts'
import { questionText } from './prompts.ts'
import { readConfig, resolveTies } from './read-config.ts'

const LICENSES = {
  opt: {
    note:
      "Its language model is an OPT: weights that come from Meta's OPT are under the OPT-175B license, " +
      'which allows non-commercial research only.',
    unstated:
      'not stated by the checkpoint; OPT language models are licensed by Meta for non-commercial research only',
  },
  t5: { note: null, unstated: 'not stated by the checkpoint' },
} as const

const TITLES = { opt: 'an OPT', t5: 'a T5' } as const

export const blip2 = {
  name: 'blip2',
  formerNames: ['blip2-opt'],
  card: blip2CardSchema,
  modelType: 'blip-2',
  read,
  questionText: (card: Blip2Card, question, history) => questionText(card, question, history),
  async open(card: Blip2Card, parts: RunnerParts) {
    const { openRunner } = await import('./runner.ts') // with ONNX Runtime
    return openRunner(card, parts)
  },
} as const satisfies Family

function read(
  folders: { readonly config: string; readonly preprocessing: string },
  problems: string[],
): FamilyCheckpoint | null {
  const config = readConfig(folders.config, problems)
  if (config === null) {
    return null
  }
  const { tokens } = config
  const language = config.model.text.kind
  const preprocessing = readPreprocessing(
    folders.preprocessing,
    config.model.vision.imageSize,
    problems,
  )
  return {
    license: LICENSES[language],
    tokens: { bos: tokens.bos, pad: tokens.pad, vocabSize: config.model.text.vocab },
    prompts: PROMPTS,
    plan(weights, storages) {
      const model = resolveTies(config, weights)
      return {
        graphs: blip2Graphs(model, storages),
        card: {
          family: 'blip2',
          language,
          dimensions: dimensionsOf(model),
          tokens,
          preprocessing,
          defaults: DEFAULTS,
        },
        about: (name) => `${name}: a BLIP-2 model with ${TITLES[language]} language model.`,
        calibration: { tower: layeredEvaVit(model.vision), preprocessing },
      }
    },
  }
}
