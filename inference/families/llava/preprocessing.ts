/**
 * Reads how a LLaVA prepares its pictures: as CLIP (shorter side, then the middle), as SigLIP (squashed), or
 * as the first LLaVA (bars of the mean color around it first); beside a BLIP-2's tower as BLIP.
 *
 * Defaults: transformers 5.18, models/clip/image_processing_clip.py, models/siglip/image_processing_siglip.py
 * and models/llava/image_processing_llava.py, except that a missing size is the model's own.
 */

import { readPreprocessing as readBlipPreprocessing } from '../blip2/preprocessing.ts'
import {
  CLIP_COLORS,
  HALF_COLORS,
  imageSettings,
  normalization,
  readFilter,
  triple,
} from '../common/image-settings.ts'
import { type Fields, isObject } from '../common/read-json.ts'
import type { LlavaCard } from './card.ts'

type Preprocessing = LlavaCard['preprocessing']

/** By the beginning of the image processor's name. */
const KINDS = { CLIP: 'clip', Siglip: 'siglip', Llava: 'llava' } as const
type Kind = (typeof KINDS)[keyof typeof KINDS]

/**
 * @param imageSize what the vision tower takes, in pixels.
 * @param tower what the processor is taken for where it has no name.
 */
export function readPreprocessing(
  folder: string,
  imageSize: number,
  tower: 'clip' | 'siglip' | 'blip',
  problems: string[],
): Preprocessing {
  if (tower === 'blip') {
    return readBlipPreprocessing(folder, imageSize, problems)
  }
  const fields = imageSettings(folder, problems)
  const kind = kindOf(fields) ?? tower
  if (!fields.flag('do_resize', true)) {
    fields.problem('do_resize', 'is false; pictures of any size could not be taken.')
  }
  const resample = readFilter(fields, 'bicubic')
  const colors = kind === 'siglip' ? HALF_COLORS : CLIP_COLORS
  const surrounds = kind === 'llava' && fields.flag('do_pad', false)
  const fit = readFit(fields, imageSize, kind)
  return {
    resample,
    fit: surrounds ? 'surround' : fit,
    ...(surrounds && { background: backgroundOf(fields) }),
    ...normalization(fields, colors),
  }
}

function kindOf(fields: Fields): Kind | null {
  const type = fields.json['image_processor_type'] ?? fields.json['feature_extractor_type']
  if (type === undefined || type === null) {
    return null
  }
  const [, name] =
    /^(CLIP|Siglip|Llava)(ImageProcessor|FeatureExtractor)/.exec(
      typeof type === 'string' ? type : '',
    ) ?? []
  if (name === undefined) {
    fields.problem(
      'image_processor_type',
      `is ${JSON.stringify(type)}; those of CLIP, SigLIP and LLaVA are supported.`,
    )
    return null
  }
  return KINDS[name === 'CLIP' ? 'CLIP' : name === 'Llava' ? 'Llava' : 'Siglip']
}

/** `crop` where the shorter side becomes that of the square, `squash` where both do. */
function readFit(fields: Fields, imageSize: number, kind: Kind): 'squash' | 'crop' {
  const { size } = fields.json
  const crops = fields.flag('do_center_crop', kind !== 'siglip')
  const shortest = isObject(size) ? size['shortest_edge'] : typeof size === 'number' && size
  const squash = isObject(size) && size['height'] !== undefined
  const sides = squash ? [size['height'], size['width']] : []
  const wanted = size == null ? [] : squash ? sides : [shortest]
  if (wanted.some((side) => side !== imageSize)) {
    fields.problem(
      'size',
      `is ${JSON.stringify(size)}; config.json says that the image encoder takes ${imageSize} pixels.`,
    )
  }
  if (squash || (size == null && kind === 'siglip')) {
    return 'squash'
  }
  if (!crops) {
    fields.problem('do_center_crop', 'is false; pictures would have different sizes.')
  }
  checkCrop(fields, imageSize)
  return 'crop'
}

/** `crop_size` is a number or an object of height and width. */
function checkCrop(fields: Fields, imageSize: number): void {
  const { crop_size: crop } = fields.json
  const sides = isObject(crop) ? [crop['height'], crop['width']] : [crop ?? imageSize]
  if (sides.some((side) => side !== imageSize)) {
    fields.problem(
      'crop_size',
      `is ${JSON.stringify(crop)}; config.json says that the image encoder takes ${imageSize} pixels.`,
    )
  }
}

/** The mean color, also where colors are not normalized. */
export function backgroundOf(fields: Fields): [number, number, number] {
  const [red, green, blue] = triple(fields, 'image_mean', CLIP_COLORS.mean)
  return [toByte(red), toByte(green), toByte(blue)]
}

/** As Python's `int`. @param share 0 to 1. */
function toByte(share: number): number {
  return Math.min(255, Math.max(0, Math.trunc(share * 255)))
}
