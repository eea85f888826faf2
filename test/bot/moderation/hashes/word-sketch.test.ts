/** Sketches of words: what makes a difference to them, and what two of them decide. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  groupsIn,
  similarityOf,
  sketchOf,
  sketchSchema,
} from '../../../../bot/moderation/hashes/word-sketch.ts'
import { compareWords, relationOf } from '../../../../bot/moderation/hashes/word-verdict.ts'

const SCAM = ['claim your welcome bonus', '$5600 at rakuwin.example', 'code LUCKY175, no deposit']
const OTHER = ['my cat never reads the manual', 'grandma sold the blue one']

const verdictOf = (a: readonly string[] | null, b: readonly string[] | null) =>
  compareWords(a && sketchOf(a), b && sketchOf(b)).verdict

describe('sketchOf', () => {
  it('ignores case, spaces, punctuation, width, and characters that readers confuse', () => {
    const same = sketchOf(['Claim the BONUS: 100 %'])
    for (const other of [
      'claimthebonus 100',
      'cIaim the b0nus 1OO',
      'ｃｌａｉｍ ｔｈｅ ｂｏｎｕｓ 100',
    ]) {
      assert.equal(sketchOf([other]), same, other)
    }
    assert.notEqual(sketchOf(['claim the bones 100']), same)
  })

  it('ignores the order of lines, and keeps lines apart', () => {
    assert.equal(sketchOf(SCAM.toReversed()), sketchOf(SCAM))
    assert.equal(groupsIn(sketchOf(['abc', 'def'])), 2)
  })

  it('is empty without letters and digits', () => {
    assert.equal(sketchOf([]), '')
    assert.equal(sketchOf(['—', '!?']).length <= 4, true)
    assert.equal(groupsIn(sketchOf(['—'])), 0)
  })

  it('is bounded, and estimates how much two long texts share', () => {
    const lines = Array.from({ length: 400 }, (_, i) => `line ${i * 7919} of ${i * i}`)
    const half = [...lines.slice(0, 200), ...lines.slice(0, 200).map((line) => `${line} else x`)]
    const sketch = sketchOf(lines)
    assert.equal(groupsIn(sketch), 256)
    assert.equal(sketchSchema.parse(sketch), sketch)
    assert.ok(similarityOf(sketch, sketchOf(lines.slice(4))) > 0.95)
    assert.ok(similarityOf(sketch, sketchOf(half)) < 0.9)
  })

  it('is of characters, not of code units', () => {
    assert.equal(groupsIn(sketchOf(['立即领取奖金'])), 4)
    assert.equal(groupsIn(sketchOf(['𠮷野家'])), 1)
  })
})

describe('compareWords', () => {
  it('agrees up to errors of a reader', () => {
    assert.equal(verdictOf(SCAM, SCAM), 'agree')
    assert.equal(verdictOf(SCAM, [...SCAM.slice(0, 2), 'code LUCKY175, no dcposit']), 'agree')
  })

  it('tells a part of the words, and other words', () => {
    assert.equal(verdictOf(SCAM, SCAM.slice(0, 2)), 'similar')
    assert.equal(verdictOf(SCAM, OTHER), 'differ')
    assert.equal(
      verdictOf(OTHER, ['my cat never reads this meme', 'grandma hid two pizzas']),
      'differ',
    )
  })

  it('says where there is nothing to compare', () => {
    assert.equal(verdictOf(SCAM, []), 'one-sided')
    assert.equal(verdictOf(['lol'], SCAM), 'one-sided')
    assert.equal(verdictOf(['lol'], []), 'none')
    assert.equal(verdictOf(null, SCAM), 'unread')
    assert.equal(verdictOf([], null), 'unread')
  })
})

describe('relationOf', () => {
  it('lets agreeing words decide, and the detail where there are none', () => {
    assert.deepEqual(
      (['agree', 'similar', 'differ', 'one-sided', 'none', 'unread'] as const).map((words) => [
        words,
        relationOf(words, true),
        relationOf(words, false),
      ]),
      [
        ['agree', 'same', 'same'],
        ['similar', 'resembles', 'resembles'],
        ['differ', 'resembles', 'other'],
        ['one-sided', 'resembles', 'resembles'],
        ['none', 'same', 'resembles'],
        ['unread', 'same', 'resembles'],
      ],
    )
  })
})
