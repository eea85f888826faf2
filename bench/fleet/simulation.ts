/**
 * Many workers on one queue, simulated: requests arrive at random, wait in the order of the queue, and
 * are carried out at the rates that one machine was measured at. A worker that has several requests
 * divides its rate among them, as continuous batching does.
 */

import { type Priorities, Shares } from '../../bot/queue/shares.ts'
import type { Claim } from '../../inference/contract/types.ts'
import type { Random } from '../report/random.ts'

/** Shares of a worker's rate that are used: as `capacity` assumes, and nearly all. */
export const USE = 0.7
export const FULL_USE = 0.95

/** Descriptions a minute of one machine with so many requests at once. */
export type Rate = { readonly atOnce: number; readonly perMinute: number }

export type Fleet = {
  readonly workers: number
  /** Requests that a worker carries out at once. */
  readonly places: number
  /** Measured, by `atOnce` ascending. */
  readonly rates: readonly Rate[]
  /** How many times as fast as measured a worker is. */
  readonly speed: number
  readonly servers: number
  /** Requests a second, of all servers. */
  readonly perSecond: number
  /** How many requests are simulated. */
  readonly requests: number
}

/** Seconds that a request waited for a worker, and that it took with the wait. */
export type Served = { readonly waited: number; readonly took: number }

type Waiting = { readonly id: string; readonly claim: Claim; readonly at: number; priority: number }
type Active = { readonly request: Waiting; readonly from: number; left: number }
type Worker = { readonly active: Active[]; at: number }

/** What waits, in the order of the queue. */
class WaitingLine {
  readonly #shares = new Shares()
  readonly #waiting = new Map<string, Waiting>()
  /** By priority, each in the order of arrival; those whose priority has changed are there twice. */
  readonly #order = new Map<number, Waiting[]>()

  add(id: string, claim: Claim, at: number): void {
    this.#waiting.set(id, { id, claim, at, priority: -1 })
    this.#reorder(this.#shares.add(id, claim))
  }

  /** A request has ended. */
  end({ id, claim }: Waiting): void {
    this.#reorder(this.#shares.remove(id, claim))
  }

  /** The first one, which then waits no more. */
  take(): Waiting | undefined {
    for (const priority of [...this.#order.keys()].toSorted((a, b) => a - b)) {
      const requests = this.#order.get(priority) ?? []
      for (let one = requests.shift(); one !== undefined; one = requests.shift()) {
        if (one.priority === priority && this.#waiting.delete(one.id)) {
          return one
        }
      }
      this.#order.delete(priority)
    }
    return undefined
  }

  #reorder(priorities: Priorities): void {
    for (const [id, priority] of priorities) {
      const request = this.#waiting.get(id)
      if (request !== undefined) {
        request.priority = priority
        const requests = this.#order.get(priority) ?? []
        this.#order.set(priority, requests)
        requests.push(request)
      }
    }
  }
}

/** @returns of each request in the order they ended. */
export function simulate(fleet: Fleet, random: Random): Served[] {
  const line = new WaitingLine()
  const workers: Worker[] = Array.from({ length: fleet.workers }, () => ({ active: [], at: 0 }))
  const served: Served[] = []
  let arrival = 0
  let arrived = 0
  while (served.length < fleet.requests) {
    const ending = workers.map((worker) => nextEnd(worker, fleet))
    const first = ending.indexOf(Math.min(...ending))
    const endsAt = ending[first] ?? Infinity
    if (arrived < fleet.requests && arrival <= endsAt) {
      const tenant = String(Math.floor(random.between(0, fleet.servers)))
      const claim: Claim = { urgency: 'interactive', tenant, user: tenant, deadline: Infinity }
      line.add(String(arrived), claim, arrival)
      arrived += 1
      assign(line, workers, arrival, fleet, random)
      arrival += -Math.log(1 - random.between(0, 1)) / fleet.perSecond
    } else {
      const done = endFirst(workers[first]!, endsAt, fleet)
      served.push({ waited: done.from - done.request.at, took: endsAt - done.request.at })
      line.end(done.request)
      assign(line, workers, endsAt, fleet, random)
    }
  }
  return served
}

/** Gives what waits to the workers that have the fewest requests, as far as there are places. */
function assign(
  line: WaitingLine,
  workers: readonly Worker[],
  now: number,
  fleet: Fleet,
  random: Random,
): void {
  for (;;) {
    const least = Math.min(...workers.map(({ active }) => active.length))
    const worker = workers.find(({ active }) => active.length === least)
    const request = least < fleet.places ? line.take() : undefined
    if (worker === undefined || request === undefined) {
      return
    }
    advance(worker, now, fleet)
    worker.active.push({ request, from: now, left: random.between(0.6, 1.4) })
  }
}

/** Ends the request of a worker that has the least left. */
function endFirst(worker: Worker, now: number, fleet: Fleet): Active {
  advance(worker, now, fleet)
  const least = Math.min(...worker.active.map(({ left }) => left))
  const index = worker.active.findIndex(({ left }) => left === least)
  const [done] = worker.active.splice(index, 1)
  return done!
}

/** Requests a second of a worker that has `atOnce` of them. */
export function rateOf({ rates, speed }: Pick<Fleet, 'rates' | 'speed'>, atOnce: number): number {
  const above = rates.find((rate) => rate.atOnce >= atOnce) ?? rates.at(-1)
  const below = rates.findLast((rate) => rate.atOnce <= atOnce) ?? rates[0]
  if (above === undefined || below === undefined) {
    throw new RangeError('expected at least one rate')
  }
  const span = above.atOnce - below.atOnce
  const share = span <= 0 ? 0 : (atOnce - below.atOnce) / span
  return (speed * (below.perMinute + share * (above.perMinute - below.perMinute))) / 60
}

function advance(worker: Worker, now: number, fleet: Fleet): void {
  const { active } = worker
  if (active.length > 0) {
    const done = ((now - worker.at) * rateOf(fleet, active.length)) / active.length
    for (const one of active) {
      one.left -= done
    }
  }
  worker.at = now
}

function nextEnd({ active, at }: Worker, fleet: Fleet): number {
  if (active.length === 0) {
    return Infinity
  }
  const least = Math.min(...active.map(({ left }) => left))
  return at + (Math.max(0, least) * active.length) / rateOf(fleet, active.length)
}
