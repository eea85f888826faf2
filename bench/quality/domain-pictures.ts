/** Pictures inside and outside of the demo model's domain, to calibrate and measure its judgment. */

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { readHandPictures, readTruth } from '../hands/truth.ts'
import { createRandom, type Random } from '../report/random.ts'
import { readUnseenScenes } from './demo-scenes.ts'

const PHOTOGRAPHS = path.join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'photographs')
/** Parts of each photograph that are measured besides the whole. */
const CROPS = 8
/** Drawn pictures of each kind. */
const DRAWN = 20

/** A group of pictures, and whether they are inside of the domain. */
export type Group = {
  readonly name: string
  readonly inside: boolean
  readonly pictures: readonly Uint8Array[]
}

/**
 * Pictures inside of the domain to calibrate with: unseen ones by the training's own hands, each also as
 * people save it, smaller or larger and as JPEG.
 */
export async function calibrationPictures(): Promise<Uint8Array[]> {
  const pictures: Uint8Array[] = []
  for (const [index, { picture }] of readUnseenScenes().entries()) {
    pictures.push(picture, await savedAgain(picture, createRandom(index)))
  }
  return pictures
}

/** Pictures to measure with, by other hands than those of the training; calibration uses none of them. */
export async function measuredGroups(): Promise<Group[]> {
  const { drawings, things, others } = readTruth()
  const all = readHandPictures()
  const group = (name: string, inside: boolean, list: readonly { readonly name: string }[]) => ({
    name,
    inside,
    pictures: list.map((one) => all.get(one.name)!),
  })
  const byRenderer = Map.groupBy([...drawings, ...things], ({ name }) => path.dirname(name))
  const byKind = Map.groupBy(others, ({ what }) => what)
  const drawn = await Promise.all(
    Object.entries(DRAWINGS).map(async ([name, draw]) => ({
      name,
      inside: false,
      pictures: await Promise.all(
        Array.from({ length: DRAWN }, (_, seed) => draw(createRandom(seed))),
      ),
    })),
  )
  return [
    ...[...byRenderer].map(([name, list]) => group(name, true, list)),
    ...[...byKind].map(([name, list]) => group(`${name} by others`, false, list)),
    { name: 'photographs', inside: false, pictures: await photographs() },
    ...drawn,
  ]
}

/** The photographs of the tests and parts of them, of a third to three quarters of their sides. */
async function photographs(): Promise<Uint8Array[]> {
  const pictures: Uint8Array[] = []
  for (const [index, file] of photographFiles().entries()) {
    const whole = readFileSync(file)
    const { width, height } = await sharp(whole).metadata()
    const random = createRandom(index)
    pictures.push(whole)
    for (let i = 0; i < CROPS; i++) {
      const share = random.between(0.33, 0.75)
      const region = { width: Math.floor(width * share), height: Math.floor(height * share) }
      const left = Math.floor(random.between(0, width - region.width))
      const top = Math.floor(random.between(0, height - region.height))
      pictures.push(
        await sharp(whole)
          .extract({ left, top, ...region })
          .png()
          .toBuffer(),
      )
    }
  }
  return pictures
}

/** The files of the photographs, sorted. */
export function photographFiles(): string[] {
  return readdirSync(PHOTOGRAPHS)
    .filter((name) => name.endsWith('.webp'))
    .toSorted()
    .map((name) => path.join(PHOTOGRAPHS, name))
}

async function savedAgain(picture: Uint8Array, random: Random): Promise<Uint8Array> {
  const width = Math.floor(random.between(60, 560))
  const quality = Math.floor(random.between(50, 95))
  return sharp(picture).resize({ width }).flatten().jpeg({ quality }).toBuffer()
}

/** Kinds of pictures that people post besides photographs. */
const DRAWINGS: Readonly<Record<string, (random: Random) => Promise<Uint8Array>>> = {
  'text and screenshots': (random) => {
    const dark = random.chance(0.5)
    const lines = Array.from({ length: 3 + Math.floor(random.between(0, 20)) }, (_, i) => {
      const size = Math.floor(random.between(13, 22))
      const text = words(random, 3 + Math.floor(random.between(0, 6)))
      return `<text x="20" y="${34 + i * 26}" font-size="${size}" fill="${dark ? '#ddd' : '#222'}">${text}</text>`
    })
    return svg(480, 60 + lines.length * 26, dark ? '#313338' : '#ffffff', lines.join(''))
  },
  charts: (random) => {
    const bars = Array.from({ length: 5 + Math.floor(random.between(0, 5)) }, (_, i) => {
      const height = random.between(20, 180)
      return `<rect x="${30 + i * 36}" y="${210 - height}" width="26" height="${height}" fill="${color(random)}"/>`
    })
    return svg(420, 240, '#ffffff', bars.join(''))
  },
  flags: (random) => {
    const upright = random.chance(0.5)
    const bands = [0, 1, 2].map((i) =>
      upright
        ? `<rect x="${i * 100}" width="100" height="200" fill="${color(random)}"/>`
        : `<rect y="${i * 67}" width="300" height="67" fill="${color(random)}"/>`,
    )
    return svg(300, 200, '#ffffff', bands.join(''))
  },
  gradients: (random) => {
    const stops = [0, 1].map((at) => `<stop offset="${at}" stop-color="${color(random)}"/>`)
    const end = `x2="${random.between(0, 1)}" y2="${random.between(0, 1)}"`
    const gradient = `<linearGradient id="g" ${end}>${stops.join('')}</linearGradient>`
    const fill = '<rect width="320" height="240" fill="url(#g)"/>'
    return svg(320, 240, '#ffffff', `<defs>${gradient}</defs>${fill}`)
  },
  'one color': (random) => svg(200, 150, color(random), ''),
  noise: (random) => {
    const size = { width: 160, height: 120, channels: 3 } as const
    const data = Uint8Array.from({ length: 160 * 120 * 3 }, () => random.between(0, 256))
    return sharp(data, { raw: size }).png().toBuffer()
  },
}

function svg(width: number, height: number, background: string, body: string): Promise<Uint8Array> {
  const source =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<rect width="100%" height="100%" fill="${background}"/>${body}</svg>`
  return sharp(Buffer.from(source)).flatten().png().toBuffer()
}

function color(random: Random): string {
  const channels = [0, 1, 2].map(() => Math.floor(random.between(0, 256)))
  return `rgb(${channels.join()})`
}

function words(random: Random, count: number): string {
  const vocabulary = ['please', 'read', 'the', 'rules', 'before', 'you', 'post', 'here', 'today']
  return Array.from({ length: count }, () => random.pick(vocabulary)).join(' ')
}
