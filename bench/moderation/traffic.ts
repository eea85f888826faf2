/**
 * Days on a server as a list of pictures: ordinary ones, innocent pairs that look alike, and waves of
 * scams by hijacked accounts: of one picture, or of pictures on one layout with other words each.
 * Seeded, so that it is the same every time.
 */

import { SnowflakeUtil } from 'discord.js'
import sharp, { type Sharp } from 'sharp'
import { screenshot } from '../../test/helpers/screenshots.ts'
import { createRandom, type Random } from '../report/random.ts'
import { drawTemplate, type Template, TEMPLATES } from './templates.ts'

export const MESSAGES = 3000
/** Of each of the two sorts. */
export const WAVES = 60
export const COPY_PAIRS = 250
export const TEMPLATE_PAIRS = 500
/** Posts of one wave, each in another channel. */
export const WAVE_POSTS = 5
/** Scam pictures that are posted again; each comes in three waves, by different members. Half are on a template. */
const DESIGNS = 20
/** The templates, each with one of its designs; casino pages are no innocent ones. */
const LAYOUTS = TEMPLATES.flatMap(({ template, designs }) =>
  Array.from({ length: designs }, (_, design) => ({ template, design })),
)
/** Without the one that has too little structure for a hash. */
const COMPARABLE = TEMPLATES.map(({ template }) => template).filter((name) => name !== 'one line')
const INNOCENT_LAYOUTS = LAYOUTS.filter(({ template }) => template !== 'casino page')
const CHANNELS = 40
const MEMBERS = 400
const DAY_MS = 24 * 60 * 60 * 1000
const DAYS = 3
const SECOND_MS = 1000
const WIDTH = 480
/** Seeds of the drawn pictures: each kind has its own range. */
const SCAM_SEED = 1_000_000
const PAIR_SEED = 2_000_000
/** Seeds of words on templates. */
const VARIED_SEED = 10_000
const TEMPLATE_SEED = 20_000

export type Posted = {
  readonly messageId: string
  readonly memberId: string
  readonly channelId: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly name: string
  readonly bytes: Uint8Array
  /** The wave and the index in it, from 0; null: innocent. */
  readonly wave: Wave | null
}

export type WaveKind = 'copies' | 'varied'

type Wave = {
  readonly kind: WaveKind
  readonly number: number
  readonly place: number
  /** The template; null: a picture that is on none. */
  readonly template: Template | null
}

type Planned = Omit<Posted, 'messageId' | 'bytes'> & { readonly draw: () => Promise<Uint8Array> }

/**
 * @param end the time of the last post at most.
 * @param messages as many at least as the waves and pairs have.
 * @returns the posts in the order of their time.
 */
export async function makeTraffic(end: number, messages = MESSAGES): Promise<Posted[]> {
  const random = createRandom(20_260)
  const start = end - DAYS * DAY_MS
  const planned = [
    ...waves(random, start),
    ...variedWaves(random, start),
    ...copyPairs(random, start),
    ...templatePairs(random, start),
  ]
  for (let seed = 0; planned.length < messages; seed++) {
    planned.push({
      ...innocent(random, start),
      draw: async () =>
        sharp(await screenshot(seed))
          .resize(WIDTH)
          .jpeg()
          .toBuffer(),
    })
  }
  const posted: Posted[] = []
  for (const [i, { draw, ...post }] of planned.toSorted((a, b) => a.at - b.at).entries()) {
    const id = SnowflakeUtil.generate({ timestamp: post.at, increment: BigInt(i % 4096) })
    posted.push({ ...post, messageId: String(id), bytes: await draw() })
  }
  return posted
}

function waves(random: Random, start: number): Planned[] {
  return Array.from({ length: WAVES }, (_, number) => {
    // The waves of a design follow each other, so that staff have confirmed the one before.
    const lap = (Math.floor(number / DESIGNS) + random.between(0.05, 0.95)) * DAY_MS
    const at = Math.floor(start + lap)
    const first = Math.floor(random.between(0, CHANNELS))
    return Array.from({ length: WAVE_POSTS }, (__, place): Planned => {
      const form = altered(random)
      return {
        memberId: memberId(MEMBERS + number),
        channelId: channelId((first + place) % CHANNELS),
        at: at + place * 8 * SECOND_MS,
        name: random.pick(['image.png', '1.jpg', 'IMG_2041.webp', 'screenshot.png', 'promo.jpg']),
        draw: async () => form(sharp(await scam(number % DESIGNS))),
        wave: { kind: 'copies', number, place, template: templateOf(number % DESIGNS) },
      }
    })
  }).flat()
}

