/**
 * Reads how a checkpoint prepares its pictures: the image processor's part of `processor_config.json`,
 * as newer transformers save it, or `preprocessor_config.json`. Where there are both, the former
 * wins, as in transformers 5.18, image_processing_base.py, `get_image_processor_dict`.
 *
 * Defaults: transformers 5.18, models/blip/image_processing_blip.py (mean and standard deviation
 * are OPENAI_CLIP_MEAN and OPENAI_CLIP_STD), except that a missing size is the model's own.
 */

import type { Blip2Card } from './card.ts'
import { Fields, isObject, readJson } from '../common/read-json.ts'
import type { Json } from '../common/read-json.ts'

const MEAN = [0.48145466, 0.4578275, 0.40821073] as const
const STD = [0.26862954, 0.26130258, 0.27577711] as const
const RESCALE = 1 / 255

/** The least standard deviation: what a card may have. */
const MIN_STD = 1e-3

/** PIL.Image.Resampling.BICUBIC. */
const BICUBIC = 3

type Preprocessing = Blip2Card['preprocessing']

/** @param imageSize what the image encoder takes, in pixels. */
export function readPreprocessing(
  folder: string,
  imageSize: number,
  problems: string[],
): Preprocessing {
  const { json, where } = findSettings(folder, problems)
  const fields = new Fields(json, where, problems)
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
  if ((json['resample'] ?? BICUBIC) !== BICUBIC) {
    fields.problem(
      'resample',
      `is ${JSON.stringify(json['resample'])}; only 3 (bicubic) is supported.`,
    )
  }
  const fit = readFit(fields, imageSize)
  const normalize = fields.flag('do_normalize', true)
  return {
    resample: 'bicubic',
    fit,
    rescaleFactor: fields.flag('do_rescale', true)
      ? positive(fields, 'rescale_factor', RESCALE)
      : 1,
    mean: normalize ? triple(fields, 'image_mean', MEAN) : [0, 0, 0],
    std: normalize ? triple(fields, 'image_std', STD, MIN_STD) : [1, 1, 1],
  }
}

function findSettings(folder: string, problems: string[]): { json: Json; where: string } {
  const shared = readJson(folder, 'processor_config.json', problems)?.['image_processor']
  if (isObject(shared)) {
    return { json: shared, where: 'processor_config.json: image_processor.' }
  }
  const own = readJson(folder, 'preprocessor_config.json', problems)
  return { json: own ?? {}, where: 'preprocessor_config.json: ' }
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

function positive(fields: Fields, name: string, fallback: number): number {
  const value = fields.number(name, fallback)
  if (value <= 0) {
    fields.problem(name, `is ${value}; a number above 0 is needed.`)
  }
  return value
}

/** One number stands for all three channels. */
function triple(
  fields: Fields,
  name: string,
  fallback: readonly [number, number, number],
  least = -Infinity,
): [number, number, number] {
  const setting = fields.json[name] ?? fallback
  const value = typeof setting === 'number' ? [setting, setting, setting] : setting
  if (
    Array.isArray(value) &&
    value.length === 3 &&
    value.every((item) => typeof item === 'number' && Number.isFinite(item) && item >= least)
  ) {
    return [value[0], value[1], value[2]]
  }
  fields.problem(
    name,
    `is ${JSON.stringify(value)}; three numbers${least > 0 ? ` of at least ${least}` : ''} are needed.`,
  )
  return [...fallback]
}
