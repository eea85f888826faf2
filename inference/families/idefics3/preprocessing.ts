/**
 * Reads how an Idefics3 or SmolVLM cuts its pictures into tiles.
 *
 * Defaults: transformers 5.18, models/idefics3/image_processing_pil_idefics3.py, except that missing sizes
 * are the model's own.
 */

import { MAX_EDGE } from '../../image/tiles.ts'
import { HALF_COLORS, imageSettings, normalization, readFilter } from '../common/image-settings.ts'
import { type Fields, isObject } from '../common/read-json.ts'
import type { Idefics3Card } from './card.ts'

/** Tiles along the longer side, where the settings do not say it; with `do_resize: false` those of `auto`. */
const DEFAULT_TILES = 4

/** What a model can take. */
export type TileLimits = {
  /** Side of a tile, which the vision tower takes, in pixels. */
  readonly imageSize: number
  /** Of a picture that keeps its own size. */
  readonly mostTiles: number
}

export function readPreprocessing(
  folder: string,
  { imageSize, mostTiles }: TileLimits,
  problems: string[],
): Idefics3Card['preprocessing'] {
  const fields = imageSettings(folder, problems)
  checkType(fields)
  const tile = longestEdge(fields, 'max_image_size', imageSize)
  if (tile !== imageSize) {
    fields.problem(
      'max_image_size',
      `is ${tile}; config.json says that the image encoder takes ${imageSize} pixels.`,
    )
  }
  return {
    resample: readFilter(fields, 'lanczos'),
    fit: 'tiles',
    tiles: {
      ...readSize(fields, { imageSize, mostTiles }),
      split: fields.flag('do_image_splitting', true),
    },
    ...normalization(fields, HALF_COLORS),
  }
}

/** With `do_resize: false` the reference does not look at `size`, so neither do we. */
function readSize(
  fields: Fields,
  { imageSize, mostTiles }: TileLimits,
): Pick<Idefics3Card['preprocessing']['tiles'], 'longestEdge' | 'mostTiles'> {
  const usual = DEFAULT_TILES * imageSize
  return fields.flag('do_resize', true)
    ? { longestEdge: longestEdge(fields, 'size', usual) }
    : { longestEdge: Math.min(usual, MAX_EDGE), mostTiles }
}

function checkType(fields: Fields): void {
  const type = fields.json['image_processor_type'] ?? fields.json['feature_extractor_type']
  if (type != null && !(typeof type === 'string' && /^(Idefics3|SmolVLM)Image/.test(type))) {
    fields.problem(
      'image_processor_type',
      `is ${JSON.stringify(type)}; those of Idefics3 and SmolVLM are supported.`,
    )
  }
}

/** Of a size that is given by the longer side alone. */
function longestEdge(fields: Fields, name: string, fallback: number): number {
  const value = fields.json[name]
  const edge = isObject(value) ? value['longest_edge'] : value
  if (value == null) {
    return fallback
  }
  if (typeof edge === 'number' && Number.isInteger(edge) && edge > 0 && edge <= MAX_EDGE) {
    return edge
  }
  fields.problem(
    name,
    `is ${JSON.stringify(value)}; a longest_edge of at most ${MAX_EDGE} pixels is needed.`,
  )
  return fallback
}
