/** Which words find which pictures, in which order, and what is shown of them. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PictureIndex } from '../../../bot/find/picture-index/picture-index.ts'
import { folded, searchText, wordScorer } from '../../../bot/find/word-scorer.ts'
import { searchWords } from '../../../bot/find/word-search.ts'

/** What of a text a query shows; null: it does not find it. */
function excerptOf(query: string, ...words: string[]): string | null {
  const scorer = wordScorer(query)!
  const excerpt = scorer.excerpt(words)
  assert.equal(scorer.score(searchText(words)) === null, excerpt === null)
  return excerpt
}

/** A channel with pictures that have a text each, the newest one last. */
function channelWith(texts: readonly string[]): PictureIndex {
  const index = new PictureIndex(null)
  for (const [at, text] of texts.entries()) {
    const fields = { author: '1', picture: 'a', spoiler: false, until: null, meaning: null }
    index.add(`1/a/${at}/x`, { ...fields, words: [text], at })
  }
  return index
}

async function search(query: string, texts: readonly string[], most: number) {
  async function* parts() {
    yield channelWith(texts)
  }
  const access = { among: async (channelIds: readonly string[]) => [...channelIds] }
  return searchWords(parts(), { scorer: wordScorer(query)!, most, access, channelId: null })
}

/** The texts that a query finds, best first. */
async function foundBy(query: string, texts: readonly string[]): Promise<string[]> {
  const { hits } = await search(query, texts, 10)
  return hits.map(({ at }) => texts[at]!)
}

describe('wordScorer', () => {
  it('finds words in any case, with and without accents, and letters that readers confuse', () => {
    assert.ok(excerptOf('casino BONUS', 'Claim your bonus', 'at the Casino'))
    assert.ok(excerptOf('ubergrosse', 'Übergrosse'))
    assert.ok(excerptOf('bill 100', 'BI11', 'l00'))
    assert.ok(excerptOf('ｆｕｌｌ', 'full'))
  })

  it('finds Chinese inside of a line', () => {
    assert.ok(excerptOf('奖金', '立即领取奖金5600'))
    assert.equal(excerptOf('奖品', '立即领取奖金5600'), null)
  })

  it('needs all of the words', () => {
    assert.equal(excerptOf('casino bonus', 'a casino'), null)
  })

  it('finds short words as a whole only', () => {
    assert.equal(excerptOf('art', 'a smart start'), null)
    assert.ok(excerptOf('art', 'modern art'))
    assert.ok(excerptOf('art', 'two artists'))
    assert.equal(excerptOf('a', 'an apple'), null)
  })

  it('takes no query without a letter or a digit', () => {
    assert.equal(wordScorer(' ?! '), null)
  })

  it('shows the words around the hit', () => {
    const long = `${'before '.repeat(30)}Needle${' after'.repeat(30)}`
    const excerpt = excerptOf('needle', long)!
    assert.match(excerpt, /^….*before Needle after.*…$/)
    assert.ok(excerpt.length < 140)
    assert.equal(excerptOf('needle', 'a Needle'), 'a Needle')
    assert.equal(excerptOf('奖金', '立即领取奖金5600'), '立即领取奖金5600')
  })

  it('drops marks that are characters of their own', () => {
    assert.equal(folded('e\u0301'.repeat(3)), 'eee')
    assert.equal(folded('B0NUS'), folded('bonus'))
  })
})

describe('searchWords', () => {
  it('puts phrases first, then words, then parts of words; of equal ones, the newest', async () => {
    const texts = ['red hearts', 'heart and red', 'redheart', 'a red heart', 'my red heart']
    assert.deepEqual(await foundBy('red heart', texts), [
      'my red heart',
      'a red heart',
      'red hearts',
      'heart and red',
      'redheart',
    ])
    assert.deepEqual(await foundBy('heart', ['hearts', 'redheart', 'heart']), [
      'heart',
      'hearts',
      'redheart',
    ])
  })

  it('counts what it does not give', async () => {
    const { hits, count } = await search(
      'bonus',
      Array.from({ length: 100 }, () => 'bonus'),
      3,
    )
    assert.deepEqual([hits.map(({ at }) => at), count], [[99, 98, 97], 100])
  })

  it('finds words of one and two letters as a whole, and single characters inside of Chinese', async () => {
    const texts = ['plan b', 'ab', 'b', 'go', 'ago', '奖金', '金色']
    assert.deepEqual(await foundBy('b', texts), ['b', 'plan b'])
    assert.deepEqual(await foundBy('go', texts), ['go'])
    assert.deepEqual(await foundBy('金', texts), ['金色', '奖金'])
    assert.deepEqual(await foundBy('奖金', texts), ['奖金'])
  })
})
