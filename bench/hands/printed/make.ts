/**
 * Draws the canvas's half of the test pictures with words and numbers:
 * `node bench/hands/printed/make.ts OUT PACKAGES`, where PACKAGES is a node_modules folder with the
 * fonts below (@fontsource/…), and Chromium is installed. Writes OUT/printed/canvas-NNN.EXT,
 * OUT/printed-canvas.json, and OUT/printed-words.json for make.py, which draws the other half.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { launchBrowser } from 'loopback-discord/testing/browser'
import { openPaintPage } from '../paint-page.ts'
import { printedOn, type PrintedScene } from './words.ts'

const SEED = 77
const COUNT = 75
const HANDS = path.join(import.meta.dirname, '..')

/** None of these is installed where the training draws, which takes the fonts of its machine. */
const FONTS = ['lora', 'nunito', 'patrick-hand', 'roboto-slab'].flatMap((family) =>
  (family === 'patrick-hand' ? [400] : [400, 700]).map((weight) => ({
    family,
    weight,
    url: `/${family}/files/${family}-latin-${weight}-normal.woff2`,
  })),
)

type Drawn = {
  readonly png: string
  readonly scene: Omit<PrintedScene, 'name'>
  readonly saved: { readonly format: 'png' | 'jpeg' | 'webp'; readonly quality: number }
}

const [out = '', packages = ''] = process.argv.slice(2)
mkdirSync(path.join(out, 'printed'), { recursive: true })
const words = printedOn(SEED, 2 * COUNT)
writeFileSync(path.join(out, 'printed-words.json'), JSON.stringify(words.slice(COUNT)))
const browser = await launchBrowser()
try {
  const page = await openPaintPage(browser, (name) =>
    name.endsWith('.woff2') ? path.join(packages, '@fontsource', name) : path.join(HANDS, name),
  )
  const fonts = JSON.stringify(FONTS)
  await page.evaluate(`import('/printed/page.js').then(({ load }) => load(${fonts}))`)
  const scenes: PrintedScene[] = []
  for (const [i, word] of words.slice(0, COUNT).entries()) {
    const code = `import('/printed/page.js').then(({ draw }) => draw(${i + 1}, '${word}', ${fonts}))`
    const { png, scene, saved } = await page.evaluate<Drawn>(code)
    const name = `printed/canvas-${String(i + 1).padStart(3, '0')}.${saved.format}`
    const { format, quality } = saved
    const options = format === 'png' ? { palette: true, effort: 10 } : { quality }
    await sharp(Buffer.from(png, 'base64')).toFormat(format, options).toFile(path.join(out, name))
    scenes.push({ name, ...scene })
  }
  writeFileSync(path.join(out, 'printed-canvas.json'), `${JSON.stringify(scenes, null, 1)}\n`)
} finally {
  await browser.close()
}
