/**
 * Fault injection: errors, delays and disconnects as Discord has them, on request.
 *
 * Every fault counts how often it has applied. `fault-spec.ts` lists the kinds.
 */

import { EventEmitter, once } from 'node:events'
import { takePermission } from './permissions.ts'
import type {
  CdnFault,
  EventFault,
  FaultSpec,
  HookPlace,
  PermissionFault,
  RestFault,
} from './fault-spec.ts'
import { refuse } from '../protocol/errors.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { World } from '../world/world.ts'

const DEFAULT_DELAY_MS = 1000

/** An injected fault, active or waiting to apply. */
export class Fault {
  readonly id: number
  readonly spec: FaultSpec | (HookPlace & { readonly kind: 'hook' })
  /** Undoes its effect. */
  onCancel: () => void = () => {}
  readonly #events = new EventEmitter<{ applied: [] }>()
  readonly #forget: (fault: Fault) => void
  #applied = 0
  #toSkip: number
  #toApply: number

  constructor(id: number, spec: Fault['spec'], forget: (fault: Fault) => void) {
    this.id = id
    this.spec = spec
    this.#forget = forget
    const counted = { skip: 'nth' in spec && spec.nth !== undefined ? spec.nth - 1 : 0, ...spec }
    this.#toSkip = counted.skip
    this.#toApply = ('count' in counted && counted.count) || 1
  }

  /** How often it has applied. */
  get applied(): number {
    return this.#applied
  }

  /** Ends it and undoes its effect if possible; the count is kept. */
  cancel(): void {
    this.#toApply = 0
    this.onCancel()
    this.onCancel = () => {}
    this.#forget(this)
  }

  /** Resolves once it has applied that often. */
  async until(times = 1): Promise<void> {
    while (this.#applied < times) {
      await once(this.#events, 'applied')
    }
  }

  /** Whether it applies to the current request or event; counts. */
  take(): boolean {
    if (this.#toApply === 0) {
      return false
    }
    if (this.#toSkip > 0) {
      this.#toSkip -= 1
      return false
    }
    this.#toApply -= 1
    this.note()
    return true
  }

  /** Counts. */
  note(times = 1): void {
    this.#applied += times
    this.#events.emit('applied')
  }

  /** The fault as `/sandbox/faults` returns it. */
  describe(): object {
    return { id: this.id, ...this.spec, applied: this.#applied, remaining: this.#toApply }
  }
}

type Held = { readonly deliver: () => void; readonly cancel: () => void }

/** All faults of a sandbox. */
export class Faults {
  readonly #world: World
  readonly #gateway: Gateway
  readonly #faults = new Set<Fault>()
  readonly #hooks = new Map<Fault, () => unknown>()
  /** Events held back until another one overtakes them, by fault and session. */
  readonly #held = new Map<string, Held>()
  #nextId = 1

  constructor(world: World, gateway: Gateway) {
    this.#world = world
    this.#gateway = gateway
    gateway.pass = (session, event, deliver) => this.#passEvent(session, event, deliver)
  }

  /**
   * Adds a fault. Gateway faults, outages, expired links and permission faults without a call apply at
   * once.
   */
  add(spec: FaultSpec): Fault {
    const fault = this.#keep(spec)
    if (spec.kind === 'gateway') {
      fault.note(this.#breakGateway(spec))
    } else if (spec.kind === 'cdn' && spec.action === 'expired') {
      this.#world.cdn.expireLinks(() => fault.note())
    } else if (spec.kind === 'outage') {
      this.#breakGuild(fault, spec.guild)
    } else if (spec.kind === 'permission') {
      this.#takePermission(fault, spec)
    }
    return fault
  }

  /** Runs a callback before or after the nth call of a route, such as a permission change. */
  hook(place: HookPlace, run: () => unknown): Fault {
    const fault = this.#keep({ ...place, kind: 'hook' })
    this.#hooks.set(fault, run)
    return fault
  }

  /** The faults that were not cancelled, oldest first. */
  list(): readonly Fault[] {
    return [...this.#faults]
  }

  /** Cancels all. */
  clear(): void {
    for (const fault of this.#faults) {
      fault.cancel()
    }
  }

  /** The fault that applies to an API request, or null. */
  rest(method: string, path: string): RestFault | null {
    for (const fault of this.#faults) {
      const { spec } = fault
      if (spec.kind === 'rest' && matches(spec, method, path) && fault.take()) {
        return spec
      }
    }
    return null
  }

  /** The fault that applies to a file request, or null. */
  cdn(path: string): CdnFault | null {
    for (const fault of this.#faults) {
      const { spec } = fault
      if (spec.kind !== 'cdn' || spec.action === 'expired') {
        continue
      }
      if (matches({ path: spec.path ?? '**' }, '', path) && fault.take()) {
        return spec
      }
    }
    return null
  }

  /** Runs the hooks of a call. */
  async runHooks(when: 'before' | 'after', method: string, path: string): Promise<void> {
    for (const [fault, run] of this.#hooks) {
      const place = fault.spec
      if ((place.kind !== 'hook' && place.kind !== 'permission') || place.path === undefined) {
        continue
      }
      if ((place.when ?? 'before') !== when) {
        continue
      }
      if (matches({ ...place, path: place.path }, method, path) && fault.take()) {
        await run()
      }
    }
  }

  #keep(spec: Fault['spec']): Fault {
    const fault = new Fault(this.#nextId++, spec, (gone) => {
      this.#faults.delete(gone)
      this.#hooks.delete(gone)
    })
    this.#faults.add(fault)
    return fault
  }

  #takePermission(fault: Fault, { permission, channel, path }: PermissionFault): void {
    const take = () => {
      fault.onCancel = takePermission(this.#world, permission, channel)
    }
    if (path !== undefined) {
      this.#hooks.set(fault, take)
    } else if (fault.take()) {
      take()
    }
  }

  /** @throws {ApiError} 10004. */
  #breakGuild(fault: Fault, id = this.#world.guild.id): void {
    const guild = this.#world.guilds.get(id)
    if (!guild) {
      fault.cancel()
      throw refuse('unknownGuild')
    }
    this.#world.setUnavailable(guild, true)
    fault.onCancel = () => this.#world.setUnavailable(guild, false)
    fault.note()
  }

  #breakGateway(spec: FaultSpec & { kind: 'gateway' }): number {
    if (spec.action === 'drop') {
      return this.#gateway.drop(spec.code)
    }
    if (spec.action === 'reconnect') {
      return this.#gateway.askToReconnect()
    }
    return this.#gateway.invalidateSessions(spec.resumable)
  }

