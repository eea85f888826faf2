/**
 * What hashes and words make of pictures on one template: pairs that differ in their words, and copies
 * of one picture that were resized, encoded again, and cut at the edges.
 */

import sharp from 'sharp'
import { DISTANCE } from '../../bot/moderation/reposts/duplicate-posts.ts'
import { hashEntryOf } from '../../bot/moderation/hashes/hash-entry.ts'
import { LoadedHashes } from '../../bot/moderation/hashes/loaded-hashes.ts'
import { sketchOf, type WordSketch } from '../../bot/moderation/hashes/word-sketch.ts'
import { compareWords, relationOf } from '../../bot/moderation/hashes/word-verdict.ts'
import {
  distanceOf,
  type Fingerprint,
  fingerprintOf,
  isSimilarInDetail,
} from '../../bot/pictures/fingerprint.ts'
import { wordsIn } from '../../bot/pictures/words.ts'
import { DEFAULT_MODERATION } from '../../commands/moderation/settings.ts'
import { imageSourceOf } from '../../inference/contract/image-source.ts'
import type { Model } from '../../inference/contract/types.ts'
import { createRandom } from '../report/random.ts'
import { formatTable, percent } from '../report/tally.ts'
import { drawTemplate, type Said, type Template, TEMPLATES } from './templates.ts'

/** Pictures of each design, with other words each. */
const WORDS = 12
/** The most that is cut off at each edge, as a share. */
const CUT = 0.04

/** What the bot makes of pictures beside a listed one. */
type Effects = {
  readonly count: number
  /** Those that look like it, by the 64-bit hashes and the default distance. */
  readonly alike: number
  /** A case, and a person decides. */
  readonly asked: number
  /** Taken for the same: removed in the mode `act`. */
  readonly removed: number
  /** What would be removed if words were not compared. */
  readonly removedUnread: number
  /** Flagged if the list were imported. */
  readonly imported: number
  /** Taken for reposts. */
  readonly reposts: number
}

export type LookAlikes = {
  readonly template: string
  /** Share of its pictures that have a fingerprint. */
  readonly compared: number
  readonly otherWords: Effects
  /** Pictures with one other word. */
  readonly oneOtherWord: Effects
  readonly copies: Effects
  readonly cutCopies: Effects
}

/** A picture as the bot compares it. */
type Seen = { readonly print: Fingerprint | null; readonly words: WordSketch }

export async function measureLookAlikes(model: Pick<Model, 'read'>): Promise<LookAlikes[]> {
  const results: LookAlikes[] = []
  for (const { template, designs } of TEMPLATES) {
    let compared = 0
    const tallies = {
      otherWords: new Tally(),
      oneOtherWord: new Tally(),
      copies: new Tally(),
      cutCopies: new Tally(),
    }
    for (let design = 0; design < designs; design++) {
      const files: Buffer[] = []
      for (let words = 0; words < WORDS; words++) {
        files.push(await drawTemplate(template, design, saidOf(template, words)))
      }
      const pictures = await Promise.all(files.map((file) => seen(file, model)))
      compared += pictures.filter(({ print }) => print !== null).length / (WORDS * designs)
      for (const [i, listed] of pictures.entries()) {
        const list = new Listed(listed)
        for (const other of pictures.toSpliced(i, 1)) {
          tallies.otherWords.add(list, other)
        }
        const seed = design * WORDS + i
        const changed = { ...saidOf(template, i), changed: true }
        const forms = {
          oneOtherWord: await drawTemplate(template, design, changed),
          copies: await encodedAgain(files[i]!, seed),
          cutCopies: await encodedAgain(await cut(files[i]!, seed), seed),
        }
        tallies.oneOtherWord.add(list, await seen(forms.oneOtherWord, model))
        tallies.copies.add(list, await seen(forms.copies, model))
        tallies.cutCopies.add(list, await seen(forms.cutCopies, model))
      }
    }
    const { otherWords, oneOtherWord, copies, cutCopies } = tallies
    results.push({
      template,
      compared,
      otherWords: otherWords.effects(),
      oneOtherWord: oneOtherWord.effects(),
      copies: copies.effects(),
      cutCopies: cutCopies.effects(),
    })
    process.stderr.write(`template ${template} done\n`)
  }
  return results
}

