/**
 * The waiting requests, in the order they will be taken: the more urgent first; among equals the
 * tenant and then the user with the fewest at work, then the one served longest ago; then the one
 * that came first. It knows nothing of models.
 */

import { type Claim, URGENCIES } from '../contract/types.ts'

/** A request, by who asks for it and how urgently. */
export type Queued = { readonly id: number; readonly claim: Omit<Claim, 'deadline'> }

/** What a tenant or a user has had so far. */
type Share = { live: number; lastServed: number }

export class FairQueue<Item extends Queued> {
  readonly #limit: number
  #waiting: Item[] = []
  readonly #tenants = new Map<string, Share>()
  readonly #users = new Map<string, Share>()
  #served = 0

  /** @param limit requests that may wait. */
  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#waiting.length
  }

  /** All that wait, in the order they came. */
  get waiting(): readonly Item[] {
    return this.#waiting
  }

  /** Adds a request. @returns the one, perhaps this very one, for which there is no room then. */
  add(item: Item): Item | null {
    this.#waiting.push(item)
    if (this.#waiting.length <= this.#limit) {
      return null
    }
    const last = this.order().at(-1)!
    this.remove(last.id)
    return last
  }

  /** Takes a request out of those that wait. */
  remove(id: number): Item | null {
    const index = this.#waiting.findIndex((item) => item.id === id)
    return index < 0 ? null : this.#waiting.splice(index, 1)[0]!
  }

  /** The request that is next, and stays. @param wanted leaves out those it is false for. */
  peek(wanted: (item: Item) => boolean = () => true): Item | null {
    return first(this.#waiting.filter(wanted), this.#tenants, this.#users)
  }

  /** Takes a request to work; `ended` must be called for it later. */
  take(item: Item): void {
    this.remove(item.id)
    this.#served += 1
    serve(this.#tenants, item.claim.tenant, this.#served)
    serve(this.#users, item.claim.user, this.#served)
  }

  /** Says that a request taken has ended. */
  ended(item: Item): void {
    release(this.#tenants, item.claim.tenant, this.#served)
    release(this.#users, item.claim.user, this.#served)
  }

  /** All that wait, in the order they would be taken if nothing came or ended meanwhile. */
  order(): Item[] {
    const tenants = copyOf(this.#tenants)
    const users = copyOf(this.#users)
    const left = [...this.#waiting]
    const order: Item[] = []
    for (let served = this.#served + 1; left.length > 0; served++) {
      const next = first(left, tenants, users)!
      left.splice(left.indexOf(next), 1)
      serve(tenants, next.claim.tenant, served)
      serve(users, next.claim.user, served)
      order.push(next)
    }
    return order
  }
}

function first<Item extends Queued>(
  items: readonly Item[],
  tenants: ReadonlyMap<string, Share>,
  users: ReadonlyMap<string, Share>,
): Item | null {
  const rank = ({ claim: { urgency, tenant, user } }: Item) => [
    URGENCIES.indexOf(urgency),
    tenants.get(tenant)?.live ?? 0,
    tenants.get(tenant)?.lastServed ?? 0,
    users.get(user)?.live ?? 0,
    users.get(user)?.lastServed ?? 0,
  ]
  let best: Item | null = null
  let bestRank: number[] = []
  for (const item of items) {
    const own = rank(item)
    const place = own.findIndex((value, i) => value !== bestRank[i])
    if (best === null || (place >= 0 && own[place]! < bestRank[place]!)) {
      best = item
      bestRank = own
    }
  }
  return best
}

function serve(shares: Map<string, Share>, owner: string, served: number): void {
  const share = shares.get(owner) ?? { live: 0, lastServed: 0 }
  shares.set(owner, { live: share.live + 1, lastServed: served })
}

/**
 * Shares kept. Above it, those with nothing at work and not served for as many requests are deleted.
 */
const MAX_SHARES = 1000

function release(shares: Map<string, Share>, owner: string, served: number): void {
  const share = shares.get(owner)
  if (share) {
    share.live -= 1
  }
  if (shares.size > MAX_SHARES) {
    for (const [name, { live, lastServed }] of shares) {
      if (live === 0 && served - lastServed > MAX_SHARES) {
        shares.delete(name)
      }
    }
  }
}

function copyOf(shares: ReadonlyMap<string, Share>): Map<string, Share> {
  return new Map([...shares].map(([owner, share]) => [owner, { ...share }]))
}
