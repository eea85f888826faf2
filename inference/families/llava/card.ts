/** The card of a LLaVA package, and what a converted checkpoint puts on it. */

import { z } from 'zod'
import { visionTokens, visionWidth } from '../../blocks/vision/vit.ts'
import {
  baseCardSchema,
  baseTokens,
  checkGroupedDecoder,
  count,
  tokenId,
} from '../common/card-base.ts'
import { CAPTION, chatPromptsSchema } from '../common/chat-prompts.ts'
import { preprocessingSchema } from '../common/image-settings.ts'
import type { LlamaKind } from '../common/read-llama.ts'
import type { LlavaConfig } from './config.ts'

const { questions, domain, files, ...base } = baseCardSchema.shape

/** Fields in the order in which they are written. */
const schema = z.strictObject({
  ...base,
  family: z.literal('llava'),
  dimensions: z.strictObject({
    imageSize: count,
    patchSize: count,
    /** Rows of image_embeds: as many tokens as a picture has in the prompt. */
    visionTokens: count,
    /** Columns of image_embeds: those of all states that the projector takes. */
    visionHidden: count,
    visionLayers: count,
    embedSize: count,
    hiddenSize: count,
    layers: count,
    heads: count,
    kvHeads: count,
    headDim: count,
    /** Columns of the logits. */
    vocabSize: count,
    /** Positions the decoder has, image tokens and prompt included. */
    maxPositions: count,
  }),
  tokens: z.strictObject({
    ...baseTokens.shape,
    /** Stands for a picture in a prompt; it counts for the repetition penalty once for each of its tokens. */
    image: tokenId,
  }),
  preprocessing: preprocessingSchema,
  prompts: chatPromptsSchema,
  defaults: base.defaults,
  questions,
  domain,
  files,
})

export const llavaCardSchema = schema.superRefine(({ dimensions: d, tokens }, context) => {
  const problem = checkGroupedDecoder(d, tokens, context)
  if (d.visionTokens >= d.maxPositions) {
    problem(['dimensions', 'maxPositions'], 'the image tokens alone need more')
  }
})

export type LlavaCard = z.infer<typeof llavaCardSchema>

/**
 * Where a checkpoint has no chat template. Sources: the documentation of transformers 5.18,
 * docs/source/en/model_doc/llava.md, and the ChatML of the Qwen models.
 */
const VICUNA: LlavaCard['prompts'] = {
  caption: CAPTION,
  opening: 'USER: <image>\n',
  furtherPicture: '<image>\n',
  answer: ' ASSISTANT: ',
  next: ' USER: ',
  generationPrompt: ' ASSISTANT:',
}
const CHAT_ML: LlavaCard['prompts'] = {
  caption: CAPTION,
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

/** Greedy, as in the examples of these models, and long enough for a few sentences. */
export const DEFAULTS: LlavaCard['defaults'] = {
  describe: { maxNewTokens: 96 },
  ask: { maxNewTokens: 96 },
}

export function dimensionsOf({ vision, text }: LlavaConfig): LlavaCard['dimensions'] {
  return {
    imageSize: vision.imageSize,
    patchSize: vision.patchSize,
    visionTokens: visionTokens(vision),
    visionHidden: visionWidth(vision),
    visionLayers: vision.layers,
    embedSize: text.hidden,
    hiddenSize: text.hidden,
    layers: text.layers,
    heads: text.heads,
    kvHeads: text.kvHeads,
    headDim: text.headDim,
    vocabSize: text.vocab,
    maxPositions: text.maxPositions,
  }
}
