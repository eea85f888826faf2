/** The card of an Idefics3 or SmolVLM package, and what a converted checkpoint puts on it. */

import { z } from 'zod'
import { type Detail, MAX_EDGE } from '../../image/tiles.ts'
import { count } from '../common/card-base.ts'
import { INSTRUCTIONS } from '../common/chat-prompts.ts'
import { preprocessingSchema } from '../common/image-settings.ts'
import { checkProjected, projectedShape } from '../common/projected/card.ts'

/** Both have the same graphs; SmolVLM is made of smaller parts. */
export const KINDS = ['idefics3', 'smolvlm'] as const
export type Kind = (typeof KINDS)[number]

export const idefics3CardSchema = z
  .strictObject({
    ...projectedShape,
    family: z.enum(KINDS),
    preprocessing: preprocessingSchema.extend({
      fit: z.literal('tiles'),
      tiles: z.strictObject({
        /** What the longer side of a picture is resized to before it is cut, in pixels; with `mostTiles` in `auto` only. */
        longestEdge: count.max(MAX_EDGE),
        /** False: a picture is one tile. */
        split: z.boolean(),
        /** Absent: every picture is resized. Otherwise it keeps its own size, if it becomes no more tiles than this. */
        mostTiles: count.exactOptional(),
      }),
    }),
  })
  .superRefine(checkProjected)

export type Idefics3Card = z.infer<typeof idefics3CardSchema>

/**
 * Where a checkpoint has no chat template. Source: transformers 5.18,
 * models/smolvlm/processing_smolvlm.py, `DEFAULT_CHAT_TEMPLATE`.
 */
const CHAT: Idefics3Card['prompts'] = {
  ...INSTRUCTIONS,
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

/** Positions that a picture takes at most: tiles and the tokens of their places. */
export function mostTokens(card: Idefics3Card, detail: Detail): number {
  return mostTiles(card, detail) * (card.dimensions.tileTokens + TOKENS_OF_PLACE)
}

function mostTiles({ dimensions, preprocessing }: Idefics3Card, detail: Detail): number {
  const { longestEdge, split, mostTiles: most } = preprocessing.tiles
  if (!split || detail === 'low') {
    return 1
  }
  const side = Math.ceil(longestEdge / dimensions.imageSize)
  const resized = side * side + 1
  return detail === 'high' ? (most ?? resized) : Math.min(resized, most ?? resized)
}

/** Of the text before a tile; more where the tokenizer has no tokens for places. */
const TOKENS_OF_PLACE = 3

/**
 * Tiles of a picture of any size that leave room for what is said about it: 256 positions, or a quarter of few.
 * Far rows and columns have no token of their own in published tokenizers, which have those up to the sixth.
 */
export function mostTilesWithin({
  maxPositions,
  tileTokens,
}: Pick<Idefics3Card['dimensions'], 'maxPositions' | 'tileTokens'>): number {
  const text = Math.min(ROOM_FOR_TEXT, Math.floor(maxPositions / 4))
  return Math.max(1, Math.floor((maxPositions - text) / (tileTokens + TOKENS_OF_FAR_PLACE)))
}

const ROOM_FOR_TEXT = 256
/** `<fake_token_around_image>`, `<row_12_col_12>` in letters, digits and signs, and the end of a row. */
const TOKENS_OF_FAR_PLACE = 14
