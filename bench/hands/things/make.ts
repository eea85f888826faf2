/**
 * Draws the pictures of things: `node bench/hands/things/make.ts OUT PACKAGES`, where PACKAGES is a
 * node_modules folder with @iconify-json/fluent-emoji-flat and the fonts of plan.ts (@fontsource/…),
 * and Chromium is installed. Writes OUT/things/NNN.png and OUT/things.json.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { launchBrowser } from 'loopback-discord/testing/browser'
import { openPaintPage } from '../paint-page.ts'
import type { Box, Scene } from '../truth.ts'
import { FONTS, type Mark, plansOf } from './plan.ts'
import { iconsOf } from './words.ts'

const SEED = 61

type Icon = { readonly body: string; readonly width?: number; readonly height?: number }

const [out = '', packages = ''] = process.argv.slice(2)
const set: { readonly icons: Readonly<Record<string, Icon>>; readonly width?: number } = JSON.parse(
  readFileSync(path.join(packages, '@iconify-json', 'fluent-emoji-flat', 'icons.json'), 'utf8'),
)

/** What page.js draws in a mark's square; a thing with two icons takes them in turn. */
function inkOf({ object: { shape, hex }, font }: Mark, turn: number): object {
  const icons = iconsOf(shape).flatMap((name) => set.icons[name] ?? [])
  const icon = icons[turn % icons.length]
  if (icon !== undefined) {
    const side = icon.width ?? set.width ?? 16
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="512" height="512" viewBox="0 0 ${side} ${side}">`
    return { svg: `${svg}${icon.body}</svg>` }
  }
  return { text: shape, hex, font: { ...font, url: `/${font.family}.woff2` } }
}

function fontFile(name: string): string {
  const { family, weight } = FONTS.find((font) => name === `${font.family}.woff2`)!
  const folder = path.join(packages, '@fontsource', family, 'files')
  return path.join(folder, `${family}-latin-${weight}-normal.woff2`)
}

mkdirSync(path.join(out, 'things'), { recursive: true })
const browser = await launchBrowser()
try {
  const page = await openPaintPage(browser, (name) =>
    name.endsWith('.woff2') ? fontFile(name) : path.join(import.meta.dirname, name),
  )
  const scenes: Scene[] = []
  for (const [index, { background, marks, ...sides }] of plansOf(SEED).entries()) {
    const drawn = marks.map((mark) => ({ ...mark, ...inkOf(mark, index) }))
    const plan = JSON.stringify({ ...sides, background: background.hex, marks: drawn })
    const code = `import('/page.js').then(({ draw }) => draw(${plan}))`
    const { png, boxes } = await page.evaluate<{ png: string; boxes: Box[] }>(code)
    const name = `things/${String(index + 1).padStart(3, '0')}.png`
    const palette = { palette: true, compressionLevel: 9, effort: 10 } as const
    await sharp(Buffer.from(png, 'base64')).png(palette).toFile(path.join(out, name))
    const objects = marks.map(({ object }, i) => ({ ...object, box: boxes[i]! }))
    scenes.push({ name, background: background.name, objects, style: [] })
  }
  writeFileSync(path.join(out, 'things.json'), `${JSON.stringify(scenes, null, 1)}\n`)
} finally {
  await browser.close()
}
