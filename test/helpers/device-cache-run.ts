/**
 * Drives a decoder with its keys and values on a WebGPU device and one on the CPU through the same
 * runs: PACKAGE. Prints one JSON object of the type DeviceCacheRun.
 */

import { textCard } from '../../inference/package/model-card.ts'
import { CausalDecoder } from '../../inference/families/common/causal-decoder.ts'
import type { Segment } from '../../inference/families/common/runner.ts'
import { hostCaches } from '../../inference/kv/host-cache.ts'
import { deviceCaches } from '../../inference/kv/device-cache.ts'
import { DeviceMemory } from '../../inference/kv/device-memory.ts'
import { PrefixCache } from '../../inference/kv/prefix-cache.ts'
import type { KvCache } from '../../inference/kv/kv-cache.ts'
import type { DecodeStep, Sequence } from '../../inference/engine/work.ts'
import { chooseProvider, onDevice } from '../../inference/runtime/provider.ts'
import { Sequences } from '../../inference/engine/sequences.ts'
import { openSessions } from '../../inference/runtime/sessions.ts'
import { openPackage } from '../../inference/package/open-package.ts'
import { relativeError } from './parity.ts'
import { madeUpImage, text } from './segments.ts'
import { imageTokensOf } from '../../inference/package/model-card.ts'

export type DeviceCacheRun = {
  /** Relative error of the device's logits after each kind of run. */
  readonly errors: Record<string, number>
  /** Tensors on the device after each of several rounds of the same requests. */
  readonly living: number[]
  /** Tensors on the device after everything was released. */
  readonly left: number
}

const folder = process.argv[2] ?? ''
const { card } = await openPackage(folder)
const { dimensions } = textCard(card)
const { layers, embedSize } = dimensions
const queryTokens = imageTokensOf(card)
const placement = await chooseProvider('webgpu')
const onCpu = await openSessions(folder, card, 1)
const sessions = await openSessions(folder, card, 1, placement)
const memory = await DeviceMemory.open(onDevice({ logSeverityLevel: 3 }, 'webgpu'), 2 * layers)
const caches = deviceCaches(memory, dimensions)
const device = new CausalDecoder(sessions.get('decoder'), dimensions, { ...placement, caches })
const host = { caches: hostCaches(dimensions), longestRun: Infinity }
const decoders = [new CausalDecoder(onCpu.get('decoder'), dimensions, host), device] as const
const image = madeUpImage(0, queryTokens, embedSize)

const errors = await compare()
const living = await rounds()
await caches.close()
await sessions.release()
await onCpu.release()
const { living: left } = memory
process.stdout.write(JSON.stringify({ errors, living, left } satisfies DeviceCacheRun))

/** Pseudo-random ids. */
function someIds(length: number, first = 3): number[] {
  return Array.from({ length }, (_, i) => (first + 7 * i) % 100)
}

/** Ids behind what a cache holds, whatever that is. */
function behind(cache: KvCache, ids: readonly number[]): Segment[] {
  return [text(...Array.from({ length: cache.length }, () => 0)), text(...ids)]
}

function each(
  both: readonly KvCache[],
  change: (cache: KvCache, i: number) => Promise<void>,
): Promise<unknown> {
  return Promise.all(both.map(change))
}

function step(sequence: Sequence): DecodeStep {
  return { sequence, tokens: [1], parents: [0] }
}

/** Calls every operation of a cache, on both. */
async function compare(): Promise<Record<string, number>> {
  const errors: Record<string, number> = {}
  type RunOne = (decoder: CausalDecoder, cache: KvCache) => Promise<Float32Array>
  const run = async (kind: string, both: readonly KvCache[], runOne: RunOne) => {
    const expected = await runOne(decoders[0], both[0]!)
    const actual = await runOne(decoders[1], both[1]!)
    errors[kind] = Math.max(errors[kind] ?? 0, relativeError(actual, expected))
  }
  const step = (kind: string, both: readonly KvCache[], ids: readonly number[]) =>
    run(kind, both, (decoder, cache) => decoder.step(cache, ids))
  const continueWith = (kind: string, both: readonly KvCache[], ids: readonly number[]) =>
    run(kind, both, (decoder, cache) => decoder.prefill(cache, behind(cache, ids)))
  const begin = async (length: number) => {
    const both = decoders.map((decoder) => decoder.createCache())
    const segments = [image, text(...someIds(length))]
    await run('prompt', both, (decoder, cache) => decoder.prefill(cache, segments))
    return both
  }
  const both = await begin(5)
  await step('step', both, [5])
  await run('score', both, (decoder, cache) => decoder.score(cache, [5, 6, 7]))
  await continueWith('several over a past', both, [8, 9, 10])
  for (const parents of [
    [0, 0, 0],
    [2, 0, 1],
    [1, 1, 0],
  ]) {
    await each(both, (cache) => cache.reorder(parents))
    await step('beams', both, [5, 6, 7])
  }
  await each(both, (cache) => cache.reorder([2]))
  for (let i = 0; both[0]!.length < 70; i++) {
    await continueWith('growing', both, someIds(11, i))
  }
  for (const length of [3, 30]) {
    const other = await begin(length)
    await each(both, (cache, i) => cache.append(other[i]!))
    other.forEach((cache) => cache.dispose())
    await step(
      'rows of unequal length',
      both,
      both[0]!.lengths.map((filled) => filled % 9),
    )
  }
  await each(both, (cache) => cache.remove(0))
  await step('after a row has left', both, [4, 2])
  const beginnings = await Promise.all(both.map((cache) => cache.copyOf(1, queryTokens + 2)))
  await continueWith('beginning of a row', beginnings, someIds(4, 9))
  for (const cache of [...both, ...beginnings]) {
    cache.dispose()
  }
  return errors
}

/** Repeats the same requests, as the scheduler would run them. */
async function rounds(): Promise<number[]> {
  const prefixes = new PrefixCache(2 ** 30)
  const sequences = new Sequences(device, prefixes)
  const living: number[] = []
  for (let round = 0; round < 4; round++) {
    const begin = async (length: number) => {
      const segments = [image, text(...someIds(length))]
      return (await sequences.prefill({ segments, ids: [] })).sequence
    }
    const one = await begin(2)
    const two = await begin(3)
    const beams = await begin(4)
    await sequences.stepTogether([step(one)])
    await sequences.stepTogether([step(one), step(two)])
    await sequences.end(one, round % 2 === 0) // every second round as after a failed run
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
