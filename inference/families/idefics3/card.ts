/** The card of an Idefics3 or SmolVLM package, and what a converted checkpoint puts on it. */

import { z } from 'zod'
import { projectorTokens } from '../../blocks/bridge/projector.ts'
import { visionTokens, visionWidth } from '../../blocks/vision/vit.ts'
import { MAX_EDGE } from '../../image/tiles.ts'
import {
  baseCardSchema,
  baseTokens,
  checkGroupedDecoder,
  count,
  tokenId,
} from '../common/card-base.ts'
import { CAPTION, chatPromptsSchema } from '../common/chat-prompts.ts'
import { preprocessingSchema } from '../common/image-settings.ts'
import type { Idefics3Config } from './config.ts'

/** Both have the same graphs; SmolVLM is made of smaller parts. */
export const KINDS = ['idefics3', 'smolvlm'] as const
export type Kind = (typeof KINDS)[number]

const { questions, domain, files, ...base } = baseCardSchema.shape

/** Fields in the order in which they are written. */
const schema = z.strictObject({
  ...base,
  family: z.enum(KINDS),
  dimensions: z.strictObject({
    /** Side of a tile, in pixels. */
    imageSize: count,
    patchSize: count,
    /** Rows of image_embeds, of a tile. */
    visionTokens: count,
    visionHidden: count,
    visionLayers: count,
    /** Rows of image_tokens: as many tokens as a tile has in the prompt. */
    tileTokens: count,
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
    /** Stands for a tile in a prompt; it counts for the repetition penalty once for each of its tokens. */
    image: tokenId,
  }),
  preprocessing: preprocessingSchema.extend({
    fit: z.literal('tiles'),
    tiles: z.strictObject({
      /** What the longer side of a picture is resized to before it is cut, in pixels. */
      longestEdge: count.max(MAX_EDGE),
      /** False: a picture is one tile. */
      split: z.boolean(),
    }),
  }),
  prompts: chatPromptsSchema,
  defaults: base.defaults,
  questions,
  domain,
  files,
})

export const idefics3CardSchema = schema.superRefine(({ dimensions: d, tokens }, context) => {
  const problem = checkGroupedDecoder(d, tokens, context)
  if (d.tileTokens >= d.maxPositions) {
    problem(['dimensions', 'maxPositions'], 'the image tokens alone need more')
  }
})

export type Idefics3Card = z.infer<typeof idefics3CardSchema>

/**
 * Where a checkpoint has no chat template. Source: transformers 5.18,
 * models/smolvlm/processing_smolvlm.py, `DEFAULT_CHAT_TEMPLATE`.
 */
const CHAT: Idefics3Card['prompts'] = {
  caption: CAPTION,
  opening: '<|im_start|>User:<image>',
  furtherPicture: '<image>',
  answer: '<end_of_utterance>\nAssistant: ',
  next: '<end_of_utterance>\nUser: ',
  generationPrompt: '<end_of_utterance>\nAssistant:',
}

/** An Idefics3's tokenizer begins every text itself. */
export function promptsOf(kind: Kind): Idefics3Card['prompts'] {
  return kind === 'smolvlm' ? CHAT : { ...CHAT, opening: 'User:<image>' }
}

/** Greedy, as in the examples of these models, and long enough for a few sentences. */
export const DEFAULTS: Idefics3Card['defaults'] = {
  describe: { maxNewTokens: 96 },
  ask: { maxNewTokens: 96 },
}

/** Positions that a picture takes at most: tiles and the tokens of their places. */
export function mostTokens({ dimensions, preprocessing }: Idefics3Card): number {
  const { longestEdge, split } = preprocessing.tiles
  const side = split ? Math.ceil(longestEdge / dimensions.imageSize) : 0
  return (side * side + 1) * (dimensions.tileTokens + TOKENS_OF_PLACE)
}

/** Of the text before a tile; more where the tokenizer has no tokens for places. */
const TOKENS_OF_PLACE = 3

export function dimensionsOf({
  vision,
  projector,
  text,
}: Idefics3Config): Idefics3Card['dimensions'] {
  return {
    imageSize: vision.imageSize,
    patchSize: vision.patchSize,
    visionTokens: visionTokens(vision),
    visionHidden: visionWidth(vision),
    visionLayers: vision.layers,
    tileTokens: projectorTokens(projector),
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
