/** The card of a package for image-text matching. */

import { z } from 'zod'
import { imageDimensions, imageDimensionsOf } from '../blip2/card.ts'
import { baseCardSchema, count } from '../common/card-base.ts'
import { preprocessingSchema } from '../common/image-settings.ts'
import type { ItmConfig } from './config.ts'

const { tokens: _, questions, domain, files, ...base } = baseCardSchema.shape

const schema = z.strictObject({
  ...base,
  family: z.literal('blip2-itm'),
  tasks: z.array(z.literal('match')).min(1),
  dimensions: z.strictObject({
    ...imageDimensions.shape,
    /** Width of the vectors that pictures and texts are compared by. */
    embedSize: count,
    /** Ids of the texts. */
    vocabSize: count,
    /** Tokens of a text at most, with those that begin and end it. */
    maxPositions: count,
  }),
  preprocessing: preprocessingSchema,
  questions,
  domain,
  files,
})

export const itmCardSchema = schema.superRefine(({ dimensions: d }, context) => {
  if (Math.floor(d.imageSize / d.patchSize) ** 2 + 1 !== d.visionTokens) {
    const message = 'it does not fit imageSize and patchSize'
    context.addIssue({ code: 'custom', path: ['dimensions', 'visionTokens'], message })
  }
})

export type ItmCard = z.infer<typeof itmCardSchema>

export function dimensionsOf(config: ItmConfig): ItmCard['dimensions'] {
  const { qformer, shared } = config
  return {
    ...imageDimensionsOf(config),
    embedSize: shared,
    vocabSize: qformer.vocab,
    maxPositions: qformer.maxPositions,
  }
}
