/**
 * InstructBLIP: a BLIP-2 whose Q-Former reads the prompt, too, by a tokenizer of its own. So the image
 * tokens are made for each prompt, from what the vision tower made of the picture.
 */

import { planOf, readCheckpoint } from '../blip2/checkpoint.ts'
import { questionText } from '../blip2/prompts.ts'
import { resolveTies } from '../blip2/read-config.ts'
import type { Family, FamilyCheckpoint, RunnerParts } from '../common/family.ts'
import {
  DEFAULTS,
  type InstructCard,
  instructCardSchema,
  instructDimensions,
  PROMPTS,
} from './card.ts'
import { INSTRUCTION_TOKENIZER } from './files.ts'

const KIND = {
  architectures: ['InstructBlipForConditionalGeneration', 'InstructBlipModel'],
  readsPrompt: true,
} as const

/** The checkpoint's folder of the Q-Former's tokenizer. */
const TOKENIZER_FOLDER = 'qformer_tokenizer'

export const instructblip = {
  name: 'instructblip',
  formerNames: [],
  card: instructCardSchema,
  modelType: 'instructblip',
  tokenizerFolders: [TOKENIZER_FOLDER],
  read,
  questionText: (card: InstructCard, question, history) => questionText(card, question, history),
  async open(card: InstructCard, parts: RunnerParts) {
    const { openInstructRunner } = await import('./runner.ts') // with ONNX Runtime
    return openInstructRunner(card, parts)
  },
} as const satisfies Family

function read(
  folders: { readonly config: string; readonly preprocessing: string },
  problems: string[],
): FamilyCheckpoint | null {
  const checkpoint = readCheckpoint(folders, KIND, problems)
  if (checkpoint === null) {
    return null
  }
  const { config, base } = checkpoint
  const { vocab = 0 } = config.model.instruction ?? {}
  return {
    ...base,
    prompts: PROMPTS,
    tokenizers: { [INSTRUCTION_TOKENIZER]: { folder: TOKENIZER_FOLDER, vocabSize: vocab } },
    plan(weights, storages) {
      const model = resolveTies(config, weights)
      const { card, ...plan } = planOf(checkpoint, model, storages)
      return {
        ...plan,
        card: {
          ...card,
          family: 'instructblip',
          dimensions: instructDimensions(model),
          defaults: DEFAULTS,
        },
        about: (name) => `${name}: an InstructBLIP model with ${base.title} language model.`,
      }
    },
  }
}
