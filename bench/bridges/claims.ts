/**
 * What is claimed of the three bridges, held against what was measured: by LLaVA (arXiv 2304.08485), BLIP-2 (arXiv 2301.12597)
 * and Flamingo (arXiv 2204.14198), and of the swap of a frozen end.
 */

import type { Cost } from './costs.ts'
import { BRIDGES, type Comparison, type Group, type Over, over, trainedBetween } from './rows.ts'
import { milliseconds, NAMES, nameOf, shares } from './words.ts'

/** From so much on a difference of accuracy counts. */
export const MARGIN = 0.02
/** What may be computed of the picture again for a follow-up to count as free, as a part of the first time. */
const FREE = 0.01

export type Claim = {
  readonly claim: string
  /** What was measured of it; empty if nothing was. */
  readonly numbers: string
  readonly verdict: 'held' | 'did not hold' | 'not measured'
}

export function claimsOf(comparison: Comparison, costs: readonly Cost[] | null): Claim[] {
  return [
    adaptingHelps(comparison),
    ...COST_CLAIMS.map((claim) => ofCosts(claim, costs)),
    ...swapClaims(comparison, 'vision'),
    ...swapClaims(comparison, 'language'),
  ]
}

function adaptingHelps({ bridges }: Comparison): Claim {
  const [before, after] = [false, true].map((adapted) =>
    bridges.find((group) => group.bridge === 'projector' && group.adapted === adapted),
  )
  const named = [before, after].map((group) => [group ? nameOf(group) : '', group] as const)
  return ofAccuracy(
    'LLaVA: adapting the language model helps',
    named,
    [after, before],
    ([adapted, frozen]) => isBetter(adapted!, frozen!),
  )
}

type CostClaim = {
  readonly claim: string
  readonly numbers: (cost: Cost) => string
  /** Of the costs in the order of BRIDGES. */
  readonly holds: (qformer: Cost, projector: Cost, crossAttention: Cost) => boolean
}

const COST_CLAIMS: readonly CostClaim[] = [
  {
    claim:
      'BLIP-2: behind a Q-Former the language model reads fewer tokens than behind a projector, and its prefill costs less',
    numbers: prompt,
    holds: (qformer, projector) =>
      qformer.positions < projector.positions && qformer.prefill.high < projector.prefill.low,
  },
  {
    claim: 'Flamingo: the picture takes no room among the text, and prefill costs the least',
    numbers: prompt,
    holds: (qformer, projector, { positions, prefill }) =>
      [qformer, projector].every(
        (other) => positions < other.positions && prefill.high < other.prefill.low,
      ),
  },
  {
    claim: 'Flamingo: a token of the text costs no more than with the others',
    numbers: ({ token }) => `each token ${milliseconds(token)}`,
    holds: (qformer, projector, { token }) =>
      [qformer, projector].every((other) => token.median <= other.token.high),
  },
  {
    claim: 'Flamingo: a follow-up computes nothing of the picture again',
    numbers: ({ again, followUp }) =>
      `${again.median.toFixed(1)} ms of tower and bridge, first token after ${milliseconds(followUp)}`,
    holds: (_, __, { again, vision, once }) => again.median <= FREE * (vision.median + once.median),
  },
]

function prompt({ positions, prefill }: Cost): string {
  return `${positions} positions, prefill ${milliseconds(prefill)}`
}

function ofCosts({ claim, numbers, holds }: CostClaim, costs: readonly Cost[] | null): Claim {
  const all = BRIDGES.flatMap((name) => costs?.find(({ bridge }) => bridge === name) ?? [])
  if (all.length < BRIDGES.length) {
    return { claim, numbers: '', verdict: 'not measured' }
  }
  return {
    claim,
    numbers: all.map((cost) => `${NAMES[cost.bridge]}: ${numbers(cost)}`).join('; '),
    verdict: holds(all[0]!, all[1]!, all[2]!) ? 'held' : 'did not hold',
  }
}

/** That a frozen end can be changed and the Q-Former need not be trained again. */
function swapClaims(comparison: Comparison, end: 'vision' | 'language'): Claim[] {
  const groups = comparison.swaps.filter(({ swap }) => swap!.end === end)
  const [nothing, projection, bridge] = ['nothing', 'projection', 'bridge'].map((learns) =>
    groups.find(({ swap }) => swap!.learns === learns),
  )
  const [swapped] = groups
  const before = swapped && trainedBetween(comparison, swapped.swap!.base)
  const anew = swapped && trainedBetween(comparison, swapped.ends)
  const named = [
    ['before the swap', before],
    ['after it, nothing trained', nothing],
    ['only what meets the new end', projection],
    ['the whole Q-Former', bridge],
    ['a Q-Former trained from the beginning', anew],
  ] as const
  const all = [bridge, anew].filter((group) => group !== undefined)
  const name = end === 'vision' ? 'vision tower' : 'language model'
  return [
    ofAccuracy(
      `Swap: with another ${name} the Q-Former works at once, nothing trained`,
      named,
      [before, nothing],
      ([own, after]) => own!.mean - after!.mean < MARGIN,
    ),
    ofAccuracy(
      `Swap: with another ${name} only what meets it needs training, and not the Q-Former`,
      named,
      [projection, ...(all.length > 0 ? all : [undefined])],
      ([part, ...whole]) => Math.max(...whole.map(({ mean }) => mean)) - part!.mean < MARGIN,
    ),
    ofAccuracy(
      `Swap: a better ${name}, with what meets it trained, makes the same Q-Former better`,
      named,
      [before, projection],
      ([own, after]) => isBetter(after!, own!),
    ),
  ]
}

/**
 * @param named what the numbers show.
 * @param needed what the verdict is of; where one is missing, nothing was measured.
 */
function ofAccuracy(
  claim: string,
  named: readonly (readonly [string, Group | undefined])[],
  needed: readonly (Group | undefined)[],
  holds: (values: readonly Over[]) => boolean,
): Claim {
  const numbers = named
    .flatMap(([name, group]) => (group ? [`${name}: ${shares(accuracy(group))}`] : []))
    .join('; ')
  const values = needed.flatMap((group) => (group && accuracy(group)) ?? [])
  if (values.length < needed.length) {
    return { claim, numbers, verdict: 'not measured' }
  }
  return { claim, numbers, verdict: holds(values) ? 'held' : 'did not hold' }
}

/** By the margin at least, and with every seed. */
function isBetter(one: Over, than: Over): boolean {
  return one.mean - than.mean >= MARGIN && one.least > than.most
}

function accuracy({ rows }: Group): Over | null {
  return over(rows, ({ final }) => final['all'])
}
