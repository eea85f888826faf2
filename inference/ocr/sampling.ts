/**
 * Resampling as OpenCV does it, since the models were trained on its pixels: bilinear without
 * smoothing (`INTER_LINEAR`), and bicubic for crops of any angle (`warpPerspective`, `INTER_CUBIC`).
 * Values differ from OpenCV's fixed-point arithmetic by 1 of 255 at most.
 */

import type { RgbImage } from '../image/resize.ts'
import { perspectiveTo, type Quad, sidesOf } from './geometry.ts'

/** Sharpness of OpenCV's bicubic kernel. */
const CUBIC = -0.75

/** @returns uint8 [height, width, 3]. */
export function resizeBilinear(image: RgbImage, width: number, height: number): RgbImage {
  if (image.width === width && image.height === height) {
    return image
  }
  const columns = taps(image.width, width)
  const rows = taps(image.height, height)
  const data = new Uint8Array(width * height * 3)
  for (let y = 0, to = 0; y < height; y++) {
    const upper = rows.first[y]! * image.width
    const lower = rows.second[y]! * image.width
    const down = rows.share[y]!
    for (let x = 0; x < width; x++) {
      const right = columns.share[x]!
      const a = (upper + columns.first[x]!) * 3
      const b = (upper + columns.second[x]!) * 3
      const c = (lower + columns.first[x]!) * 3
      const d = (lower + columns.second[x]!) * 3
      for (let channel = 0; channel < 3; channel++, to++) {
        const top = image.data[a + channel]! * (1 - right) + image.data[b + channel]! * right
        const bottom = image.data[c + channel]! * (1 - right) + image.data[d + channel]! * right
        data[to] = top * (1 - down) + bottom * down + 0.5
      }
    }
  }
  return { width, height, data }
}

/** The two input samples of each output sample of an axis, and the share of the second. */
function taps(from: number, to: number) {
  const first = new Int32Array(to)
  const second = new Int32Array(to)
  const share = new Float64Array(to)
  for (let i = 0; i < to; i++) {
    const at = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1)
    first[i] = Math.floor(at)
    second[i] = Math.min(first[i]! + 1, from - 1)
    share[i] = at - first[i]!
  }
  return { first, second, share }
}

/** What is in a box, upright: its upper side becomes the first row. @returns uint8 [height, width, 3]. */
export function cropOf(image: RgbImage, corners: Quad): RgbImage {
  const sides = sidesOf(corners)
  const width = Math.max(1, Math.floor(sides.width))
  const height = Math.max(1, Math.floor(sides.height))
  const data = new Uint8Array(width * height * 3)
  if (isUpright(corners)) {
    const [{ x: left, y: top }] = corners
    for (let y = 0; y < height; y++) {
      const start = ((top + y) * image.width + left) * 3
      data.set(image.data.subarray(start, start + width * 3), y * width * 3)
    }
    return { width, height, data }
  }
  const at = perspectiveTo(corners)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = at(x / width, y / height)
      bicubicAt(image, from.x, from.y, data, (y * width + x) * 3)
    }
  }
  return { width, height, data }
}

/** Whether a box with whole coordinates is parallel to the picture, so that pixels are copied. */
function isUpright([a, b, c, d]: Quad): boolean {
  return a.x === d.x && b.x === c.x && a.y === b.y && c.y === d.y && b.x > a.x && d.y > a.y
}

/** Writes one pixel; what is outside of the image has the color of its edge. */
function bicubicAt(image: RgbImage, x: number, y: number, out: Uint8Array, at: number): void {
  const left = Math.floor(x)
  const top = Math.floor(y)
  const across = cubicWeights(x - left)
  const down = cubicWeights(y - top)
  let [red, green, blue] = [0, 0, 0]
  for (let j = 0; j < 4; j++) {
    const row = Math.min(Math.max(top + j - 1, 0), image.height - 1) * image.width
    for (let i = 0; i < 4; i++) {
      const from = (row + Math.min(Math.max(left + i - 1, 0), image.width - 1)) * 3
      const weight = across[i]! * down[j]!
      red += image.data[from]! * weight
      green += image.data[from + 1]! * weight
      blue += image.data[from + 2]! * weight
    }
  }
  out[at] = clampByte(red)
  out[at + 1] = clampByte(green)
  out[at + 2] = clampByte(blue)
}

function cubicWeights(t: number): readonly [number, number, number, number] {
  const [a, b, c] = [cubicOuter(t + 1), cubicInner(t), cubicInner(1 - t)]
  return [a, b, c, 1 - a - b - c]
}

/** The kernel at a distance of 1 to 2. */
function cubicOuter(d: number): number {
  return ((CUBIC * d - 5 * CUBIC) * d + 8 * CUBIC) * d - 4 * CUBIC
}

/** The kernel at a distance of 0 to 1. */
function cubicInner(d: number): number {
  return ((CUBIC + 2) * d - (CUBIC + 3)) * d * d + 1
}

function clampByte(value: number): number {
  return Math.min(Math.max(Math.round(value), 0), 255)
}

/** Turned by 90° counter-clockwise: a line that runs down then runs to the right. */
export function turnLeft({ width, height, data }: RgbImage): RgbImage {
  const out = new Uint8Array(data.length)
  for (let y = 0; y < width; y++) {
    for (let x = 0; x < height; x++) {
      const from = (x * width + (width - 1 - y)) * 3
      out.set(data.subarray(from, from + 3), (y * height + x) * 3)
    }
  }
  return { width: height, height: width, data: out }
}

/** Turned by 180°. */
export function turnOver({ width, height, data }: RgbImage): RgbImage {
  const out = new Uint8Array(data.length)
  for (let i = 0; i < data.length; i += 3) {
    out.set(data.subarray(i, i + 3), data.length - 3 - i)
  }
  return { width, height, data: out }
}
