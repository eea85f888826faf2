/**
 * The configured hosts: the least busy one gets the next request, another one where it fails before its
 * first token. Each host is asked for its models every few seconds: one that does not answer gets no
 * requests, and those that still wait for their first token there go to another.
 */

import { randomUUID } from 'node:crypto'
import { InputError } from '../../../config/errors.ts'
import type { HostEvent } from '../../contract/options.ts'
import { HostError } from './host-error.ts'
import type { Address } from './http.ts'

const CHECK_MS = 10_000
/** Failed checks in a row after which a host counts as down. */
const MAX_MISSES = 2
/** Times that one request is sent to one host: a connection that was kept may have just been closed. */
const MAX_TRIES = 2

/** What was learned about a host that can be used. */
export type Host<Offer> = {
  readonly address: Address
  readonly offer: Offer
  /** Aborted when the host goes down. */
  readonly down: AbortSignal
}

export type HostsOptions<Offer> = {
  /** Learns what a host offers. @throws {HostError} if it cannot be used. */
  readonly inspect: (address: Address) => Promise<Offer>
  /** @throws {HostError} if it does not answer. */
  readonly check: (address: Address, offer: Offer) => Promise<void>
  readonly onEvent?: ((event: HostEvent) => void) | undefined
  /** Milliseconds between two checks of a host. Default 10 s. */
  readonly checkMs?: number
}

type State<Offer> = {
  readonly address: Address
  /** What tells hosts apart where they are equally busy. */
  readonly id: string
  /** Null while it is down. */
  host: (Host<Offer> & { readonly lose: (reason: HostError) => void }) | null
  running: number
  misses: number
  /** Why it was down last, so that each reason is told once. */
  reason: string
}

/** One request at one host. */
export type Attempt<Offer, Result> = (host: Host<Offer>, signal: AbortSignal) => Promise<Result>

