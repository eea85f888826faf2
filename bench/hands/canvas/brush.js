/** How a shape comes onto the canvas: with a tool of a paint program, or with the mouse. */

import { boundsOf, dense, rounded, trembling } from './figures.js'
import { shade } from './palette.js'

const path = (lines) => {
  const result = new Path2D()
  for (const line of lines) {
    line.forEach(([x, y], i) => (i === 0 ? result.moveTo(x, y) : result.lineTo(x, y)))
    result.closePath()
  }
  return result
}

/**
 * Draws one shape. `style.tool` says how; `width` is that of its line in pixels.
 *
 * @returns the lines that were drawn, and half the width of the line around them.
 */
export function paint(context, lines, { color, radius, style, d }) {
  const shape = style.rounded ? lines.map(rounded) : lines
  context.save()
  context.lineJoin = style.rounded ? 'round' : d.pick(['miter', 'round'])
  const result = TOOLS[style.tool](context, shape, { color, radius, style, d })
  context.restore()
  return { lines: result.lines ?? shape, reach: result.reach ?? 0 }
}

const TOOLS = {
  filled(context, lines, { color, radius, style }) {
    if (style.shadow) {
      context.shadowColor = 'rgba(0, 0, 0, 0.45)'
      context.shadowBlur = radius * 0.2
      context.shadowOffsetX = radius * 0.12
      context.shadowOffsetY = radius * 0.14
    }
    context.fillStyle = style.gradient
      ? gradient(context, lines, { color, across: style.across })
      : color
    context.fill(path(lines), 'evenodd')
    context.shadowColor = 'transparent'
    return border(context, lines, { color, style })
  },

  outlined(context, lines, { color, style }) {
    context.strokeStyle = color
    context.lineWidth = style.width
    context.setLineDash(style.dashed ? [style.width * 3, style.width * 2] : [])
    context.stroke(path(lines))
    return { reach: style.width / 2 }
  },

  /** Around it with the mouse, and a bucket of paint into it. */
  bucket(context, lines, { color, radius, style, d }) {
    const hand = handOf(lines, { radius, d })
    context.fillStyle = color
    context.fill(path(hand), 'evenodd')
    context.strokeStyle = style.border ?? color
    context.lineWidth = style.width
    context.lineJoin = 'round'
    context.stroke(path(hand))
    return { lines: hand, reach: style.width / 2 }
  },

  /** Around it with the mouse only; the ends of the line do not quite meet. */
  mouse(context, lines, { color, radius, style, d }) {
    const hand = handOf(lines, { radius, d })
    stroke(context, hand[0], { color, width: style.width, d })
    return { lines: hand, reach: style.width / 2 }
  },

  /** Around it, then to and fro inside, as children color. */
  scribbled(context, lines, { color, radius, style, d }) {
    const hand = handOf(lines, { radius, d })
    context.save()
    context.clip(path(hand), 'evenodd')
    const [left, top, right, bottom] = boundsOf(hand)
    const step = style.width * d.between(0.8, 1.15)
    context.strokeStyle = color
    context.lineWidth = style.width
    context.lineCap = 'round'
    context.beginPath()
    for (let y = top - step, i = 0; y < bottom + step; y += step, i++) {
      const x = i % 2 === 0 ? left : right
      const jitter = () => d.between(-0.3, 0.3) * step
      context.lineTo(x + jitter(), y + jitter())
      context.lineTo(left + right - x + jitter(), y + step * 0.6 + jitter())
    }
    context.stroke()
    context.restore()
    stroke(context, hand[0], { color, width: style.width, d })
    return { lines: hand, reach: style.width / 2 }
  },

  /** Stripes or dots in two shades of one color. */
  pattern(context, lines, { color, radius, style, d }) {
    const [left, top, right, bottom] = boundsOf(lines)
    context.fillStyle = color
    context.fill(path(lines), 'evenodd')
    context.save()
    context.clip(path(lines), 'evenodd')
    const step = radius * d.between(0.22, 0.4)
    context.fillStyle = style.second
    context.strokeStyle = style.second
    context.lineWidth = step * 0.35
    context.beginPath()
    if (d.chance(0.5)) {
      const slope = d.pick([0, bottom - top])
      for (let x = left - slope; x < right + slope; x += step) {
        context.moveTo(x, top)
        context.lineTo(x + slope, bottom)
      }
      context.stroke()
    } else {
      for (let x = left; x < right + step; x += step) {
        for (let y = top; y < bottom + step; y += step) {
          context.moveTo(x, y)
          context.arc(x, y, step * 0.2, 0, 7)
        }
      }
      context.fill()
    }
    context.restore()
    return border(context, lines, { color, style })
  },
}

function border(context, lines, { color, style }) {
  if (!style.border) {
    return { reach: 0 }
  }
  context.strokeStyle = style.border === 'shade' ? shade(color, -0.45) : style.border
  context.lineWidth = style.width
  context.stroke(path(lines))
  return { reach: style.width / 2 }
}

function gradient(context, lines, { color, across }) {
  const [left, top, right, bottom] = boundsOf(lines)
  const fill = across
    ? context.createLinearGradient(left, top, right, bottom)
    : context.createLinearGradient(0, top, 0, bottom)
  fill.addColorStop(0, shade(color, 0.22))
  fill.addColorStop(1, shade(color, -0.12))
  return fill
}

function handOf(lines, { radius, d }) {
  const step = Math.max(2, radius / 14)
  // Five or six blunt corners are soon gone.
  const steady = lines[0].length === 5 || lines[0].length === 6 ? 0.5 : 1
  return lines.map((line) =>
    trembling(dense(line, step), {
      amount: steady * radius * d.between(0.02, 0.045),
      noise: radius * d.between(0.001, 0.008),
      d,
    }),
  )
}

/** A line of the mouse: it starts anywhere on the shape and goes a little past its start. */
function stroke(context, line, { color, width, d }) {
  const start = Math.floor(d.between(0, line.length))
  const count = line.length + Math.round(line.length * d.between(-0.008, 0.03))
  context.strokeStyle = color
  context.lineWidth = width
  context.lineJoin = 'round'
  context.lineCap = 'round'
  context.beginPath()
  for (let i = 0; i <= count; i++) {
    const drift = i >= line.length ? width * 0.4 : 0
    const [x, y] = line[(start + i) % line.length]
    context.lineTo(x + drift, y + drift)
  }
  context.stroke()
}

/** Every pixel wholly painted or not at all, as with a pencil without antialiasing. */
export function hardEdges(context, color) {
  const { width, height } = context.canvas
  const image = context.getImageData(0, 0, width, height)
  const channels = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16))
  for (let i = 0; i < image.data.length; i += 4) {
    const on = image.data[i + 3] >= 128
    image.data.set(on ? [...channels, 255] : [0, 0, 0, 0], i)
  }
  context.putImageData(image, 0, 0)
}
