/**
 * Caches the token ids of recent texts: every turn of a conversation encodes its earlier prompts
 * again. The texts are what people asked, so they are deleted with everything else of a
 * conversation, and after a day at most.
 */

import { LRUCache } from 'lru-cache'
import { DAY_MS } from '../../config/durations.ts'
import type { TextPiece } from './prompt.ts'
import type { Tokenizer } from './tokenizer.ts'

/** Total length of the cached texts, in characters; their ids take about twice as many bytes. */
const MAX_CHARACTERS = 1_000_000

export class PromptCache {
  readonly #tokenizer: Pick<Tokenizer, 'encode'>
  readonly #ids: LRUCache<string, number[]>
  #hits = 0
  #misses = 0

  /** @param maxAgeMs after which the ids of a text are deleted, however often they were used. */
  constructor(tokenizer: Pick<Tokenizer, 'encode'>, maxAgeMs: number = DAY_MS) {
    this.#tokenizer = tokenizer
    this.#ids = new LRUCache({
      maxSize: MAX_CHARACTERS,
      sizeCalculation: (_, text) => text.length + 1, // sizes must be above 0
      ttl: maxAgeMs,
      ttlAutopurge: true, // expired ids are deleted even if nobody encodes their text again
    })
  }

  /** @returns the ids of a text, with those that begin and end every text; a copy. */
  encode(text: string | readonly TextPiece[]): number[] {
    const key = typeof text === 'string' ? text : JSON.stringify(text)
    const cached = this.#ids.get(key)
    if (cached) {
      this.#hits += 1
      return [...cached]
    }
    this.#misses += 1
    const ids = this.#tokenizer.encode(text, { special: true })
    this.#ids.set(key, ids)
    return [...ids]
  }

  clear(): void {
    this.#ids.clear()
  }

  /** The number of cached texts. */
  get size(): number {
    return this.#ids.size
  }

  /** Counts of `encode` since the start. */
  stats(): { readonly hits: number; readonly misses: number } {
    return { hits: this.#hits, misses: this.#misses }
  }
}
