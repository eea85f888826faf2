/**
 * Drives a decoder with its keys and values on a WebGPU device and one on the CPU through the same
 * runs: PACKAGE. Prints one JSON object of the type DeviceCacheRun.
 */

import { Decoder, type DecoderInput } from '../../inference/engine/decoder.ts'
import { deviceCaches } from '../../inference/kv/device-cache.ts'
import { DeviceMemory } from '../../inference/kv/device-memory.ts'
import { KeptConversations } from '../../inference/kv/prefix-cache.ts'
import type { KvCache } from '../../inference/kv/kv-cache.ts'
import type { Sequence } from '../../inference/engine/work.ts'
import { chooseProvider, onDevice } from '../../inference/runtime/provider.ts'
import { Sequences, type StepNeed } from '../../inference/engine/sequences.ts'
import { openSessions, releaseSessions } from '../../inference/runtime/sessions.ts'
import { openPackage } from '../../inference/package/open-package.ts'
import { relativeError } from './parity.ts'

export type DeviceCacheRun = {
  /** Relative error of the device's logits after each kind of run. */
  readonly errors: Record<string, number>
  /** Tensors on the device after each of several rounds of the same requests. */
  readonly living: number[]
  /** Those once nothing is kept any more. */
  readonly left: number
}

const folder = process.argv[2] ?? ''
const { card } = await openPackage(folder)
const { dimensions } = card
const { layers, queryTokens, embedSize } = dimensions
const placement = await chooseProvider('webgpu')
const onCpu = await openSessions(folder, card, 1)
const sessions = await openSessions(folder, card, 1, placement)
const memory = await DeviceMemory.open(onDevice({ logSeverityLevel: 3 }, 'webgpu'), 2 * layers)
const caches = deviceCaches(memory, dimensions)
const device = new Decoder(sessions.decoder, dimensions, { ...placement, caches })
const decoders = [new Decoder(onCpu.decoder, dimensions), device]
const image = {
  data: Float32Array.from({ length: queryTokens * embedSize }, (_, i) => Math.sin(i * 0.7)),
  shape: [queryTokens, embedSize],
} as const

const errors = await compare()
const living = await rounds()
await caches.close()
await releaseSessions(sessions)
await releaseSessions(onCpu)
const { living: left } = memory
process.stdout.write(JSON.stringify({ errors, living, left } satisfies DeviceCacheRun))

/** So many ids. */
function text(length: number, first = 3): number[] {
  return Array.from({ length }, (_, i) => (first + 7 * i) % 100)
}

function each(
  both: readonly KvCache[],
  change: (cache: KvCache, i: number) => Promise<void>,
): Promise<unknown> {
  return Promise.all(both.map(change))
}

function step(sequence: Sequence): StepNeed {
  return { kind: 'step', sequence, tokens: [1], parents: [0] }
}

/** Goes through all that a cache can do, on both. */
async function compare(): Promise<Record<string, number>> {
  const errors: Record<string, number> = {}
  type Input = Pick<DecoderInput, 'ids'> & Partial<DecoderInput>
  const run = async (kind: string, both: readonly KvCache[], input: Input) => {
    const [expected, actual] = [
      await decoders[0]!.run(both[0]!, { logits: 'last', keep: true, ...input }),
      await decoders[1]!.run(both[1]!, { logits: 'last', keep: true, ...input }),
    ]
    errors[kind] = Math.max(errors[kind] ?? 0, relativeError(actual, expected))
  }
  const begin = async (length: number) => {
    const both = decoders.map((decoder) => decoder.createCache())
    await run('prompt', both, { image, ids: [text(length)] })
    return both
  }
  const both = await begin(5)
  await run('step', both, { ids: [[5]] })
  await run('look', both, { ids: [[5, 6, 7]], logits: 'all', keep: false })
  await run('several over a past', both, { ids: [[8, 9, 10]], logits: 'all' })
  for (const parents of [
    [0, 0, 0],
    [2, 0, 1],
    [1, 1, 0],
  ]) {
    await each(both, (cache) => cache.reorder(parents))
    await run('beams', both, { ids: [[5], [6], [7]] })
  }
  await each(both, (cache) => cache.reorder([2]))
  for (let i = 0; both[0]!.length < 70; i++) {
    await run('growing', both, { ids: [text(11, i)] })
  }
  for (const length of [3, 30]) {
    const other = await begin(length)
    await each(both, (cache, i) => cache.append(other[i]!))
    other.forEach((cache) => cache.dispose())
    await run('rows of unequal length', both, { ids: both[0]!.lengths.map((at) => [at % 9]) })
  }
  await each(both, (cache) => cache.remove(0))
  await run('after a row has left', both, { ids: [[4], [2]] })
  const beginnings = await Promise.all(both.map((cache) => cache.copyOf(1, queryTokens + 2)))
  await run('beginning of a row', beginnings, { ids: [text(4, 9)] })
  for (const cache of [...both, ...beginnings]) {
    cache.dispose()
  }
  return errors
}

/** The same requests again and again, as the engine's loop would have them carried out. */
async function rounds(): Promise<number[]> {
  const kept = new KeptConversations(2 ** 30)
  const sequences = new Sequences(device, kept)
  const living: number[] = []
  for (let round = 0; round < 4; round++) {
    const begin = async (length: number) =>
      (await sequences.begin('picture', image, text(length))).sequence
    const one = await begin(2)
    const two = await begin(3)
    const beams = await begin(4)
    await sequences.stepTogether([step(one)])
    await sequences.stepTogether([step(one), step(two)])
    await sequences.end(one, round % 2 === 0) // every second time as if its run had failed
    await sequences.stepTogether([step(two)])
    await sequences.end(two, true)
    const several = { ...step(beams), tokens: [1, 2], parents: [0, 0] }
    await sequences.stepAlone(several)
    await sequences.stepAlone({ ...several, parents: [1, 0] })
    await sequences.end(beams, true)
    living.push(memory.living)
  }
  sequences.close()
  living.push(memory.living)
  return living
}
