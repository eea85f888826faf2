/** BLIP-2 for image-text matching: ViT-g, and a Q-Former that reads texts. It writes none. */

import { layeredVit } from '../../blocks/vision/vit-layers.ts'
import { visionGraph, visionTokens } from '../../blocks/vision/vit.ts'
import { matchQformerGraph } from '../../blocks/bridge/text-qformer.ts'
import { readPreprocessing } from '../blip2/preprocessing.ts'
import type { Family, FamilyCheckpoint, MatcherParts, RunnerParts } from '../common/family.ts'
import { dimensionsOf, type ItmCard, itmCardSchema } from './card.ts'
import { readConfig } from './config.ts'

export const blip2Itm = {
  name: 'blip2-itm',
  formerNames: [],
  card: itmCardSchema,
  modelType: 'blip-2',
  architecture: 'Blip2ForImageTextRetrieval',
  read,
  questionText: () => {
    throw new RangeError('expected a model that writes text')
  },
  async open(card: ItmCard, parts: RunnerParts) {
    const { openRunner } = await import('./runner.ts') // with ONNX Runtime
    return openRunner(card, parts)
  },
  async openMatcher(card: ItmCard, parts: MatcherParts) {
    const { openMatcher } = await import('./runner.ts')
    return openMatcher(card, parts)
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
  const { vision, qformer, shared } = config
  const preprocessing = readPreprocessing(folders.preprocessing, vision.imageSize, problems)
  const image = { tokens: visionTokens(vision), width: vision.hidden }
  return {
    license: { note: null, unstated: 'not stated by the checkpoint' },
    tokens: { vocabSize: qformer.vocab },
    prompts: {},
    plan: (_weights, storages) => ({
      graphs: {
        vision: visionGraph(vision, storages.vision),
        qformer: matchQformerGraph({ qformer, image, shared }, storages.bridge),
      },
      card: {
        family: 'blip2-itm',
        tasks: ['match'],
        dimensions: dimensionsOf(config),
        preprocessing,
        defaults: { describe: {}, ask: {} },
      },
      about: (name) => `${name}: a BLIP-2 model that tells how well texts fit a picture.`,
      calibration: { tower: layeredVit(vision), preprocessing },
    }),
  }
}
