/**
 * Encrypts what is in a store: `npm run store -- encrypt`. It is the only code that takes unencrypted
 * values and those of the earlier format `aes1` for data, and only while the store has no marker.
 *
 * Each value is replaced by a compare-and-set, and the marker is written when all of them are encrypted.
 * So it can end at any moment, and the next run does the rest.
 */

import { DAY_MS } from '../../../config/durations.ts'
import { ConfigError } from '../../../config/errors.ts'
import type { Backend, Entry } from '../backends/backend.ts'
import { readAll } from '../batches.ts'
import { decode, encode } from '../encoding.ts'
import { encryptedWith, type Encryption, type Format, formatOf } from './encryption.ts'
import {
  keepEarlierVersionsOut,
  MARKER,
  markerToBe,
  META,
  readMarker,
  refuseEncrypted,
  writeMarker,
} from './marker.ts'

/** No value lives longer; those of earlier versions without an expiry get this lifetime. */
const MAX_TTL_MS = 400 * DAY_MS
/** How often a store is looked through before the command gives up. */
const MAX_PASSES = 5

/** What a value is: as it should be, to be encrypted again, or not authentic. */
export type Kind = 'current' | 'earlier key' | Exclude<Format, 'aes2'> | 'not authentic'

/** What is in a store. */
export type Census = {
  readonly hasMarker: boolean
  /** Number of values by collection and kind. */
  readonly counts: ReadonlyMap<string, ReadonlyMap<Kind, number>>
  /** Keys of the values that are not authentic. */
  readonly notAuthentic: ReadonlySet<string>
}

export type AdoptionOptions = {
  readonly signal: AbortSignal
  /** Deletes what is not authentic instead of leaving it. */
  readonly deletes?: boolean
  /** Called after each value with the number of values so far. */
  readonly progress?: (values: number) => void
}

/** Counts what is in a store. @throws {ConfigError} if it is encrypted with another key. */
export async function takeCensus(
  backend: Backend,
  encryption: Encryption | undefined,
  { signal, deletes = false, progress }: AdoptionOptions,
): Promise<Census> {
  const stored = await backend.read(MARKER)
  await (encryption === undefined ? refuseEncrypted(backend) : undefined)
  if (stored !== undefined && encryption !== undefined) {
    readMarker(stored, encryption)
  }
  const tally = new Tally(stored !== undefined)
  for await (const [key, raw] of valuesOf(backend, signal)) {
    const { kind } = examine(key, raw, { encryption, hasMarker: tally.hasMarker })
    const count = tally.add(key, kind)
    progress?.(count)
    if (kind === 'not authentic' && deletes) {
      await backend.swap(key, raw, undefined)
    }
  }
  return tally
}

/**
 * Encrypts all values with the first key, then writes the marker.
 *
 * @returns what was there. The marker was not written if something is not authentic and still there.
 * @throws {ConfigError} if the store is encrypted with another key, or keeps changing.
 */
export async function encryptStore(
  backend: Backend,
  encryption: Encryption,
  options: AdoptionOptions,
): Promise<Census> {
  const stored = await backend.read(MARKER)
  const marker =
    stored === undefined ? await markerToBe(backend, encryption) : readMarker(stored, encryption)
  await keepEarlierVersionsOut(backend, encryption)
  const tally = new Tally(stored !== undefined)
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    if (!(await encryptAll(backend, encryption, { ...options, tally, isFirst: pass === 0 }))) {
      continue // there may be more that other processes wrote meanwhile
    }
    if (options.deletes === true || tally.notAuthentic.size === 0) {
      await writeMarker(backend, encryption, marker)
    }
    return tally
  }
  throw new ConfigError([
    'Other processes keep writing to the store. Stop all that use it, and run the command again.',
  ])
}

/** Looks at each value once. @returns whether nothing had to be changed. */
async function encryptAll(
  backend: Backend,
  encryption: Encryption,
  {
    signal,
    deletes = false,
    progress,
    tally,
    isFirst,
  }: AdoptionOptions & { readonly tally: Tally; readonly isFirst: boolean },
): Promise<boolean> {
  let isUnchanged = true
  for await (const [key, raw] of valuesOf(backend, signal)) {
    const { kind, entry } = examine(key, raw, { encryption, hasMarker: tally.hasMarker })
    const isNew = kind === 'not authentic' && !tally.notAuthentic.has(key)
    if (isFirst || entry !== undefined || isNew) {
      const count = tally.add(key, kind)
      progress?.(count)
    }
    if (entry !== undefined || (kind === 'not authentic' && deletes)) {
      isUnchanged = false
      // Without its tags: they are made again, from names that only the secret makes.
      await backend.swap(key, raw, entry)
    }
  }
  return isUnchanged
}

async function* valuesOf(
  backend: Backend,
  signal: AbortSignal,
): AsyncGenerator<readonly [key: string, value: string], void> {
  for await (const [key, raw] of readAll(backend, backend.keys(''))) {
    signal.throwIfAborted()
    if (raw !== undefined && !key.startsWith(META)) {
      yield [key, raw]
    }
  }
}

type Examined = {
  readonly kind: Kind
  /** The value as it should be; absent: it is, or it cannot be read. */
  readonly entry?: Entry
}

function examine(
  key: string,
  raw: string,
  { encryption, hasMarker }: { encryption: Encryption | undefined; hasMarker: boolean },
): Examined {
  const format = formatOf(raw)
  const isKnown = format === 'plain' || encryption !== undefined
  if (!isKnown || (hasMarker && format !== 'aes2')) {
    return { kind: 'not authentic' }
  }
  try {
    const { value, expires = Infinity } = decode(encryption?.decryptAny(raw, key) ?? raw)
    if (format === 'aes2' && encryptedWith(raw) === encryption?.keyId) {
      return { kind: 'current' }
    }
    const kind = format === 'aes2' ? 'earlier key' : format
    const capped = Math.min(expires, Date.now() + MAX_TTL_MS)
    const text = encode({ value, expires: capped })
    return {
      kind,
      ...(encryption && { entry: { value: encryption.encrypt(text, key), expires: capped } }),
    }
  } catch {
    return { kind: 'not authentic' }
  }
}

class Tally implements Census {
  readonly hasMarker: boolean
  readonly counts = new Map<string, Map<Kind, number>>()
  readonly notAuthentic = new Set<string>()
  #size = 0

  constructor(hasMarker: boolean) {
    this.hasMarker = hasMarker
  }

  /** @returns the number of values so far. */
  add(key: string, kind: Kind): number {
    const collection = key.split('/', 1)[0] ?? key
    const counts = this.counts.get(collection) ?? new Map<Kind, number>()
    this.counts.set(collection, counts.set(kind, (counts.get(kind) ?? 0) + 1))
    if (kind === 'not authentic') {
      this.notAuthentic.add(key)
    }
    this.#size += 1
    return this.#size
  }
}
