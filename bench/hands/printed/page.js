/** Draws one picture with a printed word in the browser: up to three shapes above or below it, by the canvas's own hand. */

import { paint } from '../canvas/brush.js'
import {
  boundsOf,
  COMMON,
  extentOf,
  formOf,
  ONLY_FILLED,
  OTHERS,
  placed,
} from '../canvas/figures.js'
import { layOut } from '../canvas/layout.js'
import { COLORS, contrast, labOf } from '../canvas/palette.js'
import { cover } from '../canvas/paper.js'
import { dice } from '../canvas/random.js'

/** Height of a capital letter where the picture's longer side is 224 pixels, in pixels. */
const HEIGHT = [15, 50]
const SIDE = 224
const WIDEST = 0.9
/** Least distance in CIELAB of the letters, and of a shape, from what is behind them. */
const LEAST = { letters: 55, shape: 38 }
/** Letters also differ in lightness: thin strokes of two colors that are equally light are hard to read. */
const LEAST_LIGHTNESS = 25
const SHAPES = { ...COMMON, ...OTHERS }

/** Loads the fonts that are drawn with. @param fonts family, weight and url of each. */
export async function load(fonts) {
  for (const { family, weight, url } of fonts) {
    document.fonts.add(await new FontFace(family, `url(${url})`, { weight: String(weight) }).load())
  }
}

/** @returns the picture with that word: `png` in base64, `scene`, and how it is to be `saved`. */
export function draw(seed, word, fonts) {
  const d = dice(seed)
  const [width, height] = sidesOf(d)
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width, height })
  const context = canvas.getContext('2d', { willReadFrequently: true })
  const background = d.chance(0.6) ? 'white' : d.pick(Object.keys(COLORS))
  const paper = d.pick(COLORS[background])
  cover(context, { kind: d.chance(0.85) ? 'plain' : 'paper', color: paper, d })
  const count = Number(d.weighed({ 0: 30, 1: 34, 2: 22, 3: 14 }))
  const band = print(context, word, { paper, atEdge: count > 0, font: d.pick(fonts), d })
  const objects = band && shapes(context, { count, band, background, paper, d })
  if (objects === null) {
    return draw(seed + 1000, word, fonts) // no room: another picture
  }
  const [format, quality] = [d.pick(['png', 'png', 'jpeg', 'webp']), Math.round(d.between(55, 92))]
  const scene = { background, objects, style: ['printed'], printed: word }
  return { png: canvas.toDataURL('image/png').split(',')[1], scene, saved: { format, quality } }
}

function sidesOf(d) {
  const longer = Math.round(d.ratio(260, 640))
  const shorter = Math.round(longer / d.pick([1, 4 / 3, 3 / 2, 16 / 9]))
  return d.chance(0.7) ? [longer, shorter] : [shorter, longer]
}

/** Prints the word. @returns top and bottom in pixels of what it takes; null if it is too wide. */
function print(context, word, { paper, atEdge, font, d }) {
  const { width, height } = context.canvas
  const shown = d.pick([word, word, word.toUpperCase(), word[0].toUpperCase() + word.slice(1)])
  const capital = (d.ratio(...HEIGHT) * Math.max(width, height)) / SIDE
  const look = `${font.weight} %px '${font.family}'`
  context.font = look.replace('%', '100')
  const size = (100 * capital) / context.measureText('H').actualBoundingBoxAscent
  context.font = look.replace('%', size.toFixed(1))
  const ink = inkOn(paper, d)
  const box = context.measureText(shown)
  const [up, down] = [box.actualBoundingBoxAscent, box.actualBoundingBoxDescent]
  if (box.width > width * WIDEST || up + down > height * (atEdge ? 0.5 : 0.9)) {
    return null
  }
  const gap = 0.03 * height
  const free = height - up - down - 2 * gap
  const share = atEdge ? d.pick([0, 1]) : d.between(0, 1)
  const top = gap + share * free
  context.fillStyle = ink
  context.fillText(shown, d.between(width * 0.02, width * 0.98 - box.width), top + up)
  return [top - gap, top + up + down + gap]
}

function inkOn(paper, d) {
  const names = ['black', 'white', ...Object.keys(COLORS)]
  for (;;) {
    const ink = d.pick(COLORS[d.chance(0.4) ? 'black' : d.pick(names)])
    const lightness = Math.abs(labOf(ink)[0] - labOf(paper)[0])
    if (contrast(ink, paper) >= LEAST.letters && lightness >= LEAST_LIGHTNESS) {
      return ink
    }
  }
}

/** Draws shapes in the larger part that the word leaves. @returns them; null if they do not fit. */
function shapes(context, { count, band: [top, bottom], background, paper, d }) {
  const { width, height } = context.canvas
  const area =
    top > height - bottom
      ? { left: 0, top: 0, width, height: top }
      : { left: 0, top: bottom, width, height: height - bottom }
  const chosen = Array.from({ length: count }, () => {
    const shape = d.weighed(SHAPES)
    return { shape, lines: formOf(shape, d) }
  })
  const extents = chosen.map(({ lines }) => extentOf(lines))
  const least = 0.07 * Math.max(width, height)
  const spots = layOut(extents, { area, habit: 'apart', least, d })
  return (
    spots &&
    chosen.map(({ shape, lines }, i) => {
      const { radius } = spots[i]
      const { name, hex } = colorOn(paper, background, d)
      const isFilled = ONLY_FILLED.has(shape) || d.chance(0.7)
      const style = isFilled ? { tool: 'filled' } : { tool: 'outlined', width: radius * 0.07 + 2 }
      const drawn = paint(context, placed(lines, spots[i]), { color: hex, radius, style, d })
      const [x0, y0, x1, y1] = boundsOf(drawn.lines)
      const reach = drawn.reach
      const box = [
        (x0 - reach) / width,
        (y0 - reach) / height,
        (x1 + reach) / width,
        (y1 + reach) / height,
      ]
      const within = box.map((v) => Number(Math.min(1, Math.max(0, v)).toFixed(4)))
      return { shape, colors: [name], hex, box: within, style: [style.tool] }
    })
  )
}

function colorOn(paper, background, d) {
  for (;;) {
    const name = d.pick(Object.keys(COLORS))
    const hex = d.pick(COLORS[name])
    if (name !== background && contrast(hex, paper) >= LEAST.shape) {
      return { name, hex }
    }
  }
}
