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
        /** What the longer side of a picture is resized to before it is cut, in pixels. */
        longestEdge: count.max(MAX_EDGE),
        /** False: a picture is one tile. */
        split: z.boolean(),
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
export function mostTokens({ dimensions, preprocessing }: Idefics3Card, detail: Detail): number {
  const { longestEdge, split } = preprocessing.tiles
  const side = split && detail !== 'low' ? Math.ceil(longestEdge / dimensions.imageSize) : 0
  return (side * side + 1) * (dimensions.tileTokens + TOKENS_OF_PLACE)
}

/** Of the text before a tile; more where the tokenizer has no tokens for places. */
const TOKENS_OF_PLACE = 3
