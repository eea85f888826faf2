/** Token ids of the texts that were encoded last: the prompts of a conversation are tried again at every turn. */

import { LRUCache } from 'lru-cache'
import type { Tokenizer } from './tokenizer.ts'

/** Sum of the lengths of the texts kept, in characters; their ids take about twice the bytes. */
const MAX_CHARACTERS = 1_000_000

export class PromptCache {
  readonly #tokenizer: Tokenizer
  readonly #ids = new LRUCache<string, number[]>({
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (_, text) => text.length + 1, // a size is over 0
  })
  #hits = 0
  #misses = 0

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer
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

  stats(): { readonly hits: number; readonly misses: number } {
    return { hits: this.#hits, misses: this.#misses }
  }
}
