/** Names and numbers as the page writes them. */

import type { Spread } from '../report/compare.ts'
import { percent } from '../report/tally.ts'
import type { Group, Over } from './rows.ts'

export const NAMES = {
  qformer: 'Q-Former (BLIP-2)',
  projector: 'projector (LLaVA)',
  'cross-attention': 'cross-attention (Flamingo)',
} as const

export function nameOf({ bridge, adapted }: Pick<Group, 'bridge' | 'adapted'>): string {
  return adapted ? `${NAMES[bridge]}, language model adapted` : NAMES[bridge]
}

/** Shares as percentages: the mean, with the least and the most of several seeds. */
export function shares(value: Over | null): string {
  return spreadOf(value, (share) => percent(share))
}

export function whole(value: Over | null): string {
  return spreadOf(value, (number) => Math.round(number).toLocaleString('en'))
}

function spreadOf(value: Over | null, show: (number: number) => string): string {
  if (value === null) {
    return '–'
  }
  const { mean, least, most } = value
  return least === most ? show(mean) : `${show(mean)} (${show(least)} to ${show(most)})`
}

export function milliseconds({ median, low, high }: Spread): string {
  return `${median.toFixed(1)} ms (${low.toFixed(1)}–${high.toFixed(1)})`
}

export function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000).toLocaleString('en')} kB`
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