  #passEvent(session: string, event: string, deliver: () => void): void {
    for (const fault of this.#faults) {
      const { spec } = fault
      if (spec.kind !== 'event' || (spec.event !== '*' && spec.event !== event)) {
        continue
      }
      const key = `${fault.id}:${session}`
      const held = this.#held.get(key)
      if (held) {
        deliver()
        this.#held.delete(key)
        held.cancel()
        return held.deliver()
      }
      if (fault.take()) {
        return this.#disturb(spec, key, deliver)
      }
    }
    deliver()
  }

  #disturb(spec: EventFault, key: string, deliver: () => void): void {
    const delayMs = spec.delayMs ?? DEFAULT_DELAY_MS
    switch (spec.action) {
      case 'lose':
        return
      case 'duplicate':
        deliver()
        return deliver()
      case 'delay':
        this.#world.clock.after(delayMs, deliver)
        return
      case 'reorder': {
        const cancel = this.#world.clock.after(delayMs, () => {
          this.#held.delete(key)
          deliver()
        })
        this.#held.set(key, { deliver, cancel })
      }
    }
  }
}

function matches(
  spec: { readonly method?: string; readonly path: string },
  method: string,
  path: string,
): boolean {
  if (spec.method !== undefined && spec.method !== method) {
    return false
  }
  const pattern = spec.path
    .split('/')
    .map((part) => {
      if (part === '**') {
        return '.*'
      }
      if (part === '*' || part.startsWith(':')) {
        return '[^/]+'
      }
      return part.replaceAll(/[^\w-]/g, String.raw`\$&`)
    })
    .join('/')
  return new RegExp(`^/?${pattern}$`).test(path)
}
