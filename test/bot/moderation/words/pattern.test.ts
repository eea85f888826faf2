/** Patterns by RE2: what they match, and which are refused. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  compilePattern,
  MAX_PROGRAM,
  type PatternProblem,
  readable,
} from '../../../../bot/moderation/words/pattern.ts'

function isIn(source: string, text: string): boolean {
  const pattern = compilePattern(source)
  assert.ok(typeof pattern !== 'string', `${source}: ${JSON.stringify(pattern)}`)
  return pattern.isIn(readable(text.split('\n')))
}

describe('compilePattern', () => {
  it('matches in any case, anywhere', () => {
    assert.equal(isIn(String.raw`\d{1,3}[.,]\d{3}\s?(usdt|usd)`, 'You got 5,600 USDT now'), true)
    assert.equal(isIn(String.raw`\d{4} usdt`, '560 USDT'), false)
    assert.equal(isIn('^bonus$', 'a line\nBONUS\nanother'), true)
    assert.equal(isIn('[а-я]{6}', 'КАЗИНО'), true)
  })

  it('matches what looks like a letter or digit, in and out of classes', () => {
    assert.equal(isIn('casino', 'cas1n0'), true)
    assert.equal(isIn('casino', 'саsіnо'), true, 'Cyrillic')
    assert.equal(isIn('casino', 'ca\u200Bsi\u00ADno'), true, 'invisible characters')
    assert.equal(isIn('c[a]sin[o]{1,2}', 'CАSIN00'), true)
    assert.equal(isIn('5600', 'S 56OO'), true)
    assert.equal(isIn('gl[uü]ck', 'GLÜCK'), true)
    assert.equal(isIn('[^o]x', '0x'), false)
    assert.equal(isIn('x{2}', 'xx'), true)
    assert.equal(isIn(String.raw`\x{63}asino`, 'casino'), true)
    assert.equal(isIn(String.raw`(?P<lie>a|b)c`, 'bc'), true)
    assert.equal(isIn('a[]o]c', 'a]c'), true)
    assert.equal(isIn('a[-l]c', 'a-c'), true)
    assert.equal(isIn('a[^-l]c', 'a1c'), false)
    assert.equal(isIn(String.raw`\p{Han}+奖`, '大奖'), true)
    assert.equal(isIn(String.raw`[[:digit:]o]\.\Qa+b\E`, '0.a+b'), true)
  })

  it('refuses bad patterns, with the reason', () => {
    const refused: Record<string, PatternProblem> = {
      '(a': 'unclosed',
      'a)': 'unclosed',
      '[a': 'unclosed',
      'a(?=b)': 'unsupported',
      'a(?<!b)': 'unsupported',
      [String.raw`(a)\1`]: 'unsupported',
      'a{5000}': 'too-large',
      '(a{30}){30}': 'too-large',
      [`a{${MAX_PROGRAM}}`]: 'too-large',
      'a*': 'matches-all',
      '^': 'matches-all',
      'a|': 'matches-all',
      '*a': 'invalid',
      '[z-a]': 'invalid',
    }
    for (const [source, problem] of Object.entries(refused)) {
      assert.equal(compilePattern(source), problem, source)
    }
  })

  it('ends soon on patterns that would hang a backtracking engine', () => {
    const text = 'a'.repeat(4000)
    for (const source of ['(a+)+$b', '(a|aa)+b', '(a|a?)+b', '((a*)*)*b', '(.*a){9}b']) {
      assert.equal(isIn(source, text), false, source)
    }
    const unclosed = `[${String.raw`\p{L}`.repeat(40)}`
    assert.equal(compilePattern(unclosed), 'unclosed')
  })
})
