/**
 * Token ids of the texts that were encoded last: the prompts of a conversation are tried again at
 * every turn. They are what people asked, so they are deleted with everything else that is kept of
 * a conversation, and after a day at most.
 */

import { LRUCache } from 'lru-cache'
import { DAY_MS } from '../../config/durations.ts'
import type { Tokenizer } from './tokenizer.ts'

/** Sum of the lengths of the texts kept, in characters; their ids take about twice the bytes. */
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
      sizeCalculation: (_, text) => text.length + 1, // a size is over 0
      ttl: maxAgeMs,
      ttlAutopurge: true, // expired ids are deleted even if nobody encodes their text again
    })
  }

  /** Ids of a text, the beginning-of-text id first. */
  encode(text: string): number[] {
    const known = this.#ids.get(text)
    if (known) {
      this.#hits += 1
      return [...known]
    }
    this.#misses += 1
    const ids = this.#tokenizer.encode(text, { bos: true })
    this.#ids.set(text, ids)
    return [...ids]
  }

  clear(): void {
    this.#ids.clear()
  }

  /** Texts whose ids are kept. */
  get size(): number {
    return this.#ids.size
  }

  stats(): { readonly hits: number; readonly misses: number } {
    return { hits: this.#hits, misses: this.#misses }
  }
}
