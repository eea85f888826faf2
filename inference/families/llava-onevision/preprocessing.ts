/**
 * Reads how a LLaVA-OneVision cuts its pictures into tiles.
 *
 * Defaults: transformers 5.18, models/llava_onevision/image_processing_pil_llava_onevision.py and
 * configuration_llava_onevision.py, except that missing sizes are the model's own.
 */

import { MAX_EDGE, type Size } from '../../image/tiles.ts'
import { CLIP_COLORS, imageSettings, normalization, readFilter } from '../common/image-settings.ts'
import { Fields, isObject, readJson } from '../common/read-json.ts'
import { backgroundOf } from '../llava/preprocessing.ts'
import { MAX_RESOLUTIONS, type OnevisionCard } from './card.ts'

const CONFIG_FILE = 'config.json'
const LIST = 'image_grid_pinpoints'
const ASPECT = 'vision_aspect_ratio'
/** Tiles along a side of the largest resolution where no list is given. */
const DEFAULT_TILES = 6
const DEFAULT_ASPECT = 'anyres_max_9'

/**
 * @param folder of the image processor's settings.
 * @param config of config.json, by which the model puts tiles together.
 * @param imageSize side of a tile, which the vision tower takes, in pixels.
 */
export function readPreprocessing(
  folder: string,
  config: string,
  imageSize: number,
  problems: string[],
): OnevisionCard['preprocessing'] {
  const fields = imageSettings(folder, problems)
  const model = new Fields(
    readJson(config, CONFIG_FILE, problems) ?? {},
    `${CONFIG_FILE}: `,
    problems,
  )
  checkType(fields)
  checkSizes(fields, imageSize)
  const resolutions = readResolutions(model, imageSize)
  const prepared = readResolutions(fields, imageSize)
  if (JSON.stringify(prepared) !== JSON.stringify(resolutions)) {
    fields.problem(LIST, 'is another list than that of config.json.')
  }
  return {
    resample: readFilter(fields, 'bicubic'),
    fit: 'any-resolution',
    background: backgroundOf(fields),
    ...normalization(fields, CLIP_COLORS),
    resolutions,
    mostTiles: readMostTiles(model),
  }
}

function checkType(fields: Fields): void {
  const type = fields.json['image_processor_type'] ?? fields.json['feature_extractor_type']
  if (type != null && !(typeof type === 'string' && type.startsWith('LlavaOnevisionImage'))) {
    fields.problem(
      'image_processor_type',
      `is ${JSON.stringify(type)}; that of LLaVA-OneVision is supported.`,
    )
  }
}

function checkSizes(fields: Fields, imageSize: number): void {
  if (!fields.flag('do_resize', true)) {
    fields.problem('do_resize', 'is false; pictures of any size could not be taken.')
  }
  if (fields.flag('do_center_crop', false)) {
    fields.problem('do_center_crop', 'is true; tiles are not cropped.')
  }
  const { size } = fields.json
  const sides = isObject(size)
    ? Object.values(size).filter((side) => side != null)
    : [size ?? imageSize]
  if (sides.length === 0 || sides.some((side) => side !== imageSize)) {
    fields.problem(
      'size',
      `is ${JSON.stringify(size)}; config.json says that the image encoder takes ${imageSize} pixels.`,
    )
  }
}

/** A list of heights and widths. */
function readResolutions(fields: Fields, imageSize: number): Size[] {
  const tiles = Array.from({ length: DEFAULT_TILES }, (_, i) => (i + 1) * imageSize)
  const usual = tiles.flatMap((height) => tiles.map((width) => ({ height, width })))
  const value = fields.json[LIST] ?? usual.map(({ height, width }) => [height, width])
  const list: readonly unknown[] = Array.isArray(value) ? value : []
  const isSide = (side: unknown): side is number =>
    typeof side === 'number' && side > 0 && side <= MAX_EDGE && side % imageSize === 0
  const sizes = list.flatMap((one) => {
    const [height, width, ...more]: readonly unknown[] = Array.isArray(one) ? one : []
    return isSide(height) && isSide(width) && more.length === 0 ? [{ height, width }] : []
  })
  if (sizes.length === 0 || sizes.length < list.length || sizes.length > MAX_RESOLUTIONS) {
    fields.problem(
      LIST,
      `has to list heights and widths that are multiples of ${imageSize}, and at most ${MAX_EDGE}.`,
    )
    return usual
  }
  return sizes
}

function readMostTiles(model: Fields): number {
  const value = model.json[ASPECT] ?? DEFAULT_ASPECT
  const [, most] = /^anyres_max_([1-9]\d?)$/.exec(typeof value === 'string' ? value : '') ?? []
  if (most === undefined) {
    model.problem(ASPECT, `is ${JSON.stringify(value)}; anyres_max_N is supported.`)
  }
  return Number(most ?? 1)
}
