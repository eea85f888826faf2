/**
 * Makes the test pictures that are no drawings of shapes: `node bench/hands/others/make.ts OUT PHOTOS`.
 * PHOTOS has the photographs that test/fixtures/hands/CREDITS.md lists, by those names; Chromium is
 * installed. Writes OUT/others/NNN.EXT and OUT/others.json.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { launchBrowser } from 'loopback-discord/testing/browser'
import { createRandom } from '../../report/random.ts'
import { HANDS_FOLDER, type OtherPicture } from '../truth.ts'
import { SCREENS } from './screens.ts'

/** Sides of photographs in pixels, at most. */
const PHOTO_SIDE = 480
const CROP_SIDE = 320
const MEMES = 7
const NOISES = 6
/** Side of noise in pixels. */
const NOISE_SIDE = 240

const [out = '', photos = ''] = process.argv.slice(2)
const random = createRandom(13)
const pictures: OtherPicture[] = []
mkdirSync(path.join(out, 'others'), { recursive: true })

function keep(what: string, ending: string, bytes: Uint8Array): void {
  const name = `others/${String(pictures.length + 1).padStart(3, '0')}.${ending}`
  writeFileSync(path.join(out, name), bytes)
  pictures.push({ name, what })
}

/** The names in the first column of the credits. */
function creditedNames(): string[] {
  const credits = readFileSync(path.join(HANDS_FOLDER, 'CREDITS.md'), 'utf8')
  return [...credits.matchAll(/^\| (\S+\.(?:jpg|png)) /gm)].map(([, name = '']) => name)
}

const within = (side: number) => ({ width: side, height: side, fit: 'inside' }) as const

/** Each photograph, and a part of it of a third to two thirds of its sides. */
async function makePhotographs(): Promise<void> {
  for (const name of creditedNames()) {
    const photo = sharp(path.join(photos, name)).flatten()
    keep('photographs', 'webp', await photo.clone().resize(within(PHOTO_SIDE)).webp().toBuffer())
    const { width, height } = await photo.metadata()
    const share = random.between(0.33, 0.66)
    const region = { width: Math.floor(width * share), height: Math.floor(height * share) }
    const left = Math.floor(random.between(0, width - region.width))
    const top = Math.floor(random.between(0, height - region.height))
    const part = photo.extract({ left, top, ...region }).resize(within(CROP_SIDE))
    keep('photographs', 'jpeg', await part.jpeg({ quality: 70 }).toBuffer())
  }
}

const JOKES = [
  ['WHEN THE TEST IS GREEN', 'BUT YOU DID NOT RUN IT'],
  ['ONE DOES NOT SIMPLY', 'CLOSE THE TAB'],
  ['ME AT 3 AM', 'JUST ONE MORE PAGE'],
  ['NOBODY:', 'MY CODE ON FRIDAY'],
] as const

/** Parts of photographs with white words above and below. */
async function makeMemes(): Promise<void> {
  for (const [i, name] of creditedNames().slice(0, MEMES).entries()) {
    const [above, below] = JOKES[i % JOKES.length]!
    const style = 'font-family="DejaVu Sans" font-weight="bold" font-size="26" text-anchor="middle"'
    const words = [above, below].map(
      (text, k) =>
        `<text x="200" y="${k === 0 ? 40 : 375}" fill="#fff" stroke="#000" stroke-width="1" ${style}>${text}</text>`,
    )
    const overlay = Buffer.from(`<svg width="400" height="400">${words.join('')}</svg>`)
    const picture = sharp(path.join(photos, name)).resize(400, 400, { fit: 'cover' }).flatten()
    keep(
      'memes',
      'jpeg',
      await picture
        .composite([{ input: overlay }])
        .jpeg()
        .toBuffer(),
    )
  }
}

async function makeScreens(): Promise<void> {
  const browser = await launchBrowser()
  try {
    for (const [, [width, height], html] of SCREENS) {
      const page = await browser.newPage({ viewport: { width, height } })
      await page.setContent(`<!doctype html>${html}`)
      keep('screenshots', 'png', await page.screenshot())
      await page.close()
    }
  } finally {
    await browser.close()
  }
}

/** Gray and colored noise, fine and blurred. */
async function makeNoise(): Promise<void> {
  for (let i = 0; i < NOISES; i++) {
    const channels = i % 2 === 0 ? 3 : 1
    const size = { width: NOISE_SIDE, height: NOISE_SIDE, channels } as const
    const bytes = Uint8Array.from({ length: NOISE_SIDE ** 2 * channels }, () =>
      random.between(0, 256),
    )
    const noise = sharp(bytes, { raw: size })
    const soft = i < 2 ? noise : noise.blur(i * 2).normalize()
    keep('noise', 'png', await soft.png().toBuffer())
  }
}

/** Points of a line through heights from 0 to 240. */
function curve(height: (x: number) => number): string {
  return Array.from({ length: 60 }, (_, x) => `${x * 8},${height(x)}`).join(' ')
}

/** Drawn by programs, and yet no shapes. */
async function makeGraphics(): Promise<void> {
  const bars = Array.from({ length: 70 }, (_, i) => {
    const width = random.pick([1, 2, 3, 4])
    return `<rect x="${20 + i * 6}" y="30" width="${width}" height="150" fill="#000"/>`
  })
  const staves = [0, 1, 2].flatMap((row) =>
    [0, 1, 2, 3, 4].map((line) => {
      const y = 40 + row * 90 + line * 10
      return `<path d="M20 ${y}H460" stroke="#000"/>`
    }),
  )
  const graphics = [
    `<polyline points="${curve((x) => 110 + 26 * Math.sin(x / random.between(4, 4.4)))}" fill="none" stroke="#1f77b4" stroke-width="3"/><path d="M10 10V210H470" fill="none" stroke="#000"/><text x="200" y="234" font-size="14">time in s</text>`,
    bars.join(''),
    staves.join(''),
    `<defs><linearGradient id="g"><stop stop-color="#512da8"/><stop offset="1" stop-color="#ffb74d"/></linearGradient></defs><rect width="480" height="240" fill="url(#g)"/>`,
    `<text x="30" y="130" font-family="DejaVu Serif" font-size="54">Happy birthday</text>`,
    `<polyline points="${curve(() => random.between(40, 200))}" fill="none" stroke="#333" stroke-width="2"/>`,
  ]
  for (const body of graphics) {
    const whole = `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="240"><rect width="480" height="240" fill="#fff"/>${body}</svg>`
    keep('graphics', 'png', await sharp(Buffer.from(whole)).flatten().png().toBuffer())
  }
}

await makePhotographs()
await makeMemes()
await makeScreens()
await makeNoise()
await makeGraphics()
writeFileSync(path.join(out, 'others.json'), `${JSON.stringify(pictures, null, 1)}\n`)
