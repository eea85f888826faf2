/** The card of an IDEFICS package, and what a converted checkpoint puts on it. */

import { z } from 'zod'
import { flamingoIds } from '../../blocks/decoder/flamingo.ts'
import { gatedLayers } from '../../blocks/decoder/gated-attention.ts'
import { visionTokens, visionWidth } from '../../blocks/vision/vit.ts'
import {
  baseCardSchema,
  baseTokens,
  checkGroupedDecoder,
  count,
  tokenId,
} from '../common/card-base.ts'
import { chatPromptsSchema, INSTRUCTIONS } from '../common/chat-prompts.ts'
import { preprocessingSchema } from '../common/image-settings.ts'
import type { IdeficsConfig } from './config.ts'

const { questions, domain, files, ...base } = baseCardSchema.shape

/** Fields in the order in which they are written. */
const schema = z.strictObject({
  ...base,
  family: z.literal('idefics'),
  dimensions: z.strictObject({
    imageSize: count,
    patchSize: count,
    /** Rows of image_embeds. */
    visionTokens: count,
    visionHidden: count,
    visionLayers: count,
    /** Rows of a picture that there are keys and values of. */
    pictureRows: count,
    /** Layers of the decoder that look at pictures. */
    crossLayers: count,
    embedSize: count,
    hiddenSize: count,
    layers: count,
    heads: count,
    kvHeads: count,
    headDim: count,
    /** Columns of the logits: the vocabulary and the added ids. */
    vocabSize: count,
    /** Positions the decoder has; a picture takes one, for its placeholder. */
    maxPositions: count,
  }),
  tokens: z.strictObject({
    ...baseTokens.shape,
    /** Stands for a picture in a prompt. What follows it sees that picture. */
    image: tokenId,
    /** Ends a text: what follows it sees no picture, up to the next one. */
    textEnd: tokenId,
  }),
  preprocessing: preprocessingSchema,
  prompts: chatPromptsSchema.extend({
    /** The token that begins every prompt, as text. */
    start: z.string().min(1),
  }),
  defaults: base.defaults,
  questions,
  domain,
  files,
})

export const ideficsCardSchema = schema.superRefine(({ dimensions: d, tokens }, context) => {
  const problem = checkGroupedDecoder(d, tokens, context)
  if (d.crossLayers > d.layers) {
    problem(['dimensions', 'crossLayers'], 'there are fewer layers')
  }
})

export type IdeficsCard = z.infer<typeof ideficsCardSchema>

/** Stands on both sides of a picture's placeholder, once between two pictures. */
export const AROUND = '<fake_token_around_image>'
export const PLACE = '<image>'
/** Ends each turn of a model that was trained on conversations. */
export const TURN_END = '<end_of_utterance>'

/**
 * Sources: the documentation of transformers 5.18, docs/source/en/model_doc/idefics.md, and its tasks/idefics.md.
 *
 * @param start the token that begins a text.
 * @param turnEnd '' for a model that was not trained on conversations.
 */
export function promptsOf(start: string, turnEnd: string): IdeficsCard['prompts'] {
  return {
    ...INSTRUCTIONS,
    start,
    caption: 'Describe this image.',
    opening: `User:${PLACE}`,
    furtherPicture: PLACE,
    answer: `${turnEnd}\nAssistant: `,
    next: `${turnEnd}\nUser: `,
    generationPrompt: `${turnEnd}\nAssistant:`,
  }
}

/** Greedy, as in the examples of these models, and long enough for a few sentences. */
export const DEFAULTS: IdeficsCard['defaults'] = {
  describe: { maxNewTokens: 96 },
  ask: { maxNewTokens: 96 },
}

export function dimensionsOf({ vision, decoder }: IdeficsConfig): IdeficsCard['dimensions'] {
  const { text, gated } = decoder
  return {
    imageSize: vision.imageSize,
    patchSize: vision.patchSize,
    visionTokens: visionTokens(vision),
    visionHidden: visionWidth(vision),
    visionLayers: vision.layers,
    pictureRows: gated.rows,
    crossLayers: gatedLayers(text, gated),
    embedSize: text.hidden,
    hiddenSize: text.hidden,
    layers: text.layers,
    heads: text.heads,
    kvHeads: text.kvHeads,
    headDim: text.headDim,
    vocabSize: flamingoIds(decoder),
    maxPositions: text.maxPositions,
  }
}
