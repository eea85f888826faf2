/**
 * The order of a bot's requests among those of all bots, as priorities of BullMQ: the more urgent ones
 * first, then tenants in turns, and users within a tenant.
 *
 * BullMQ has one order for all jobs and knows no groups. So a request's priority is its rank among the
 * requests of its tenant that are not answered yet: the first of each tenant goes before the second of
 * any. When one is answered, those behind it move up, so a tenant with many requests is never passed
 * for long. All requests of a Discord server are in one process, that of its shard, which therefore
 * knows the ranks by itself.
 */

import { type Claim, URGENCIES } from '../../inference/contract/types.ts'

/** BullMQ takes priorities up to 2 ** 21 - 1; smaller ones go first, and 0 before all. */
const RANKS = 2 ** 19 - 1

type Entry = { readonly id: string; readonly user: string; priority: number }

/** Priorities by the id of the request. */
export type Priorities = ReadonlyMap<string, number>

export class Shares {
  /** Entries in the order they came, by urgency and tenant. */
  readonly #tenants = new Map<string, Entry[]>()

  /** @returns the priority of the new request, and those of others that changed. */
  add(id: string, claim: Claim): Priorities {
    const place = placeOf(claim)
    const entries = this.#tenants.get(place) ?? []
    this.#tenants.set(place, entries)
    entries.push({ id, user: claim.user, priority: -1 })
    return rank(entries, claim)
  }

  /** The priority of a request; 1 if it is not known. */
  priorityOf(id: string, claim: Claim): number {
    return this.#tenants.get(placeOf(claim))?.find((entry) => entry.id === id)?.priority ?? 1
  }

  /** @returns the priorities that changed. */
  remove(id: string, claim: Claim): Priorities {
    const place = placeOf(claim)
    const entries = this.#tenants.get(place) ?? []
    const index = entries.findIndex((entry) => entry.id === id)
    if (index >= 0) {
      entries.splice(index, 1)
    }
    if (entries.length === 0) {
      this.#tenants.delete(place)
    }
    return rank(entries, claim)
  }
}

function placeOf({ urgency, tenant }: Claim): string {
  return `${urgency}/${tenant}`
}

/** Ranks a tenant's entries: the first one of each user, then the second ones. */
function rank(entries: readonly Entry[], { urgency }: Claim): Priorities {
  const perUser = new Map<string, number>()
  const turns = entries.map((entry) => {
    const turn = perUser.get(entry.user) ?? 0
    perUser.set(entry.user, turn + 1)
    return { entry, turn }
  })
  const changed = new Map<string, number>()
  const first = URGENCIES.indexOf(urgency) * (RANKS + 1) + 1
  for (const [index, { entry }] of turns.toSorted((a, b) => a.turn - b.turn).entries()) {
    const priority = first + Math.min(index, RANKS - 1)
    if (priority !== entry.priority) {
      entry.priority = priority
      changed.set(entry.id, priority)
    }
  }
  return changed
}
