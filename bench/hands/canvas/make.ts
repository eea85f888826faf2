/**
 * Draws the canvas part of the test pictures: `node bench/hands/canvas/make.ts OUT [COUNT]`, with
 * Chromium installed. Writes OUT/canvas/NNN.EXT and OUT/canvas.json.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { launchBrowser } from 'loopback-discord/testing/browser'
import { openPaintPage } from '../paint-page.ts'
import type { Scene } from '../truth.ts'

const COUNT = 250

type Saved = {
  readonly format: 'png' | 'jpeg' | 'webp'
  readonly quality?: number
  /** Side in pixels that the picture was drawn at before it was enlarged without smoothing. */
  readonly pixelated?: number | null
}
type Drawn = { readonly png: string; readonly scene: Omit<Scene, 'name'>; readonly saved: Saved }

async function save(png: Buffer, { format, quality = 90, pixelated }: Saved): Promise<Buffer> {
  const { width, height } = await sharp(png).metadata()
  const coarse =
    pixelated == null
      ? png
      : await sharp(png)
          .resize(width > height ? { height: pixelated } : { width: pixelated })
          .png()
          .toBuffer()
  const picture = sharp(coarse).resize(width, height, { kernel: 'nearest', fit: 'fill' })
  if (format === 'png') {
    return picture.png({ compressionLevel: 9 }).toBuffer()
  }
  const flat = picture.flatten({ background: '#ffffff' })
  return format === 'jpeg' ? flat.jpeg({ quality }).toBuffer() : flat.webp({ quality }).toBuffer()
}

const [out = '', count = String(COUNT)] = process.argv.slice(2)
mkdirSync(path.join(out, 'canvas'), { recursive: true })
const browser = await launchBrowser()
try {
  const page = await openPaintPage(browser, (name) => path.join(import.meta.dirname, name))
  const scenes: Scene[] = []
  for (let seed = 1; seed <= Number(count); seed++) {
    const code = `import('/draw.js').then(({ draw }) => draw(${seed}))`
    const { png, scene, saved } = await page.evaluate<Drawn>(code)
    const name = `canvas/${String(seed).padStart(3, '0')}.${saved.format}`
    writeFileSync(path.join(out, name), await save(Buffer.from(png, 'base64'), saved))
    scenes.push({ name, ...scene })
  }
  writeFileSync(path.join(out, 'canvas.json'), `${JSON.stringify(scenes, null, 1)}\n`)
} finally {
  await browser.close()
}
