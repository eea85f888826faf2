/** What a match with the hash list makes of a picture: which one decides, and what a case says of it. */

import type { Match } from './hashes/loaded-hashes.ts'
import type { Reason } from './hashes/reasons.ts'

const STRENGTH = { same: 0, resembles: 1, other: 2 } as const

/** Whether it leads to a removal: one that only resembles a confirmed picture asks a person. */
export function isConfirmed({ entry, relation }: Match): boolean {
  return entry.verdict === 'confirmed' && relation === 'same'
}

/** The match that decides: the same picture before one that resembles an entry. */
export function strongest(matches: readonly (Match | undefined)[]): Match | undefined {
  return matches
    .filter((match) => match !== undefined)
    .filter(({ entry: { verdict }, relation }) =>
      // Other words on the template of an imported picture are nothing that staff here have to know.
      relation === 'other' ? verdict === 'confirmed' : verdict !== 'dismissed',
    )
    .toSorted((a, b) => STRENGTH[a.relation] - STRENGTH[b.relation] || a.distance - b.distance)[0]
}

/** The reason that a match is for a case. */
export function reasonOf({ entry, distance: count, relation, words }: Match): Reason {
  if (entry.verdict === 'imported' && relation !== 'other') {
    return { kind: 'other-server', weight: 3, count }
  }
  return {
    same: { kind: 'hash', weight: 6, count, words } as const,
    resembles: { kind: 'resembles', weight: 4, count, words } as const,
    other: { kind: 'other-words', weight: 1, count } as const,
  }[relation]
}