export function lookAlikesTable(results: readonly LookAlikes[]): string {
  const kinds = [
    ['other words', 'otherWords'],
    ['one other word', 'oneOtherWord'],
    ['copies', 'copies'],
    ['cut copies', 'cutCopies'],
  ] as const
  return kinds
    .map(([name, key]) =>
      formatTable([
        [
          name,
          'pairs',
          'alike',
          'asked',
          'removed',
          'removed without words',
          'flagged if imported',
          'reposts',
        ],
        ...results.map(({ template, [key]: of }) => [
          template,
          String(of.count),
          ...(['alike', 'asked', 'removed', 'removedUnread', 'imported', 'reposts'] as const).map(
            (effect) => percent(of.count === 0 ? null : of[effect] / of.count),
          ),
        ]),
      ]),
    )
    .join('\n')
}

/** Half of the pictures speak for a scam; a casino page always does. */
function saidOf(template: Template, words: number): Said {
  return { words, voice: template === 'casino page' || words % 2 === 1 ? 'scam' : 'member' }
}

async function seen(file: Uint8Array, model: Pick<Model, 'read'>): Promise<Seen> {
  const { lines } = await wordsIn(model, await imageSourceOf(file), { urgency: 'bulk' })
  return { print: await fingerprintOf(file), words: sketchOf(lines) }
}

/** The lists that a picture is on, and nothing else. */
class Listed {
  readonly picture: Seen
  readonly #own = new LoadedHashes(0)
  readonly #imported = new LoadedHashes(0)

  constructor(picture: Seen) {
    this.picture = picture
    const { print, words } = picture
    if (print) {
      const { distance } = DEFAULT_MODERATION
      const decision = { distance, by: null, caseId: null, note: '' }
      const sketch = { sketch: words, of: null }
      this.#own.add(hashEntryOf(print, { ...decision, verdict: 'confirmed', words: sketch }))
      this.#imported.add(hashEntryOf(print, { ...decision, verdict: 'imported' }))
    }
  }

  match({ print, words }: Seen) {
    return print && this.#own.bestMatch(print, words)
  }

  matchUnread({ print }: Seen) {
    return print && this.#own.bestMatch(print)
  }

  matchImported({ print, words }: Seen) {
    return print && this.#imported.bestMatch(print, words)
  }
}

class Tally {
  #count = { count: 0, alike: 0, asked: 0, removed: 0, removedUnread: 0, imported: 0, reposts: 0 }

  add(list: Listed, other: Seen): void {
    const match = list.match(other)
    this.#count.count += 1
    this.#count.alike += Number(match != null)
    this.#count.asked += Number(match?.relation === 'resembles')
    this.#count.removed += Number(match?.relation === 'same')
    this.#count.removedUnread += Number(list.matchUnread(other)?.relation === 'same')
    this.#count.imported += Number(list.matchImported(other)?.relation === 'resembles')
    this.#count.reposts += Number(isRepost(list.picture, other))
  }

  effects(): Effects {
    return { ...this.#count }
  }
}

/** As bot/moderation/reposts/duplicate-posts.ts decides. */
function isRepost(first: Seen, { print, words }: Seen): boolean {
  if (!first.print || !print || distanceOf(first.print.whole, print.whole) > DISTANCE) {
    return false
  }
  const { verdict } = compareWords(first.words, words)
  return relationOf(verdict, isSimilarInDetail(first.print, print)) === 'same'
}

/** The whole picture, as reposting changes it: another size, format and quality. */
async function encodedAgain(file: Uint8Array, seed: number): Promise<Buffer> {
  const random = createRandom(seed)
  const { width } = await sharp(file).metadata()
  const resized = sharp(file).resize(Math.round(width * random.between(0.55, 1.25)))
  const format = random.pick(['jpeg', 'webp'] as const)
  return resized[format]({ quality: Math.round(random.between(45, 90)) }).toBuffer()
}

/** Without up to 4 % at each edge. */
async function cut(file: Uint8Array, seed: number): Promise<Buffer> {
  const random = createRandom(seed + 1_000_000)
  const { width, height } = await sharp(file).metadata()
  const [left, top, right, bottom] = [1, 2, 3, 4].map(() => random.between(0, CUT))
  return sharp(file)
    .extract({
      left: Math.round(width * left!),
      top: Math.round(height * top!),
      width: Math.round(width * (1 - left! - right!)),
      height: Math.round(height * (1 - top! - bottom!)),
    })
    .png()
    .toBuffer()
}
