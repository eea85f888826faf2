/** How people write terms, and what they are told about those that cannot be used. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { linksIn } from '../../../../bot/moderation/words/links.ts'
import { compileTerms } from '../../../../bot/moderation/words/score.ts'
import { readTerms, writeTerms } from '../../../../bot/moderation/words/terms.ts'
import { RULE_LIMITS } from '../../../../commands/moderation/rule.ts'

describe('readTerms', () => {
  it('reads words and patterns with their points', () => {
    assert.deepEqual(
      readTerms(String.raw`casino*=2, free nitro , /\d,\d{3} usdt/=3,奖金＝4；赌场`),
      [
        { text: 'casino*', weight: 2 },
        { text: 'free nitro', weight: 1 },
        { text: String.raw`/\d,\d{3} usdt/`, weight: 3 },
        { text: '奖金', weight: 4 },
        { text: '赌场', weight: 1 },
      ],
    )
  })

  it('reads a file with reasons, and writes the same', () => {
    const file = [
      '# names',
      'tuzawin=3  # a casino that the wave advertises',
      '',
      String.raw`/5[.,]?600 \/ usdt/=2  # amount`,
      'promo code=1',
      '',
    ].join('\r\n')
    const terms = readTerms(file)
    assert.deepEqual(terms[0], {
      text: 'tuzawin',
      weight: 3,
      reason: 'a casino that the wave advertises',
    })
    assert.equal(terms.length, 3)
    assert.deepEqual(readTerms(writeTerms(terms)), terms)
  })

  it('counts a term once, as it was written last', () => {
    assert.deepEqual(readTerms('casino=1, casino=3'), [{ text: 'casino', weight: 3 }])
  })

  it('refuses terms that cannot be used', () => {
    const most = RULE_LIMITS.terms.max
    const refused: readonly (readonly [string, string])[] = [
      ['', 'rule/no-terms'],
      [' , ,', 'rule/no-terms'],
      ['# only a comment', 'rule/no-terms'],
      ['a', 'rule/bad-term'],
      ['free*nitro', 'rule/bad-term'],
      ['=3', 'rule/bad-term'],
      ['casino=0', 'rule/bad-weight'],
      ['casino=1.5', 'rule/bad-weight'],
      ['casino=', 'rule/bad-weight'],
      ['casino=x', 'rule/bad-weight'],
      ['casino=11', 'rule/bad-weight'],
      ['a=b=c', 'rule/bad-weight'],
      ['w'.repeat(101), 'rule/long-term'],
      ['/(a/', 'rule/bad-pattern'],
      ['/a*/', 'rule/bad-pattern'],
      [Array.from({ length: most + 1 }, (_, i) => `word${i}`).join(','), 'rule/too-many-terms'],
    ]
    for (const [written, code] of refused) {
      assert.throws(() => readTerms(written), { code }, written.slice(0, 40))
    }
  })
})

describe('compileTerms', () => {
  it('adds up the points of the terms that are there, each once', async () => {
    const score = compileTerms(readTerms(String.raw`casino*=2, promo code=3, usdt=4, /\d{3,}/=1`))
    const { points, terms } = await score(['CASINO! Casino!', 'Enter the promo', 'code: X 500'])
    assert.equal(points, 6)
    assert.deepEqual(
      terms.map(({ text }) => text),
      ['casino*', 'promo code', String.raw`/\d{3,}/`],
    )
    assert.deepEqual(await score([]), { points: 0, terms: [] })
  })
})

describe('linksIn', () => {
  it('finds domains with and without https, each once', () => {
    assert.deepEqual(linksIn(['Go to https://tuzawin.com/promo?x=1 or', 'tuzawin.com/promo?x=1']), [
      'tuzawin.com/promo?x=1',
    ])
    assert.deepEqual(linksIn(['www.пример.рф 5.600 e.g. U.S.']), ['www.пример.рф'])
  })
})
