/** One whole picture of a seed: what is on it, and its pixels as PNG. */

import {
  boundsOf,
  COMMON,
  CUTTABLE,
  extentOf,
  formOf,
  ONLY_FILLED,
  OTHERS,
  placed,
} from './figures.js'
import { layOut } from './layout.js'
import { hardEdges, paint } from './brush.js'
import { COLORS, contrast, labOf, shade } from './palette.js'
import { cover, frame, note, screenshot, scribble, watermark } from './paper.js'
import { planOf } from './plan.js'
import { dice } from './random.js'

/** Least contrast of a shape with what is behind it: of a surface, and of a line. */
const LEAST_CONTRAST = { surface: 30, line: 45 }
const SHAPES = { ...COMMON, ...OTHERS }

/** @returns the picture of that seed: `png` in base64, `scene` and how it is to be `saved`. */
export async function draw(seed) {
  const d = dice(seed)
  const plan = planOf(d)
  const canvas = new OffscreenCanvas(plan.width, plan.height)
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (!plan.transparent) {
    cover(context, { ...plan.paper, d })
  }
  const area = surroundings(context, plan, d)
  const objects = objectsOn(context, plan, { area, d })
  if (objects === null) {
    return draw(seed + 1000) // they do not fit: another picture
  }
  if (plan.extra === 'watermark') {
    watermark(context, d)
  }
  const shot =
    plan.screenshot === null ? null : screenshot(canvas, { dark: plan.screenshot === 'dark', d })
  const whole = shot?.canvas ?? canvas
  const scene = {
    background: plan.screenshot === null ? plan.background : null,
    objects: objects.map(({ bounds, ...object }) => ({
      ...object,
      box: shares(bounds, { whole, canvas, x: shot?.x ?? 0, y: shot?.y ?? 0 }),
    })),
    style: plan.style,
  }
  return { png: await base64(whole), scene, saved: plan.saved }
}

/** Draws frame, note or scribble, and the area that is left. */
function surroundings(context, { extra, paper, width, height, transparent }, d) {
  const area = { left: 0, top: 0, width, height }
  const light = contrast(paper.color, '#000000') > 50
  const ink = light ? '#333333' : '#dddddd'
  if (extra === 'frame') {
    const line = frame(context, d)
    return { left: line, top: line, width: width - 2 * line, height: height - 2 * line }
  }
  if (transparent || Math.min(width, height) < 150) {
    return area
  }
  if (extra === 'note') {
    return { ...area, height: height - note(context, { ink, d }) }
  }
  return extra === 'scribble' ? { ...area, height: height - scribble(context, { ink, d }) } : area
}

/** Chooses, places and draws the shapes. @returns null if there is no room for them. */
function objectsOn(context, plan, { area, d }) {
  const side = Math.min(area.width, area.height)
  const chosen = Array.from({ length: plan.count }, (_, i) => {
    const isCut = plan.habit === 'cut' && i === 0
    const shape = isCut
      ? d.pick(CUTTABLE)
      : d.weighed(plan.everyday && d.chance(0.5) ? COMMON : SHAPES)
    return { shape, lines: formOf(shape, d) }
  })
  const extents = chosen.map(({ lines }) => extentOf(lines))
  const least = Math.max(7.5, side * (plan.saved.pixelated ? 0.13 : 0.05))
  const spots = layOut(extents, { area, habit: plan.habit, least, d })
  if (spots === null) {
    return null
  }
  const used = []
  return chosen.map(({ shape, lines }, i) => {
    const spot = spots[i]
    const style = styleOf(shape, { ...plan, radius: spot.radius, d })
    const name = colorName({ ...plan, style, used, d })
    used.push(name.name)
    const at = placed(lines, spot)
    const look = { color: name.hex, radius: spot.radius, style: finish(style, name, d), d }
    const drawn = plan.hard && style.hard ? onHard(context, at, look) : paint(context, at, look)
    return {
      shape,
      colors: namesOf(name, { style, plan }),
      hex: name.hex,
      style: wordsOf(style),
      bounds: grown(boundsOf(drawn.lines), drawn.reach),
    }
  })
}

/** A hollow shape in black on white is called black or white. */
function namesOf({ name }, { style, plan: { background } }) {
  const isHollow = style.tool === 'outlined' || style.tool === 'mouse'
  const isBoth =
    isHollow && ['black', 'white'].includes(name) && ['black', 'white', null].includes(background)
  return isBoth ? [name, name === 'black' ? 'white' : 'black'] : [name]
}

/** On a layer of its own, so that its edges can be made hard. */
function onHard(context, lines, look) {
  const layer = new OffscreenCanvas(context.canvas.width, context.canvas.height)
  const own = layer.getContext('2d', { willReadFrequently: true })
  const drawn = paint(own, lines, look)
  hardEdges(own, look.color)
  context.drawImage(layer, 0, 0)
  return drawn
}

