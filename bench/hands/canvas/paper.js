/** What is behind the shapes, and what is around them without being one. */

import { COLORS, shade } from './palette.js'

/** Fills the canvas. @returns the name of its color; null where people would not agree. */
export function cover(context, { kind, color, d }) {
  const { width, height } = context.canvas
  const side = Math.min(width, height)
  context.save()
  context.fillStyle = color
  context.fillRect(0, 0, width, height)
  if (kind === 'gradient') {
    const end = d.chance(0.5) ? [0, height] : [width, height]
    const fill = context.createLinearGradient(0, 0, ...end)
    fill.addColorStop(0, shade(color, 0.12))
    fill.addColorStop(1, shade(color, -0.12))
    context.fillStyle = fill
    context.fillRect(0, 0, width, height)
  } else if (kind === 'paper') {
    speckle(context, d)
  } else if (kind === 'grid' || kind === 'lined') {
    rule(context, { kind, step: side / d.between(9, 22), d })
  }
  context.restore()
}

function speckle(context, d) {
  const { width, height } = context.canvas
  const image = context.getImageData(0, 0, width, height)
  const strength = d.between(3, 9)
  for (let i = 0; i < image.data.length; i += 4) {
    const change = -Math.abs(d.between(-strength, strength))
    for (let c = 0; c < 3; c++) {
      image.data[i + c] += change
    }
  }
  context.putImageData(image, 0, 0)
}

function rule(context, { kind, step, d }) {
  const { width, height } = context.canvas
  context.strokeStyle = d.pick(['#d8e6f2', '#e2e2e2', '#cfe0ee', '#dcebdc'])
  context.lineWidth = Math.max(1, step / 28)
  context.beginPath()
  for (let y = step; y < height; y += step) {
    context.moveTo(0, y)
    context.lineTo(width, y)
  }
  const across = kind === 'grid' ? width : 0
  for (let x = step; x < across; x += step) {
    context.moveTo(x, 0)
    context.lineTo(x, height)
  }
  context.stroke()
}

/** A line along the edges. @returns its width in pixels, which is not to be drawn on. */
export function frame(context, d) {
  const { width, height } = context.canvas
  const line = Math.max(2, Math.min(width, height) * d.between(0.01, 0.04))
  context.strokeStyle = d.pick(['#000000', '#444444', '#8b5a2b', '#b8860b'])
  context.lineWidth = line
  context.strokeRect(line / 2, line / 2, width - line, height - line)
  return line
}

const NOTES = [
  'my drawing',
  'untitled',
  'for grandma',
  'hello!',
  'test 1',
  'lol',
  'art class 3b',
  'first try',
  'made by me',
  'page 2',
]

/** A line of text at the bottom. @returns the height that it takes. */
export function note(context, { ink, d }) {
  const { width, height } = context.canvas
  const size = Math.max(11, Math.min(width, height) * d.between(0.045, 0.075))
  const font = d.pick(['sans-serif', 'serif', 'monospace', 'DejaVu Sans', 'Liberation Serif'])
  context.fillStyle = ink
  context.font = `${d.pick(['', 'bold ', 'italic '])}${size}px ${font}`
  context.textAlign = d.pick(['left', 'center', 'right'])
  const x = { left: size, center: width / 2, right: width - size }[context.textAlign]
  context.fillText(d.pick(NOTES), x, height - size * 0.6)
  return size * 1.7
}

/** A faint word over everything. */
export function watermark(context, d) {
  const { width, height } = context.canvas
  const size = Math.min(width, height) * d.between(0.08, 0.13)
  context.save()
  context.translate(width / 2, height / 2)
  context.rotate(-Math.atan2(height, width) * d.pick([0, 1]))
  context.fillStyle = 'rgba(128, 128, 128, 0.22)'
  context.font = `bold ${size}px sans-serif`
  context.textAlign = 'center'
  context.fillText(d.pick(['SAMPLE', 'preview', 'DRAFT', 'paintpal.example']), 0, size / 3)
  context.restore()
}

/** A signature or a line that means nothing, in the band at the bottom. @returns the band's height. */
export function scribble(context, { ink, d }) {
  const { width, height } = context.canvas
  const band = Math.min(width, height) * d.between(0.1, 0.16)
  const length = Math.min(width, height) * d.between(0.2, 0.4)
  const x0 = d.pick([width * 0.04, width * 0.96 - length])
  const swing = band * 0.3
  context.strokeStyle = ink
  context.lineWidth = Math.max(1, band / 26)
  context.lineCap = 'round'
  context.beginPath()
  const [a, b] = [d.between(2, 6), d.between(7, 15)]
  for (let t = 0; t <= 1; t += 0.01) {
    const y = height - band / 2 + swing * Math.sin(a * t * 6) * Math.cos(b * t)
    context.lineTo(x0 + length * t + swing * 0.5 * Math.sin(b * t * 3), y)
  }
  context.stroke()
  return band
}

/** The drawing in the window of a program, or on the page of a chat. @returns where it lies in it. */
export function screenshot(drawing, { dark, d }) {
  const canvas = new OffscreenCanvas(1, 1)
  const { width, height } = drawing
  const unit = Math.max(14, Math.min(width, height) / 24)
  const bar = unit * 2
  const margin = unit * d.between(0.3, 1.2)
  canvas.width = Math.round(width + 2 * margin)
  canvas.height = Math.round(height + 2 * bar + margin)
  const context = canvas.getContext('2d')
  const [back, strip, ink] = dark
    ? ['#232428', '#313338', '#dbdee1']
    : ['#dfe3e8', '#ffffff', '#333333']
  context.fillStyle = back
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.fillStyle = strip
  context.fillRect(0, 0, canvas.width, bar * 1.8)
  context.fillStyle = ink
  context.font = `${unit * 0.8}px sans-serif`
  context.fillText(
    d.pick(['Untitled - Paint', 'drawing.png', 'sketch (2)', '# art-club']),
    unit,
    bar * 0.7,
  )
  context.fillText(d.pick(['File   Edit   View', 'Home   View   Help']), unit, bar * 1.5)
  const [x, y] = [Math.round(margin), Math.round(bar * 1.95)]
  context.drawImage(drawing, x, y)
  return { canvas, x, y }
}

/** A color of a background: light or strong, but a name that people agree on. */
export function backdrop(name, d) {
  return d.pick(COLORS[name])
}
