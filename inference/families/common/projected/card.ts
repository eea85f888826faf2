/** What the cards say of models whose vision tower and language model are joined by linear layers. */

import { z } from 'zod'
import type { Preprocessing } from '../../../image/pixel-values.ts'
import { baseCardSchema, baseTokens, checkGroupedDecoder, count, tokenId } from '../card-base.ts'
import { chatPromptsSchema } from '../chat-prompts.ts'
import { preprocessingSchema } from '../image-settings.ts'

const tower = {
  /** Side of a tile, in pixels. */
  imageSize: count,
  patchSize: count,
  /** Rows of image_embeds, of a tile. */
  visionTokens: count,
  /** Columns of image_embeds: those of all states that the projector takes. */
  visionHidden: count,
  visionLayers: count,
} as const

const language = {
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
} as const

/** Where a picture is one tile, and has as many tokens as image_embeds has rows. */
export const untiledDimensions = z.strictObject({ ...tower, ...language })

export const tiledDimensions = z.strictObject({
  ...tower,
  /** Rows of image_tokens, of a tile. */
  tileTokens: count,
  ...language,
})

export type ProjectedDimensions = z.infer<typeof tiledDimensions>

const { questions, domain, files, ...base } = baseCardSchema.shape

/** Fields in the order in which they are written; a family replaces `family`, and what differs. */
export const projectedShape = {
  ...base,
  dimensions: tiledDimensions,
  tokens: z.strictObject({
    ...baseTokens.shape,
    /** Stands for a tile in a prompt; it counts for the repetition penalty once for each of its tokens. */
    image: tokenId,
  }),
  preprocessing: preprocessingSchema,
  prompts: chatPromptsSchema,
  defaults: base.defaults,
  questions,
  domain,
  files,
} as const

/** What reading and running such a model needs of its card. */
export type ProjectedCard = {
  readonly dimensions: Omit<ProjectedDimensions, 'tileTokens'> & { readonly tileTokens?: number }
  readonly tokens: z.infer<typeof projectedShape.tokens>
  readonly preprocessing: Preprocessing
  readonly prompts: z.infer<typeof chatPromptsSchema>
}

/** Rows of image_tokens of a tile. */
export function tileTokensOf({ dimensions }: Pick<ProjectedCard, 'dimensions'>): number {
  return dimensions.tileTokens ?? dimensions.visionTokens
}

export function checkProjected(
  card: Pick<ProjectedCard, 'dimensions' | 'tokens'>,
  context: z.RefinementCtx,
): void {
  const problem = checkGroupedDecoder(card.dimensions, card.tokens, context)
  if (tileTokensOf(card) >= card.dimensions.maxPositions) {
    problem(['dimensions', 'maxPositions'], 'the image tokens alone need more')
  }
}

/** Greedy, as in the examples of these models, and long enough for a few sentences. */
export const DEFAULTS: z.infer<typeof base.defaults> = {
  describe: { maxNewTokens: 96 },
  ask: { maxNewTokens: 96 },
}
