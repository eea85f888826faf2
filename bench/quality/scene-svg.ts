/**
 * Draws a scene of symbols as SVG, rasterized by librsvg through sharp, for samples and tests. It shares nothing
 * with the renderers of the shipped model's training but the meaning of the words.
 */

import sharp from 'sharp'
import { createRandom, type Random } from '../report/random.ts'

/** One object: a cell is 0 to 8 in reading order of a 3 x 3 grid. */
export type SceneObject = {
  readonly shape: string
  readonly color: string
  readonly size: string
  readonly cell: number
}

/** What a picture shows, without any geometry. */
export type Scene = { readonly background: string; readonly objects: readonly SceneObject[] }

const FILLS: Readonly<Record<string, readonly string[]>> = {
  red: ['#e01b24', '#d40000', '#ef2929'],
  green: ['#2e9e3f', '#178a1f', '#33b04a'],
  blue: ['#1c5fd6', '#1a4fe0', '#2b66e8'],
  yellow: ['#f6e020', '#ffea00', '#f2d91a'],
  orange: ['#ff8c1a', '#f57c00', '#ff7f0e'],
  purple: ['#8e24aa', '#7b1fa2', '#9333c4'],
  black: ['#000000', '#101010', '#161214'],
  white: ['#ffffff', '#fbfbfb'],
}

const BACKGROUND_FILLS: Readonly<Record<string, readonly string[]>> = {
  white: ['#ffffff', '#fcfcfc'],
  black: ['#000000', '#0b0b0d'],
  gray: ['#808080', '#8f9091', '#777879'],
  pink: ['#ffc0cb', '#f7b6c8'],
  beige: ['#f0dfc0', '#ecdcbc'],
}

/** The longer side of an object, as a share of the picture's shorter side. */
const SIDES: Readonly<Record<string, readonly [number, number]>> = {
  small: [0.14, 0.18],
  medium: [0.3, 0.37],
  large: [0.55, 0.65],
}

const ASPECTS = [1, 1, 4 / 3, 3 / 4, 16 / 9, 9 / 16, 2, 3 / 2] as const
const SHORT_SIDES = [64, 96, 128, 200, 256, 320, 480, 512] as const
const LONGEST_SIDE = 1024
const JPEG_QUALITY = 60
/** An outline thinner than this many pixels cannot be seen as one. */
const MIN_STROKE_PX = 3
const MIN_OUTLINED_RADIUS_PX = 14

/** The longer side of each shape below. */
const EXTENTS: Readonly<Record<string, number>> = {
  circle: 2,
  square: 1.4,
  triangle: 1.73,
  star: 1.9,
  heart: 1.84,
  cross: 1.88,
}

/** Path data of each shape inside the unit circle, y down. */
const PATHS: Readonly<Record<string, string>> = {
  circle: 'M1 0A1 1 0 1 1 -1 0A1 1 0 1 1 1 0Z',
  square: 'M-.7 -.7H.7V.7H-.7Z',
  triangle: 'M0 -1L.866 .5H-.866Z',
  star: starPath(0.42),
  heart:
    'M0 .95C-.35 .62 -.92 .2 -.92 -.32C-.92 -.7 -.66 -.86 -.46 -.86C-.24 -.86 -.08 -.72 0 -.5C.08 -.72 .24 -.86 .46 -.86C.66 -.86 .92 -.7 .92 -.32C.92 .2 .35 .62 0 .95Z',
  cross: 'M-.28 -.94H.28V-.28H.94V.28H.28V.94H-.28V.28H-.94V-.28H-.28Z',
}

/**
 * Draws a scene; the seed decides size, aspect ratio, shades, jitter, rotation and style.
 *
 * @returns the picture as a JPEG file of quality 60, its sides 64 to 1024 px.
 */
export async function renderScene(scene: Scene, seed: number): Promise<Uint8Array> {
  const svg = sceneSvg(scene, createRandom(seed))
  return sharp(Buffer.from(svg)).flatten().jpeg({ quality: JPEG_QUALITY }).toBuffer()
}

/** The SVG source of a scene. */
export function sceneSvg(scene: Scene, random: Random): string {
  const aspect = random.pick(ASPECTS)
  const short = Math.min(
    random.pick(SHORT_SIDES),
    Math.floor(LONGEST_SIDE / Math.max(aspect, 1 / aspect)),
  )
  const width = Math.round(aspect >= 1 ? short * aspect : short)
  const height = Math.round(aspect >= 1 ? short : short / aspect)
  const shapes = scene.objects.map((object) => shapeSvg(object, width, height, random))
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<rect width="100%" height="100%" fill="${random.pick(known(BACKGROUND_FILLS, scene.background))}"/>` +
    `${shapes.join('')}</svg>`
  )
}

function shapeSvg(object: SceneObject, width: number, height: number, random: Random): string {
  const x = (((object.cell % 3) + 0.5) / 3 + random.between(-0.03, 0.03)) * width
  const y = ((Math.floor(object.cell / 3) + 0.5) / 3 + random.between(-0.03, 0.03)) * height
  const [low, high] = known(SIDES, object.size)
  const side = random.between(low, high) * Math.min(width, height)
  const radius = side / known(EXTENTS, object.shape)
  const color = random.pick(known(FILLS, object.color))
  const turn = random.chance(0.4) ? 0 : random.between(-15, 15)
  const outlined = random.chance(0.4) && radius >= MIN_OUTLINED_RADIUS_PX
  const stroke = Math.max(0.28, MIN_STROKE_PX / radius)
  // The stroke straddles the path, so an outlined shape is drawn smaller to keep its radius.
  const scale = outlined ? radius * (1 - stroke / 2) : radius
  const paint = outlined
    ? `fill="none" stroke="${color}" stroke-linejoin="round" stroke-width="${(stroke / (1 - stroke / 2)).toFixed(3)}"`
    : `fill="${color}"`
  return `<path d="${known(PATHS, object.shape)}" ${paint} transform="translate(${x.toFixed(2)} ${y.toFixed(2)}) rotate(${turn.toFixed(1)}) scale(${scale.toFixed(2)})"/>`
}

function starPath(inner: number): string {
  const corners = Array.from({ length: 10 }, (_, index) => {
    const angle = ((index * 36 - 90) * Math.PI) / 180
    const radius = index % 2 === 0 ? 1 : inner
    return `${(radius * Math.cos(angle)).toFixed(4)} ${(radius * Math.sin(angle)).toFixed(4)}`
  })
  return `M${corners.join('L')}Z`
}

function known<T>(table: Readonly<Record<string, T>>, word: string): T {
  const value = table[word]
  if (value === undefined) {
    throw new RangeError(
      `this renderer cannot draw "${word}", only ${Object.keys(table).join(', ')}`,
    )
  }
  return value
}
