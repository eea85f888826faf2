/** Tells whether two packages see pictures alike, so that one vision tower serves both. */

import { isDeepStrictEqual } from 'node:util'
import type { ModelCard } from './model-card.ts'

const VISION_FILES = ['vision.onnx', 'vision.onnx.data']

/** Whether both have the same vision tower, file for file, and prepare pictures for it alike. */
export function sameVision(a: ModelCard, b: ModelCard): boolean {
  return (
    isDeepStrictEqual(a.preprocessing, b.preprocessing) &&
    VISION_FILES.every((name) => a.files[name]?.sha256 === b.files[name]?.sha256)
  )
}
