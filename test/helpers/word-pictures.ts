/** Pictures of words, as people post screenshots: a header, lines of text on panels, a button. */

import sharp from 'sharp'
import { createRandom } from '../../bench/report/random.ts'

const GROUNDS = ['#182848', '#302b63', '#123524', '#3a0d1f']

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

/** A PNG of 800 × 600 with the lines; another seed gives another layout. */
export async function wordPicture(lines: readonly string[], seed = 1) {
  const random = createRandom(seed)
  const panels = Array.from({ length: 6 }, () => {
    const [x, y] = [random.between(0, 600), random.between(0, 500)].map(Math.round)
    return `<rect x="${x}" y="${y}" width="${Math.round(random.between(80, 300))}" height="${Math.round(random.between(30, 90))}" rx="10" fill="#ffffff22"/>`
  })
  const rows = lines.map((line, i) => {
    const y = 80 + 66 * i
    return `<text x="${Math.round(random.between(30, 90))}" y="${y}">${escaped(line)}</text>`
  })
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="800" height="600" font-family="DejaVu Sans" font-size="32" fill="#fff">` +
    `<rect width="800" height="600" fill="${random.pick(GROUNDS)}"/>${panels.join('')}${rows.join('')}</svg>`
  const bytes = new Uint8Array(await sharp(Buffer.from(svg)).png().toBuffer())
  return { name: `picture-${seed}.png`, bytes }
}

/** Screenshots of one wave: other amounts, names and layouts, and the words that give it away. */
export function casinoPicture(seed: number) {
  const amount = 2000 + 700 * seed
  return wordPicture(
    [
      'Withdrawal success!',
      `You received ${amount} USDT`,
      ['The best crypto casino', 'CRYPTO CASINO No. 1', 'A crypto casino for you'][seed % 3] ?? '',
      `Enter promo code WIN${seed}`,
      `at lucky${seed}.com/promo`,
    ],
    seed,
  )
}

/** A screenshot that nobody minds. */
export function notesPicture() {
  return wordPicture(
    [
      'Meeting notes',
      'The station opens on Monday',
      'Please bring the red folder',
      'See you there',
    ],
    9,
  )
}
