/** Which words find which pictures, in which order, and what is shown of them. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { search } from '../../../bot/find/search.ts'
import { folded, wordScorer } from '../../../bot/find/word-scorer.ts'

function picture(words: readonly string[], at = 0) {
  return { author: '1', picture: 'a', spoiler: false, words: [...words], at, meaning: null }
}

/** What of a text a query shows; null: it does not find it. */
function excerptOf(query: string, ...words: string[]): string | null {
  const match = wordScorer(query)?.match(picture(words))
  return match ? match.excerpt() : null
}

/** A hundred pictures with the same word. */
async function* many() {
  for (let at = 0; at < 100; at++) {
    yield [`key-${at}`, picture(['bonus'], at)] as const
  }
}

/** The texts that a query finds, best first. */
async function foundBy(query: string, texts: readonly string[]): Promise<string[]> {
  async function* pictures() {
    for (const [at, text] of texts.entries()) {
      yield [`key-${at}`, picture([text], at)] as const
    }
  }
  const { hits } = await search(pictures(), [wordScorer(query)!], 10)
  return hits.map(({ picture: { words } }) => words.join())
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

describe('search', () => {
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
    const { hits, count } = await search(many(), [wordScorer('bonus')!], 3)
    assert.deepEqual([hits.map(({ key }) => key), count], [['key-99', 'key-98', 'key-97'], 100])
  })
})