export class Hosts<Offer> {
  readonly #options: HostsOptions<Offer>
  readonly #states: readonly State<Offer>[]
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(addresses: readonly Address[], options: HostsOptions<Offer>) {
    this.#options = options
    this.#states = addresses.map((address) => ({
      address,
      id: randomUUID(),
      host: null,
      running: 0,
      misses: 0,
      reason: '',
    }))
  }

  /** Looks at every host once. @returns why those that cannot be used cannot. */
  async open(): Promise<readonly string[]> {
    await this.#lookAtAll()
    return this.#states.flatMap(({ host, reason }) => (host === null ? [reason] : []))
  }

  /** The hosts that can be used. */
  get usable(): readonly Host<Offer>[] {
    return this.#states.flatMap(({ host }) => host ?? [])
  }

  /** Requests at work. */
  get running(): number {
    return this.#states.reduce((sum, { running }) => sum + running, 0)
  }

  /**
   * Sends a request to the least busy host, and to others while it fails in a way that may differ there.
   *
   * @param affinity of equally busy hosts, which one: requests with the same one go to the same host.
   * @throws {InputError} `queue/full` or `host/unavailable` if no host answers; the attempt's last error
   *   if no other host would do better.
   */
  async run<Result>(
    affinity: string,
    signal: AbortSignal | undefined,
    attempt: Attempt<Offer, Result>,
  ): Promise<Result> {
    const tries = new Map<State<Offer>, number>()
    const failures: HostError[] = []
    for (let i = 0; i < Math.max(MAX_TRIES, this.#states.length); i++) {
      signal?.throwIfAborted()
      const state = this.#choose(affinity, tries)
      if (state?.host == null) {
        break
      }
      tries.set(state, (tries.get(state) ?? 0) + 1)
      try {
        return await this.#attempt(state, state.host, signal, attempt)
      } catch (error) {
        if (!(error instanceof HostError)) {
          throw error
        }
        failures.push(error)
        if (!error.mayRetry) {
          break
        }
      }
    }
    throw this.#final(failures)
  }

  /** Stops the checks, and ends what is at work. */
  close(reason: Error): void {
    this.#closed = true
    clearTimeout(this.#timer)
    for (const state of this.#states) {
      state.host?.lose(new HostError('cut', reason.message, { cause: reason }))
      state.host = null
    }
  }

  async #attempt<Result>(
    state: State<Offer>,
    host: Host<Offer>,
    signal: AbortSignal | undefined,
    attempt: Attempt<Offer, Result>,
  ): Promise<Result> {
    state.running += 1
    try {
      return await attempt(host, signal ? AbortSignal.any([signal, host.down]) : host.down)
    } catch (error) {
      if (error instanceof HostError) {
        this.#options.onEvent?.({ type: 'failure', host: host.address.base, reason: error.message })
        if (error.failure === 'unreachable' || error.failure === 'cut') {
          await this.#doubt(state)
        }
      }
      throw error
    } finally {
      state.running -= 1
    }
  }

  /** The least busy host of those that were tried least. */
  #choose(affinity: string, tries: ReadonlyMap<State<Offer>, number>): State<Offer> | undefined {
    const triesOf = (state: State<Offer>) => tries.get(state) ?? 0
    return this.#states
      .filter((state) => state.host !== null && triesOf(state) < MAX_TRIES)
      .toSorted(
        (a, b) =>
          triesOf(a) - triesOf(b) ||
          a.running - b.running ||
          rankOf(a.id, affinity) - rankOf(b.id, affinity),
      )[0]
  }

  #final(failures: readonly HostError[]): Error {
    const last = failures.at(-1)
    if (last?.failure === 'rejected') {
      return new InputError('host/rejected', null, { cause: last })
    }
    const isFull = failures.length > 0 && failures.every(({ failure }) => failure === 'busy')
    return isFull
      ? new InputError('queue/full', null, { cause: last })
      : new InputError('host/unavailable', null, { cause: last })
  }

  #schedule(): void {
    const { checkMs = CHECK_MS } = this.#options
    this.#timer = setTimeout(() => {
      this.#lookAtAll().catch(() => {}) // it tells of every failure itself
    }, checkMs).unref()
  }

  async #lookAtAll(): Promise<void> {
    await Promise.all(this.#states.map((state) => this.#look(state)))
    if (!this.#closed) {
      this.#schedule()
    }
  }

  /** A host that failed a request is checked now: if it is down, others need not find out. */
  async #doubt(state: State<Offer>): Promise<void> {
    if (state.host !== null) {
      state.misses = MAX_MISSES - 1
      await this.#look(state)
    }
  }

  async #look(state: State<Offer>): Promise<void> {
    const { address, host } = state
    try {
      if (host === null) {
        await this.#up(state)
      } else {
        await this.#options.check(address, host.offer)
        state.misses = 0
      }
    } catch (cause) {
      const unknown = `${address.base} could not be checked`
      const error =
        cause instanceof HostError ? cause : new HostError('unreachable', unknown, { cause })
      state.misses += 1
      if (!this.#closed && (state.host === null || state.misses >= MAX_MISSES)) {
        this.#lose(state, error)
      }
    }
  }

  async #up(state: State<Offer>): Promise<void> {
    const { address } = state
    const offer = await this.#options.inspect(address)
    if (this.#closed) {
      return
    }
    const controller = new AbortController()
    const lose = (reason: HostError) => controller.abort(reason)
    state.host = { address, offer, down: controller.signal, lose }
    state.misses = 0
    state.reason = ''
    this.#options.onEvent?.({ type: 'up', host: address.base })
  }

  #lose(state: State<Offer>, error: HostError): void {
    state.host?.lose(new HostError('unreachable', error.message, { cause: error }))
    state.host = null
    if (state.reason !== error.message) {
      state.reason = error.message
      this.#options.onEvent?.({ type: 'down', host: state.address.base, reason: error.message })
    }
  }
}

/** A number that depends on both, evenly over all hosts (FNV-1a). */
function rankOf(id: string, affinity: string): number {
  let hash = 0x811c9dc5
  for (const character of `${affinity}${id}`) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0
  }
  return hash
}
