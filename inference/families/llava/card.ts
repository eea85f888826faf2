/** The card of a LLaVA package, and what a converted checkpoint puts on it. */

import { z } from 'zod'
import { INSTRUCTIONS } from '../common/chat-prompts.ts'
import { checkProjected, projectedShape, untiledDimensions } from '../common/projected/card.ts'
import {
  dimensionsOf as allDimensionsOf,
  type ProjectedConfig,
} from '../common/projected/graphs.ts'
import type { LlamaKind } from '../common/read-llama.ts'

export const llavaCardSchema = z
  .strictObject({
    ...projectedShape,
    family: z.literal('llava'),
    dimensions: untiledDimensions,
  })
  .superRefine(checkProjected)

export type LlavaCard = z.infer<typeof llavaCardSchema>

/**
 * Where a checkpoint has no chat template. Sources: the documentation of transformers 5.18,
 * docs/source/en/model_doc/llava.md, and the ChatML of the Qwen models.
 */
const VICUNA: LlavaCard['prompts'] = {
  ...INSTRUCTIONS,
  opening: 'USER: <image>\n',
  furtherPicture: '<image>\n',
  answer: ' ASSISTANT: ',
  next: ' USER: ',
  generationPrompt: ' ASSISTANT:',
}
const CHAT_ML: LlavaCard['prompts'] = {
  ...INSTRUCTIONS,
  opening: '<|im_start|>user <image>\n',
  furtherPicture: '<image>',
  afterPictures: '\n',
  answer: '<|im_end|><|im_start|>assistant\n',
  next: '<|im_end|><|im_start|>user\n',
  generationPrompt: '<|im_end|><|im_start|>assistant\n',
}

export function promptsOf(kind: LlamaKind): LlavaCard['prompts'] {
  return kind === 'llama' ? VICUNA : CHAT_ML
}

/** A picture is one tile. */
export function dimensionsOf(config: ProjectedConfig): LlavaCard['dimensions'] {
  const { tileTokens: _, ...dimensions } = allDimensionsOf(config)
  return dimensions
}
