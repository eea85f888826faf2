/**
 * How pictures are prepared: the part of a card, and the settings of a checkpoint that it is read from.
 * Families read what differs between them: families/<name>/preprocessing.ts.
 */

import { z } from 'zod'
import { type Filter, FILTERS } from '../../image/filters.ts'
import { FITS } from '../../image/fit.ts'
import { Fields, isObject, type Json, readJson } from './read-json.ts'

/** The least standard deviation: pixels must not become infinite. */
const MIN_STD = 1e-3
const divisor = z.number().min(MIN_STD)
const byte = z.int().min(0).max(255)

/** By the numbers of PIL.Image.Resampling. */
const FILTER_NUMBERS: Readonly<Record<number, Filter>> = {
  1: 'lanczos',
  2: 'bilinear',
  3: 'bicubic',
}

const RESCALE = 1 / 255

type Triple = readonly [number, number, number]

/** Mean and standard deviation of each color, of values in [0, 1]. */
export type Colors = { readonly mean: Triple; readonly std: Triple }

/** OPENAI_CLIP_MEAN and OPENAI_CLIP_STD of transformers. */
export const CLIP_COLORS: Colors = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
}

/** IMAGENET_STANDARD_MEAN and IMAGENET_STANDARD_STD of transformers. */
export const HALF_COLORS: Colors = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }

export const preprocessingSchema = z.strictObject({
  resample: z.enum(FILTERS),
  /** Older packages do not say it. */
  fit: z.enum(FITS).default('squash'),
  /** Of the bars of `surround`. */
  background: z.tuple([byte, byte, byte]).optional(),
  rescaleFactor: z.number().positive(),
  mean: z.tuple([z.number(), z.number(), z.number()]),
  /** What pixels are divided by. */
  std: z.tuple([divisor, divisor, divisor]),
})

/**
 * The settings of a checkpoint's image processor: its part of `processor_config.json`, as newer
 * transformers save it, or `preprocessor_config.json`. Where there are both, the former wins, as in
 * transformers 5.18, image_processing_base.py, `get_image_processor_dict`.
 */
export function imageSettings(folder: string, problems: string[]): Fields {
  const { json, where } = findSettings(folder, problems)
  return new Fields(json, where, problems)
}

function findSettings(folder: string, problems: string[]): { json: Json; where: string } {
  const shared = readJson(folder, 'processor_config.json', problems)?.['image_processor']
  if (isObject(shared)) {
    return { json: shared, where: 'processor_config.json: image_processor.' }
  }
  const own = readJson(folder, 'preprocessor_config.json', problems)
  return { json: own ?? {}, where: 'preprocessor_config.json: ' }
}

/** Which of Pillow's filters resizes pictures. @param fallback where the settings name none. */
export function readFilter(fields: Fields, fallback: Filter): Filter {
  const { resample } = fields.json
  const filter = typeof resample === 'number' ? FILTER_NUMBERS[resample] : undefined
  if (resample != null && filter === undefined) {
    fields.problem(
      'resample',
      `is ${JSON.stringify(resample)}; 1 (Lanczos), 2 (bilinear) and 3 (bicubic) are supported.`,
    )
  }
  return filter ?? fallback
}

/** What is done with the values of pixels. @param colors where the settings name none. */
export function normalization(
  fields: Fields,
  colors: Colors,
): { rescaleFactor: number; mean: [number, number, number]; std: [number, number, number] } {
  const normalize = fields.flag('do_normalize', true)
  return {
    rescaleFactor: fields.flag('do_rescale', true)
      ? positive(fields, 'rescale_factor', RESCALE)
      : 1,
    mean: normalize ? triple(fields, 'image_mean', colors.mean) : [0, 0, 0],
    std: normalize ? triple(fields, 'image_std', colors.std, MIN_STD) : [1, 1, 1],
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
export function triple(
  fields: Fields,
  name: string,
  fallback: Triple,
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
