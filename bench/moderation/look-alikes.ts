/**
 * What perceptual hashes make of pictures on one template: pairs that differ in their words alone, and
 * copies of one picture that were resized and encoded again.
 */

import sharp from 'sharp'
import {
  distanceOf,
  type Fingerprint,
  fingerprintOf,
  isSimilarInDetail,
  sameDetail,
} from '../../bot/pictures/fingerprint.ts'
import { DEFAULT_MODERATION } from '../../commands/moderation/settings.ts'
import { createRandom } from '../report/random.ts'
import { formatTable, percent } from '../report/tally.ts'
import { drawTemplate, TEMPLATES } from './templates.ts'

/** Pictures of each design, with other words each. */
const WORDS = 12

export type LookAlikes = {
  readonly template: string
  /** Pairs with other words. */
  readonly pairs: number
  /** Pairs whose 64-bit hashes are within the default distance: a case, and a person decides. */
  readonly flagged: number
  /** Pairs taken for the same picture: in the mode `act` an innocent picture would be removed. */
  readonly removed: number
  /** Pairs taken for a repost. */
  readonly reposts: number
  readonly copies: number
  /** Copies taken for the same picture. */
  readonly copiesRemoved: number
}

export async function measureLookAlikes(): Promise<LookAlikes[]> {
  const results: LookAlikes[] = []
  for (const { template, designs } of TEMPLATES) {
    const count = { pairs: 0, flagged: 0, removed: 0, reposts: 0, copies: 0, copiesRemoved: 0 }
    for (let design = 0; design < designs; design++) {
      const files: Buffer[] = []
      for (let words = 0; words < WORDS; words++) {
        files.push(await drawTemplate(template, design, words))
      }
      const prints = await Promise.all(files.map(printOf))
      for (const [a, b] of pairsOf(prints)) {
        count.pairs += 1
        count.flagged += Number(distanceOf(a.whole, b.whole) <= DEFAULT_MODERATION.distance)
        count.removed += Number(sameDetail(a, b) !== null)
        count.reposts += Number(isSimilarInDetail(a, b))
      }
      for (const [i, file] of files.entries()) {
        const copy = await printOf(await encodedAgain(file, design * WORDS + i))
        count.copies += 1
        count.copiesRemoved += Number(sameDetail(prints[i]!, copy) !== null)
      }
    }
    results.push({ template, ...count })
  }
  return results
}

export function lookAlikesTable(results: readonly LookAlikes[]): string {
  return formatTable([
    ['other words on one template', 'pairs', 'flagged', 'removed', 'reposts', 'copies removed'],
    ...results.map(({ template, pairs, flagged, removed, reposts, copies, copiesRemoved }) => [
      template,
      String(pairs),
      percent(flagged / pairs),
      percent(removed / pairs),
      percent(reposts / pairs),
      percent(copiesRemoved / copies),
    ]),
  ])
}

async function printOf(file: Uint8Array): Promise<Fingerprint> {
  const print = await fingerprintOf(file)
  if (print === null) {
    throw new Error('a template has words, so it has structure')
  }
  return print
}

function pairsOf<T>(items: readonly T[]): [T, T][] {
  return items.flatMap((one, i) => items.slice(i + 1).map((other): [T, T] => [one, other]))
}

/** The whole picture, as reposting changes it: another size, format and quality. */
async function encodedAgain(file: Buffer, seed: number): Promise<Buffer> {
  const random = createRandom(seed)
  const { width } = await sharp(file).metadata()
  const resized = sharp(file).resize(Math.round(width * random.between(0.55, 1.25)))
  const format = random.pick(['jpeg', 'webp'] as const)
  return resized[format]({ quality: Math.round(random.between(45, 90)) }).toBuffer()
}
