/**
 * What perceptual hashes make of pictures on one template: pairs that differ in their words alone, and
 * copies of one picture that were resized and encoded again.
 */

import sharp from 'sharp'
import {
  distanceOf,
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
  /** Share of its pictures that have a fingerprint. */
  readonly compared: number
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
    let compared = 0
    const count = { pairs: 0, flagged: 0, removed: 0, reposts: 0, copies: 0, copiesRemoved: 0 }
    for (let design = 0; design < designs; design++) {
      const files: Buffer[] = []
      for (let words = 0; words < WORDS; words++) {
        files.push(await drawTemplate(template, design, { words }))
      }
      const prints = await Promise.all(files.map((file) => fingerprintOf(file)))
      const present = prints.filter((print) => print !== null)
      compared += present.length / (WORDS * designs)
      for (const [a, b] of pairsOf(present)) {
        count.pairs += 1
        count.flagged += Number(distanceOf(a.whole, b.whole) <= DEFAULT_MODERATION.distance)
        count.removed += Number(sameDetail(a, b) !== null)
        count.reposts += Number(isSimilarInDetail(a, b))
      }
      for (const [i, file] of files.entries()) {
        const print = prints[i] ?? null
        const copy = await fingerprintOf(await encodedAgain(file, design * WORDS + i))
        if (print !== null) {
          count.copies += 1
          count.copiesRemoved += Number(copy !== null && sameDetail(print, copy) !== null)
        }
      }
    }
    results.push({ template, compared, ...count })
  }
  return results
}

export function lookAlikesTable(results: readonly LookAlikes[]): string {
  return formatTable([
    [
      'other words on one template',
      'compared',
      'pairs',
      'flagged',
      'removed',
      'reposts',
      'copies removed',
    ],
    ...results.map(
      ({ template, compared, pairs, flagged, removed, reposts, copies, copiesRemoved }) => [
        template,
        percent(compared),
        String(pairs),
        share(flagged, pairs),
        share(removed, pairs),
        share(reposts, pairs),
        share(copiesRemoved, copies),
      ],
    ),
  ])
}

/** A dash for none of none. */
function share(count: number, of: number): string {
  return percent(of === 0 ? null : count / of)
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