function styleOf(shape, { everyday, hand, radius, d }) {
  // A circle of a thick line would be a ring.
  const thickest = shape === 'circle' || shape === 'oval' ? 0.075 : 0.13
  const line = Math.max(1.6, radius * d.between(0.05, thickest))
  const filled = { tool: 'filled' }
  if (radius < 12) {
    return hand ? { tool: 'bucket', width: 2, hard: true } : filled
  }
  if (ONLY_FILLED.has(shape)) {
    return { ...filled, gradient: !everyday && d.chance(0.3), across: d.chance(0.5) }
  }
  if (hand) {
    const tool = d.weighed({ bucket: 45, mouse: 35, scribbled: radius > 22 ? 20 : 0 })
    const width = tool === 'scribbled' ? Math.max(3, radius * 0.11) : Math.max(2, line * 0.9)
    const bordered = tool === 'bucket' && radius > 14 && d.chance(0.4)
    return { tool, width, hard: !bordered, bordered }
  }
  if (everyday) {
    return d.chance(0.55)
      ? { ...filled, bordered: d.chance(0.25), width: line * 0.8 }
      : { tool: 'outlined', width: line, thick: line > radius * 0.1 }
  }
  const kind = d.weighed({
    flat: 20,
    outlined: 16,
    dashed: radius > 24 ? 10 : 0,
    bordered: 12,
    thick: radius > 16 ? 9 : 0,
    rounded: 8,
    gradient: 12,
    shadow: 10,
    pattern: radius > 20 ? 10 : 0,
  })
  const across = d.chance(0.5)
  return {
    flat: filled,
    outlined: { tool: 'outlined', width: line },
    dashed: { tool: 'outlined', width: Math.max(2, radius * 0.07), dashed: true },
    bordered: { ...filled, bordered: true, width: line },
    thick: { ...filled, bordered: true, width: radius * d.between(0.16, 0.22), thick: true },
    rounded: { ...filled, rounded: shape !== 'circle' && shape !== 'oval' && shape !== 'crescent' },
    gradient: { ...filled, gradient: true, across },
    shadow: { ...filled, shadow: true },
    pattern: { tool: 'pattern' },
  }[kind]
}

/** The colors that only follow from the shape's own: of its border, and of its second shade. */
function finish(style, { hex }, d) {
  const border = style.bordered
    ? d.chance(0.6) && contrast(hex, '#000000') > 40
      ? '#000000'
      : 'shade'
    : null
  const bucketBorder = border === 'shade' ? shade(hex, -0.45) : border
  return {
    ...style,
    border: style.tool === 'bucket' ? bucketBorder : border,
    second: shade(hex, contrast(hex, '#ffffff') < 45 ? -0.2 : 0.35),
  }
}

/** A color that can be told from the background, and from a shape that it touches. */
function colorName({ paper, background, style, used, habit, d }) {
  const isLine = style.tool === 'outlined' || style.tool === 'mouse'
  const least = isLine ? LEAST_CONTRAST.line : LEAST_CONTRAST.surface
  for (;;) {
    const name = d.weighed({
      red: 14,
      blue: 14,
      green: 12,
      yellow: 10,
      orange: 8,
      purple: 9,
      pink: 8,
      brown: 7,
      black: 9,
      white: 8,
      gray: 6,
      turquoise: 7,
    })
    const base = d.pick(COLORS[name])
    const hex =
      name === 'white' || name === 'black'
        ? base
        : shade(base, d.between(name === 'turquoise' ? 0 : -0.06, 0.06))
    const meets = habit === 'touching' || habit === 'overlapping'
    const isPale =
      isLine &&
      Math.abs(labOf(hex)[0] - labOf(paper.color)[0]) <
        (paper.kind === 'plain' && paper.color > '#f0' ? 6 : 18)
    const isPlainLine = isLine && (name === 'white' || name === 'black')
    const isBad =
      contrast(hex, paper.color) < least ||
      name === background ||
      isPale ||
      (meets && used.includes(name)) ||
      (style.gradient && (name === 'white' || name === 'black')) ||
      (style.tool === 'pattern' && (name === 'white' || name === 'black')) ||
      // A hollow black shape on white may be called white.
      (isPlainLine && d.chance(0.7)) ||
      (style.shadow && name === 'black')
    if (!isBad) {
      return { name, hex }
    }
  }
}

function wordsOf({ tool, dashed, rounded, gradient, shadow, bordered, thick }) {
  const words = { dashed, rounded, gradient, shadow, bordered, thick }
  return [tool, ...Object.keys(words).filter((word) => words[word])]
}

const within = (value, most) => Math.min(Math.max(value, 0), most)

const grown = ([left, top, right, bottom], by) => [left - by, top - by, right + by, bottom + by]

/** Pixels on the drawing → shares of the whole picture, cut off at the drawing's edges. */
function shares([left, top, right, bottom], { whole, canvas, x, y }) {
  const horizontal = (value) => (x + within(value, canvas.width)) / whole.width
  const vertical = (value) => (y + within(value, canvas.height)) / whole.height
  return [horizontal(left), vertical(top), horizontal(right), vertical(bottom)].map((share) =>
    Number(share.toFixed(4)),
  )
}

async function base64(canvas) {
  const blob = await canvas.convertToBlob({ type: 'image/png' })
  const bytes = new Uint8Array(await blob.arrayBuffer())
  let text = ''
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode(...bytes.subarray(i, i + 8192))
  }
  return btoa(text)
}
