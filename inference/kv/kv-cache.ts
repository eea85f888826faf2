/**
 * The keys and values of the positions already run, as the decoder and the sequences see them.
 *
 * host-cache.ts keeps them in memory that JavaScript owns, device-cache.ts on the device. A cache
 * has one owner, who disposes of it; one thing is done with the caches of a model at a time.
 */

import type { InferenceSession, Tensor } from 'onnxruntime-node'

/** The keys and values of a decoder; `kvHeads` may be fewer than the heads of its queries. */
export type KvShape = {
  readonly layers: number
  readonly kvHeads: number
  readonly headDim: number
}

/** Capacity grows in steps of this many positions, so that most runs allocate nothing. */
export const CAPACITY_STEP = 64

/** A run of the decoder: `count` new positions in every row, which stay in the cache or do not. */
export type Run = { readonly count: number; readonly keep: boolean }

/**
 * What a run is fed of the past, float32 [rows, kvHeads, capacity, headDim] of each layer, and what
 * is fetched besides logits; null: into new memory.
 */
export type Past = {
  readonly feeds: Readonly<Record<string, Tensor>>
  readonly fetches: Readonly<Record<string, Tensor | null>>
}

export interface KvCache {
  /** Positions filled, of each row. */
  readonly lengths: readonly number[]
  /** Sequences. */
  readonly rows: number
  /** Positions filled, of the longest row. */
  readonly length: number
  /** Memory taken, in bytes. */
  readonly bytes: number
  /** Prepares a run after the filled positions. */
  before(run: Run): Promise<Past>
  /** Stores what that run returned. */
  after(run: Run, outputs: InferenceSession.OnnxValueMapType): void
  /** Drops everything after the first `length` positions. */
  truncate(length: number): void
  /** Makes row i a copy of the former row `parents[i]`; the number of rows may change. */
  reorder(parents: readonly number[]): Promise<void>
  /** Appends a copy of the only row of another cache. */
  append(other: this): Promise<void>
  /** Removes a row; the last one takes its place. */
  remove(row: number): Promise<void>
  /** A copy of the first positions of one row, all of them by default, with no room to spare. */
  copyOf(row: number, length?: number): Promise<KvCache>
  /** Frees the memory; nothing else may be called afterwards. */
  dispose(): void
}

/** Where the caches of a model are made. */
export interface KvCaches {
  /** An empty cache of one row. */
  create(): KvCache
  /** Frees what caches have in common, once they are disposed of and before any session is. */
  close(): Promise<void>
}

/** Names of a layer's keys and values in the decoder graph, those of layer 0 first. */
export function layerNames(prefix: string, layers: number): string[] {
  return Array.from({ length: layers }, (_, i) => [
    `${prefix}key_${i}`,
    `${prefix}value_${i}`,
  ]).flat()
}
