/**
 * LLaVA: a CLIP or SigLIP tower, two linear layers, and a Llama or Qwen whose prompt has the picture in the
 * middle.
 */

import { layeredVit } from '../../blocks/vision/vit-layers.ts'
import { chatText, mostPictures } from '../common/chat-prompts.ts'
import { readChatPrompts } from '../common/chat-template.ts'
import type { CheckpointPlaces, Family, FamilyCheckpoint, RunnerParts } from '../common/family.ts'
import { DEFAULTS } from '../common/projected/card.ts'
import { projectedGraphs } from '../common/projected/graphs.ts'
import { dimensionsOf, type LlavaCard, llavaCardSchema, promptsOf } from './card.ts'
import { readPreprocessing } from './preprocessing.ts'
import { readConfig } from './read-config.ts'

export const TITLES = { llama: 'a Llama', qwen2: 'a Qwen2', qwen3: 'a Qwen3' } as const

/** By the language model. */
export const LICENSE_NOTES = {
  llama:
    "Its language model is a Llama: weights that come from Meta's Llama, Vicuna's among them, are under the license of that Llama.",
  qwen2: null,
  qwen3: null,
} as const

export const llava = {
  name: 'llava',
  formerNames: [],
  card: llavaCardSchema,
  modelType: 'llava',
  read,
  followsInstructions: true,
  pictures: (card: LlavaCard) => mostPictures(card, card.dimensions.visionTokens),
  questionText: (card: LlavaCard, question, history) => chatText(card, question, history),
  async open(card: LlavaCard, parts: RunnerParts) {
    const { openProjected } = await import('../common/projected/runner.ts') // with ONNX Runtime
    return openProjected(card, parts, { pictureTokens: card.dimensions.visionTokens })
  },
} as const satisfies Family

function read(folders: CheckpointPlaces, problems: string[]): FamilyCheckpoint | null {
  const config = readConfig(folders.config, 'llava', problems)
  if (config === null) {
    return null
  }
  const { tower, language, imageSize, tokens, vocab } = config
  const preprocessing = readPreprocessing(folders.preprocessing, imageSize, tower, problems)
  const chat = readChatPrompts([folders.config, folders.tokenizer], promptsOf(language))
  return {
    license: { note: LICENSE_NOTES[language], unstated: 'not stated by the checkpoint' },
    tokens: { vocabSize: vocab, image: tokens.image, isLiteral: true },
    ...chat,
    plan(weights, storages) {
      const model = config.model(weights)
      return {
        graphs: projectedGraphs(model, storages),
        card: {
          family: 'llava',
          dimensions: dimensionsOf(model),
          tokens,
          preprocessing,
          defaults: DEFAULTS,
        },
        about: (name) => `${name}: a LLaVA model with ${TITLES[language]} language model.`,
        calibration: { tower: layeredVit(model.vision), preprocessing },
      }
    },
  }
}
