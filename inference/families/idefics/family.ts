/**
 * IDEFICS, the Flamingo type: a CLIP tower, mostly a Perceiver resampler, and a Llama some of whose layers
 * look at the picture. The picture takes no positions of the prompt but its placeholder's.
 *
 * The reference is `generate` of transformers with the checkpoint's generation_config.json. The examples of these
 * models give it two things more. `<end_of_utterance>` as an end: so it is here, since that only ends an answer
 * earlier, and every id before is the reference's. And `bad_words_ids` that forbid the picture's placeholder and
 * the token around it: not so here, since that chooses other ids than the reference does. Where a model writes
 * one of the two, it is left out of the text, as all special tokens are.
 */

import { layeredVit } from '../../blocks/vision/vit-layers.ts'
import { chatText, mostPictures } from '../common/chat-prompts.ts'
import type { CheckpointPlaces, Family, FamilyCheckpoint, RunnerParts } from '../common/family.ts'
import {
  DEFAULTS,
  dimensionsOf,
  type IdeficsCard,
  ideficsCardSchema,
  promptsOf,
  TURN_END,
} from './card.ts'
import { ideficsGraphs } from './graphs.ts'
import { readPreprocessing } from './preprocessing.ts'
import { readConfig } from './read-config.ts'
import { readSpecialTokens } from './read-tokens.ts'

/** Its placeholder, and a token around it. */
const POSITIONS_OF_PICTURE = 2

export const idefics = {
  name: 'idefics',
  formerNames: [],
  card: ideficsCardSchema,
  modelType: 'idefics',
  read,
  pictures: (card: IdeficsCard) => mostPictures(card, POSITIONS_OF_PICTURE),
  questionText: (card: IdeficsCard, question, history) => chatText(card, question, history),
  async open(card: IdeficsCard, parts: RunnerParts) {
    const { openRunner } = await import('./runner.ts') // with ONNX Runtime
    return openRunner(card, parts)
  },
} as const satisfies Family

function read(folders: CheckpointPlaces, problems: string[]): FamilyCheckpoint | null {
  const config = readConfig(folders.config, problems)
  const special = readSpecialTokens(folders.tokenizer, problems)
  if (config === null || special === null) {
    return null
  }
  const preprocessing = readPreprocessing(folders.preprocessing, config, problems)
  const { start, image, textEnd, turnEnd } = special
  const stop = new Set([...config.stop, ...(turnEnd === null ? [] : [turnEnd])])
  return {
    license: {
      note: "Its language model is a Llama: weights that come from Meta's Llama are under the license of that Llama.",
      unstated: 'not stated by the checkpoint',
    },
    tokens: { vocabSize: config.vocab, image },
    prompts: promptsOf(start, turnEnd === null ? '' : TURN_END),
    plan(weights, storages) {
      const model = config.model(weights)
      return {
        graphs: ideficsGraphs(model, storages),
        card: {
          family: 'idefics',
          dimensions: dimensionsOf(model),
          tokens: { pad: config.pad, stop: [...stop], image, textEnd },
          preprocessing,
          defaults: DEFAULTS,
        },
        about: (name) =>
          `${name}: an IDEFICS model, ${model.resampler === null ? 'without' : 'with'} a resampler.`,
        calibration: { tower: layeredVit(model.vision), preprocessing },
      }
    },
  }
}
