/** The card of a model that another program serves: what is known of it without its files. */

import { z } from 'zod'
import { PRECISIONS } from '../blocks/precision.ts'
import { baseCardSchema } from '../families/common/card-base.ts'

/**
 * How a model tells how likely answers are: by its own probabilities; by those that a server tells of the
 * likeliest first tokens; or only by the answer that it gives, certain or impossible.
 */
export const SCORINGS = ['exact', 'logprobs', 'answer'] as const
export type Scoring = (typeof SCORINGS)[number]

export const servedCardSchema = baseCardSchema
  .pick({
    name: true,
    tasks: true,
    about: true,
    languages: true,
    source: true,
    defaults: true,
    questions: true,
    domain: true,
  })
  .extend({
    family: z.null(),
    precision: z.enum(PRECISIONS).nullable(),
    scoring: z.enum(SCORINGS),
    /** Most pictures of one prompt. */
    pictures: z.int().positive(),
    /** Whether its prompts have a place for a system text; absent: they have none. */
    system: z.literal(true).exactOptional(),
  })

export type ServedCard = z.infer<typeof servedCardSchema>
