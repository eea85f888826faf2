/**
 * Idefics3: pictures are cut into tiles, and each goes through a SigLIP tower, whose patches are put side by
 * side into fewer rows, and one linear layer, into the prompt of a Llama. SmolVLM is the same with smaller
 * parts: families/smolvlm.
 */

import { layeredVit } from '../../blocks/vision/vit-layers.ts'
import { chatText, mostPictures } from '../common/chat-prompts.ts'
import { readChatPrompts } from '../common/chat-template.ts'
import type { CheckpointPlaces, Family, FamilyCheckpoint, RunnerParts } from '../common/family.ts'
import { DEFAULTS } from '../common/projected/card.ts'
import { dimensionsOf, projectedGraphs } from '../common/projected/graphs.ts'
import type { KeyedImage } from '../common/runner.ts'
import {
  type Idefics3Card,
  idefics3CardSchema,
  type Kind,
  mostTilesWithin,
  mostTokens,
  promptsOf,
} from './card.ts'
import { picturePlace } from './picture-place.ts'
import { readPreprocessing } from './preprocessing.ts'
import { readConfig } from './read-config.ts'

const LANGUAGES = { llama: 'a Llama', qwen2: 'a Qwen2', qwen3: 'a Qwen3' } as const
const TITLES = { idefics3: 'an Idefics3', smolvlm: 'a SmolVLM' } as const

/** What does not depend on the kind. */
export const shared = {
  formerNames: [],
  card: idefics3CardSchema,
  followsInstructions: true,
  pictures: (card: Idefics3Card, detail) => mostPictures(card, mostTokens(card, detail)),
  questionText: (card: Idefics3Card, question, history) => chatText(card, question, history),
  async open(card: Idefics3Card, parts: RunnerParts) {
    const { openProjected } = await import('../common/projected/runner.ts') // with ONNX Runtime
    const { tileTokens } = card.dimensions
    const place = (image: KeyedImage | null) => picturePlace(image, tileTokens)
    return openProjected(card, parts, { pictureTokens: tileTokens, place })
  },
} as const satisfies Partial<Family>

export const idefics3 = {
  ...shared,
  name: 'idefics3',
  modelType: 'idefics3',
  read: (folders, problems) => readCheckpoint('idefics3', folders, problems),
} as const satisfies Family

export function readCheckpoint(
  kind: Kind,
  folders: CheckpointPlaces,
  problems: string[],
): FamilyCheckpoint | null {
  const config = readConfig(folders.config, kind, problems)
  if (config === null) {
    return null
  }
  const { language, imageSize, tokens, vocab } = config
  const mostTiles = mostTilesWithin(dimensionsOf(config.model(null)))
  const preprocessing = readPreprocessing(folders.preprocessing, { imageSize, mostTiles }, problems)
  const chat = readChatPrompts([folders.config, folders.tokenizer], promptsOf(kind))
  return {
    license: {
      note:
        kind === 'idefics3' && language === 'llama'
          ? "Its language model is a Llama: weights that come from Meta's Llama are under the license of that Llama."
          : null,
      unstated: 'not stated by the checkpoint',
    },
    tokens: { vocabSize: vocab, image: tokens.image, isLiteral: true },
    ...chat,
    plan(weights, storages) {
      const model = config.model(weights)
      const { tiles: _, ...square } = preprocessing
      return {
        graphs: projectedGraphs(model, storages),
        card: {
          family: kind,
          dimensions: dimensionsOf(model),
          tokens,
          preprocessing,
          defaults: DEFAULTS,
        },
        about: (name) =>
          `${name}: ${TITLES[kind]} model with ${LANGUAGES[language]} language model.`,
        // Whole pictures: a tile looks much the same to the tower.
        calibration: {
          tower: layeredVit(model.vision),
          preprocessing: { ...square, fit: 'squash' },
        },
      }
    },
  }
}
