/**
 * Renders the hand-written part of the test pictures, test/fixtures/hands/svg, with librsvg:
 * `node bench/hands/svg.ts OUT`. Writes OUT/svg/NAME.EXT and OUT/svg.json.
 */

import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { type Box, HANDS_FOLDER, type Scene, type Thing } from './truth.ts'

const FOLDER = path.join(HANDS_FOLDER, 'svg')
const QUALITY = 75

/** What is written by hand beside each file. */
type Written = {
  /** Width in pixels. */
  readonly saved: { readonly format: 'png' | 'jpeg' | 'webp'; readonly width: number }
  readonly background: string
  /** The file's coordinates: left, top, width, height. */
  readonly units: Box
  /** Boxes in the file's coordinates. */
  readonly objects: readonly Pick<Thing, 'shape' | 'colors' | 'box'>[]
}

const [out = ''] = process.argv.slice(2)
mkdirSync(path.join(out, 'svg'), { recursive: true })
const scenes: Scene[] = []
for (const file of globSync('*.svg', { cwd: FOLDER }).toSorted()) {
  const { saved, background, units, objects }: Written = JSON.parse(
    readFileSync(path.join(FOLDER, file.replace(/svg$/, 'json')), 'utf8'),
  )
  const name = `svg/${path.basename(file, '.svg')}.${saved.format}`
  // Rendered at the size it is saved in, not enlarged.
  const density = (72 * saved.width) / units[2]
  const picture = sharp(path.join(FOLDER, file), { density }).resize({ width: saved.width })
  await picture.flatten().toFormat(saved.format, { quality: QUALITY }).toFile(path.join(out, name))
  const [left, top, width, height] = units
  const shares = ([x0, y0, x1, y1]: Box): Box => [
    share(x0 - left, width),
    share(y0 - top, height),
    share(x1 - left, width),
    share(y1 - top, height),
  ]
  scenes.push({
    name,
    background,
    style: [],
    objects: objects.map((thing) => ({ ...thing, box: shares(thing.box), style: [] })),
  })
}
writeFileSync(path.join(out, 'svg.json'), `${JSON.stringify(scenes, null, 1)}\n`)

function share(part: number, whole: number): number {
  return Number((part / whole).toFixed(4))
}