/** Waves of pictures on one layout, each with other words. */
function variedWaves(random: Random, start: number): Planned[] {
  return Array.from({ length: WAVES }, (_, number) => {
    const { template, design } = LAYOUTS[number % LAYOUTS.length]!
    const at = Math.floor(start + random.between(0, DAYS * DAY_MS - 60 * SECOND_MS))
    const first = Math.floor(random.between(0, CHANNELS))
    return Array.from({ length: WAVE_POSTS }, (__, place): Planned => {
      const form = altered(random)
      const words = VARIED_SEED + number * WAVE_POSTS + place
      return {
        memberId: memberId(MEMBERS + WAVES + number),
        channelId: channelId((first + place) % CHANNELS),
        at: at + place * 8 * SECOND_MS,
        name: 'image.png',
        draw: async () =>
          form(sharp(await drawTemplate(template, design, { words, voice: 'scam' }))),
        wave: { kind: 'varied', number, place, template },
      }
    })
  }).flat()
}

/** One picture that a member shows in two channels. */
function copyPairs(random: Random, start: number): Planned[] {
  return Array.from({ length: COPY_PAIRS }, (_, number) => {
    const one = innocent(random, start)
    const there = {
      ...innocent(random, start),
      memberId: one.memberId,
      at: one.at + 40 * SECOND_MS,
    }
    const draw = async () => sharp(await screenshot(PAIR_SEED + number)).resize(WIDTH)
    const form = altered(random)
    return [
      { ...one, draw: async () => (await draw()).jpeg().toBuffer() },
      { ...there, draw: async () => form(sharp(await (await draw()).png().toBuffer())) },
    ]
  }).flat()
}

/** Other words on the templates of scam pictures, by two members. */
function templatePairs(random: Random, start: number): Planned[] {
  return Array.from({ length: TEMPLATE_PAIRS }, (_, number) => {
    const { template, design } = INNOCENT_LAYOUTS[number % INNOCENT_LAYOUTS.length]!
    return [0, 1].map((i): Planned => ({
      ...innocent(random, start),
      draw: () => drawTemplate(template, design, { words: TEMPLATE_SEED + number * 2 + i }),
    }))
  }).flat()
}

/** A picture of a member anywhere at any time. */
function innocent(random: Random, start: number): Omit<Planned, 'draw'> {
  return {
    memberId: memberId(Math.floor(random.between(0, MEMBERS))),
    channelId: channelId(Math.floor(random.between(0, CHANNELS))),
    at: Math.floor(start + random.between(0, DAYS * DAY_MS - 60 * SECOND_MS)),
    name: 'image.png',
    wave: null,
  }
}

/** What reposting does to a picture: encoded again, resized, half of them cropped a little and shifted in shade. */
function altered(random: Random): (picture: Sharp) => Promise<Uint8Array> {
  const width = Math.round(random.between(0.55, 1.25) * WIDTH)
  const isCropped = random.chance(0.5)
  const most = isCropped ? 0.03 : 0
  const [left, top, right, bottom] = [1, 2, 3, 4].map(() => random.between(0, most))
  const brightness = isCropped ? random.between(0.93, 1.07) : 1
  const quality = Math.round(random.between(45, 90))
  const format = random.pick(['jpeg', 'webp', 'png'] as const)
  return async (picture) => {
    const { data, info } = await picture.png().toBuffer({ resolveWithObject: true })
    const cut = {
      left: Math.round(info.width * left!),
      top: Math.round(info.height * top!),
      width: Math.round(info.width * (1 - left! - right!)),
      height: Math.round(info.height * (1 - top! - bottom!)),
    }
    const changed = sharp(data).extract(cut).modulate({ brightness }).resize(width)
    return (format === 'png' ? changed.png() : changed[format]({ quality })).toBuffer()
  }
}

function scam(design: number): Promise<Buffer> {
  const template = templateOf(design)
  return template
    ? drawTemplate(template, 0, { words: 0, voice: 'scam' })
    : screenshot(SCAM_SEED + design)
}

/** The template of a scam picture; null: it is on none. */
function templateOf(design: number): Template | null {
  return design < DESIGNS / 2 ? null : COMPARABLE[(design - DESIGNS / 2) % COMPARABLE.length]!
}

function memberId(number: number): string {
  return String(100_000_000_000_000_000n + BigInt(number))
}

function channelId(number: number): string {
  return String(200_000_000_000_000_000n + BigInt(number))
}
