/**
 * Reads how an IDEFICS prepares its pictures: squashed to the tower's square; beside a BLIP-2's tower as BLIP.
 *
 * Defaults: transformers 5.18, models/idefics/image_processing_idefics.py, except that a missing size is the
 * model's own.
 */

import { readPreprocessing as readBlipPreprocessing } from '../blip2/preprocessing.ts'
import { CLIP_COLORS, imageSettings, normalization, readFilter } from '../common/image-settings.ts'
import { isObject } from '../common/read-json.ts'
import type { IdeficsCard } from './card.ts'
import type { CheckpointConfig } from './read-config.ts'

const TYPE = /^Idefics(ImageProcessor|FeatureExtractor)/

/** @param imageSize what the tower takes, in pixels. */
export function readPreprocessing(
  folder: string,
  { tower, imageSize }: Pick<CheckpointConfig, 'tower' | 'imageSize'>,
  problems: string[],
): IdeficsCard['preprocessing'] {
  if (tower === 'blip') {
    return readBlipPreprocessing(folder, imageSize, problems)
  }
  const fields = imageSettings(folder, problems)
  const { image_processor_type: type, size, image_size: side } = fields.json
  if (type != null && !(typeof type === 'string' && TYPE.test(type))) {
    fields.problem(
      'image_processor_type',
      `is ${JSON.stringify(type)}; that of IDEFICS is supported.`,
    )
  }
  if (!fields.flag('do_resize', true)) {
    fields.problem('do_resize', 'is false; pictures of any size could not be taken.')
  }
  const resample = readFilter(fields, 'bicubic')
  // `image_size` is the older name, and comes first.
  const [name, value] = side == null ? ['size', size] : ['image_size', side]
  const sides = isObject(value) ? [value['height'], value['width']] : [value ?? imageSize]
  if (sides.some((one) => one !== imageSize)) {
    fields.problem(
      name,
      `is ${JSON.stringify(value)}; config.json says that the image encoder takes ${imageSize} pixels.`,
    )
  }
  return { resample, fit: 'squash', ...normalization(fields, CLIP_COLORS) }
}
