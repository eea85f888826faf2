import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveSettings } from '../../../inference/generation/settings.ts'
import {
  createStopRule,
  cutAtStopString,
  holdBackStopString,
} from '../../../inference/generation/stopping.ts'

// The examples of StopStringCriteria's own documentation, transformers 5.18.0.
const TOKENS = [
  's',
  'st',
  'stop',
  'op',
  'opera',
  'sto',
  'pper',
  'las',
  'topper',
  'to',
  'pped',
  'at',
  'tion',
]
const ids = (...tokens: string[]) => tokens.map((token) => TOKENS.indexOf(token))
const bytesOf = (id: number) => {
  const token = TOKENS[id]
  return token === undefined ? null : new TextEncoder().encode(token)
}

function rule(options: Parameters<typeof resolveSettings>[0]) {
  return createStopRule(resolveSettings(options, {}, [99]), bytesOf)
}

describe('a stop string', () => {
  const stops = rule({ stopStrings: ['stop'], maxNewTokens: 50 })

  for (const tokens of [
    ['st', 'op'],
    ['stop'],
    ['st', 'opera'],
    ['sto', 'pper'],
    ['las', 'topper'],
    ['s', 'to', 'pped'],
  ]) {
    it(`ends ${tokens.join('|')}`, () => {
      assert.equal(stops(ids(...tokens), 1), 'stop')
    })
  }

  for (const tokens of [
    ['stop', 'at'],
    ['st', 'op', 'at'],
    ['st', 'opera', 'tion'],
    ['st'],
    ['at', 'op'],
  ]) {
    it(`does not end ${tokens.join('|')}`, () => {
      assert.equal(stops(ids(...tokens), 1), null)
    })
  }

  it('may begin in the prompt', () => {
    assert.equal(stops(ids('at', 'st', 'op'), 1), 'stop')
  })

  it('does not reach across an id that stands for nothing', () => {
    assert.equal(stops([...ids('st'), 77, ...ids('op')], 1), null)
    assert.equal(stops([77], 1), null)
  })
})

describe('a sequence', () => {
  it('ends with a stop id, or at the length', () => {
    const stops = rule({ maxNewTokens: 3 })
    assert.equal(stops([1, 99], 3), 'stop')
    assert.equal(stops([99, 1], 3), 'length')
    assert.equal(stops([99, 1], 2), null)
  })
})

describe('the text of an answer', () => {
  it('is cut at the first stop string', () => {
    assert.equal(cutAtStopString('a red\nb', ['b', '\n']), 'a red')
    assert.equal(cutAtStopString('a red', ['\n']), 'a red')
  })

  it('is held back while a stop string may be coming', () => {
    assert.equal(holdBackStopString('a red st', ['stop', 'x']), 'a red ')
    assert.equal(holdBackStopString('a red', ['stop']), 'a red')
    assert.equal(holdBackStopString('s', ['stop']), '')
  })
})
