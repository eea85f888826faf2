/**
 * Reads how a checkpoint prepares its pictures: the image processor's part of `processor_config.json`,
 * as newer transformers save it, or `preprocessor_config.json`. Where there are both, the former
 * wins, as in transformers 5.18, image_processing_base.py, `get_image_processor_dict`.
 *
 * Defaults: transformers 5.18, models/blip/image_processing_blip.py (mean and standard deviation
 * are OPENAI_CLIP_MEAN and OPENAI_CLIP_STD), except that a missing size is the model's own.
 */

import type { Blip2Card } from './card.ts'
import { CLIP_COLORS, imageSettings, normalization, readFilter } from '../common/image-settings.ts'
import { type Fields, isObject } from '../common/read-json.ts'

type Preprocessing = Blip2Card['preprocessing']

/** @param imageSize what the image encoder takes, in pixels. */
export function readPreprocessing(
  folder: string,
  imageSize: number,
  problems: string[],
): Preprocessing {
  const fields = imageSettings(folder, problems)
  const { json } = fields
  const type = json['image_processor_type'] ?? json['feature_extractor_type']
  if (type !== undefined && !isOwn(type)) {
    fields.problem(
      'image_processor_type',
      `is ${JSON.stringify(type)}; only BLIP's own is supported.`,
    )
  }
  if (!fields.flag('do_resize', true)) {
    fields.problem('do_resize', 'is false; pictures of any size could not be taken.')
  }
  for (const name of ['do_center_crop', 'do_splits']) {
    if (json[name] === true) {
      fields.problem(name, 'is true; BLIP-2 takes the whole picture.')
    }
  }
  const resample = readFilter(fields, 'bicubic')
  const fit = readFit(fields, imageSize)
  return { resample, fit, ...normalization(fields, CLIP_COLORS) }
}

function isOwn(type: unknown): boolean {
  return typeof type === 'string' && /^Blip(ImageProcessor|FeatureExtractor)/.test(type)
}

/** How a picture becomes the square that the model takes. */
function readFit(fields: Fields, imageSize: number): Preprocessing['fit'] {
  const { size, pad_size: padded } = fields.json
  const padSides = isObject(padded) ? [padded['height'], padded['width']] : []
  if (!isObject(size) || size['max_height'] === undefined) {
    checkSize(fields, imageSize)
    if (fields.json['do_pad'] === true && padSides.some((side) => side !== imageSize)) {
      fields.problem('pad_size', `is ${JSON.stringify(padded)}, larger than the image encoder.`)
    }
    return 'squash'
  }
  const sides = [size['max_height'], size['max_width']]
  if (fields.json['do_pad'] !== true || padSides.length === 0) {
    fields.problem('do_pad', 'is not true with a pad_size; pictures would have different sizes.')
  } else if ([...sides, ...padSides].some((side) => side !== imageSize)) {
    fields.problem(
      'size',
      `is ${JSON.stringify(size)}, padded to ${JSON.stringify(padded)}; config.json says that the image encoder takes ${imageSize} pixels.`,
    )
  }
  return 'pad'
}

/** A size is a number, a list or an object of height and width. */
function checkSize(fields: Fields, imageSize: number): void {
  const size = fields.json['size']
  if (size === undefined || size === null) {
    return
  }
  const sides = isObject(size) ? [size['height'], size['width']] : [size].flat()
  if (sides.length === 0 || sides.some((side) => side !== imageSize)) {
    fields.problem(
      'size',
      `is ${JSON.stringify(size)}; config.json says that the image encoder takes ${imageSize} pixels.`,
    )
  }
}
