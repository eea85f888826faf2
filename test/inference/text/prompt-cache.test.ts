import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { PromptCache } from '../../../inference/text/prompt-cache.ts'

const tokenizer = { encode: (text: string) => [2, text.length] }

describe('PromptCache', () => {
  it('encodes a text once', () => {
    const cache = new PromptCache(tokenizer)
    assert.deepEqual(cache.encode('a star'), [2, 6])
    assert.deepEqual(cache.encode('a star'), [2, 6])
    assert.deepEqual(cache.stats(), { hits: 1, misses: 1 })
  })

  it('deletes what is too old, even if nobody asks for it', async () => {
    const cache = new PromptCache(tokenizer, 200)
    cache.encode('a star')
    assert.equal(cache.size, 1)
    while (cache.size > 0) {
      await delay(20)
    }
  })

  it('deletes everything at once', () => {
    const cache = new PromptCache(tokenizer)
    cache.encode('a star')
    cache.clear()
    assert.equal(cache.size, 0)
    cache.encode('a star')
    assert.deepEqual(cache.stats(), { hits: 0, misses: 2 })
  })
})
