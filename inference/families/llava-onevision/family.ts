/**
 * LLaVA-OneVision: a LLaVA whose pictures are cut into tiles, as many as their shape and size ask for, and whose
 * language model reads the end of each line of patches.
 */

import { layeredVit } from '../../blocks/vision/vit-layers.ts'
import { chatText, mostPictures } from '../common/chat-prompts.ts'
import { readChatPrompts } from '../common/chat-template.ts'
import type { CheckpointPlaces, Family, FamilyCheckpoint, RunnerParts } from '../common/family.ts'
import { DEFAULTS } from '../common/projected/card.ts'
import { dimensionsOf, projectedGraphs } from '../common/projected/graphs.ts'
import type { ImageTokens, KeyedImage } from '../common/runner.ts'
import { promptsOf } from '../llava/card.ts'
import { LICENSE_NOTES, TITLES } from '../llava/family.ts'
import { type CheckpointConfig, readConfig } from '../llava/read-config.ts'
import { type OnevisionCard, onevisionCardSchema, packingOf } from './card.ts'
import { packTokens } from './pack-tokens.ts'
import { readPreprocessing } from './preprocessing.ts'

export const llavaOnevision = {
  name: 'llava-onevision',
  formerNames: [],
  card: onevisionCardSchema,
  modelType: 'llava_onevision',
  read,
  followsInstructions: true,
  /** Several pictures are one tile each. */
  pictures: (card: OnevisionCard) => mostPictures(card, card.dimensions.tileTokens),
  questionText: (card: OnevisionCard, question, history) => chatText(card, question, history),
  async open(card: OnevisionCard, parts: RunnerParts) {
    const { openProjected } = await import('../common/projected/runner.ts') // with ONNX Runtime
    const packing = packingOf(card)
    return openProjected(card, parts, {
      pack: (tiles: ImageTokens) => packTokens(tiles, packing),
      pictureTokens: card.dimensions.visionTokens,
      place: (image: KeyedImage | null) => ({
        text: '<image>',
        images: image === null ? [] : [image],
      }),
    })
  },
} as const satisfies Family

function read(folders: CheckpointPlaces, problems: string[]): FamilyCheckpoint | null {
  const config = readConfig(folders.config, 'llava-onevision', problems)
  if (config === null) {
    return null
  }
  const { language, imageSize, tokens, vocab } = config
  checkPatches(config, problems)
  const preprocessing = readPreprocessing(
    folders.preprocessing,
    folders.config,
    imageSize,
    problems,
  )
  const chat = readChatPrompts([folders.config, folders.tokenizer], promptsOf(language))
  return {
    license: { note: LICENSE_NOTES[language], unstated: 'not stated by the checkpoint' },
    tokens: { vocabSize: vocab, image: tokens.image, isLiteral: true },
    ...chat,
    plan(weights, storages) {
      const model = config.model(weights)
      const { resolutions: _, mostTiles: __, ...square } = preprocessing
      return {
        graphs: projectedGraphs(model, storages),
        card: {
          family: 'llava-onevision',
          dimensions: dimensionsOf(model),
          tokens,
          preprocessing,
          defaults: DEFAULTS,
        },
        about: (name) =>
          `${name}: a LLaVA-OneVision model with ${TITLES[language]} language model.`,
        // Whole pictures: a tile looks much the same to the tower.
        calibration: {
          tower: layeredVit(model.vision),
          preprocessing: { ...square, fit: 'squash' },
        },
      }
    },
  }
}

/** Lines of patches are made of all that the vision tower gives. */
function checkPatches(config: CheckpointConfig, problems: string[]): void {
  const { vision, projector } = config.model(null)
  if (projector.tokens !== Math.floor(vision.imageSize / vision.patchSize) ** 2) {
    problems.push(
      'config.json: vision_feature_select_strategy gives other rows than the patches of a tile.',
    )
  }
}
