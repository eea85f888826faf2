/** Pictures like those that are spread as spam: panels, lines of text and a face, each different. */

import sharp from 'sharp'
import { createRandom } from '../../bench/report/random.ts'

const HUES = [
  '#182848',
  '#7a1f3d',
  '#1f7a4d',
  '#e8e8ef',
  '#f2b705',
  '#302b63',
  '#11998e',
  '#c0392b',
]

/** A PNG of 800 × 600; the same seed gives the same one. */
export function screenshot(seed: number): Promise<Buffer> {
  const random = createRandom(seed)
  const parts: string[] = []
  for (let i = 0; i < 7; i++) {
    const at = [random.between(0, 700), random.between(0, 500)].map(Math.round)
    const size = [random.between(60, 400), random.between(40, 260)].map(Math.round)
    parts.push(
      `<rect x="${at[0]}" y="${at[1]}" width="${size[0]}" height="${size[1]}" rx="12" fill="${random.pick(HUES)}"/>`,
    )
  }
  for (let i = 0; i < 14; i++) {
    const [x, y] = [random.between(20, 500), random.between(20, 580)].map(Math.round)
    const width = Math.round(random.between(40, 280))
    parts.push(`<rect x="${x}" y="${y}" width="${width}" height="7" fill="${random.pick(HUES)}"/>`)
  }
  const [cx, cy] = [random.between(100, 700), random.between(100, 500)].map(Math.round)
  parts.push(
    `<circle cx="${cx}" cy="${cy}" r="${Math.round(random.between(40, 120))}" fill="#f1c27d"/>`,
  )
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="800" height="600"><rect width="800" height="600" fill="${random.pick(HUES)}"/>${parts.join('')}</svg>`
  return sharp(Buffer.from(svg)).png().toBuffer()
}
