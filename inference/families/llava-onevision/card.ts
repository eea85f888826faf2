/** The card of a LLaVA-OneVision package. */

import { z } from 'zod'
import { MAX_EDGE } from '../../image/tiles.ts'
import { count } from '../common/card-base.ts'
import { preprocessingSchema } from '../common/image-settings.ts'
import { checkProjected, projectedShape } from '../common/projected/card.ts'
import type { Packing } from './pack-tokens.ts'

/** The published list has 36. */
export const MAX_RESOLUTIONS = 200

const side = count.max(MAX_EDGE)

export const onevisionCardSchema = z
  .strictObject({
    ...projectedShape,
    family: z.literal('llava-onevision'),
    preprocessing: preprocessingSchema.extend({
      fit: z.literal('any-resolution'),
      /** What a picture is resized into, in the order in which they are tried; both sides are multiples of a tile's. */
      resolutions: z
        .array(z.strictObject({ height: side, width: side }))
        .min(1)
        .max(MAX_RESOLUTIONS),
      /** Tiles whose patches are all kept. */
      mostTiles: count,
    }),
  })
  .superRefine((card, context) => {
    checkProjected(card, context)
    const { dimensions, preprocessing } = card
    const problem = (path: string[], message: string) => {
      context.addIssue({ code: 'custom', path, message })
    }
    const { imageSize } = dimensions
    if (
      preprocessing.resolutions.some((one) => (one.height % imageSize) + (one.width % imageSize))
    ) {
      problem(['preprocessing', 'resolutions'], `they are not multiples of ${imageSize}`)
    }
    if (dimensions.visionTokens !== packingOf(card).side ** 2) {
      problem(['dimensions', 'visionTokens'], 'they are not the patches of a tile')
    }
    if (dimensions.tileTokens !== dimensions.visionTokens + 1) {
      problem(['dimensions', 'tileTokens'], 'it is not one more than visionTokens')
    }
  })

export type OnevisionCard = z.infer<typeof onevisionCardSchema>

export function packingOf({
  dimensions: { imageSize, patchSize },
  preprocessing: { mostTiles },
}: {
  readonly dimensions: { readonly imageSize: number; readonly patchSize: number }
  readonly preprocessing: { readonly mostTiles: number }
}): Packing {
  return { side: Math.floor(imageSize / patchSize), mostTiles }
}
