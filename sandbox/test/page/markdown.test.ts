/** The page's markdown parser: what it reads, and that its work is bounded for every text. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MAX_SCANNED } from '../../page/text/markdown-inline.js'
import { parse } from '../../page/text/markdown.js'
import type { MarkdownNode } from '../../page/text/markdown-inline.js'

/** The longest text that Discord takes: a text display of Components V2. */
const LONGEST = 4000

/** A long text repeats one of these. */
const NASTY = [
  '*',
  '_',
  '`',
  '~',
  '|',
  '[',
  '<',
  '\\',
  '#',
  '# ',
  '- ',
  '> ',
  '>>> ',
  '``` ',
  '```\n',
  '`` ` ',
  '*a ',
  '_a ',
  '**a ',
  '__a ',
  '**a',
  '*a**',
  '[a](https://x',
  '[a](<https://x.y>',
  '[[a]',
  '<https://x',
  'https://.',
  '</a',
  '<:a',
  '<t:1',
  '<@1',
  '@here',
  '**_~~||',
  '||a *b* c||',
  '**a *b* c**',
  '- > ',
  '1. - ',
  '\u2028# ',
]

/** Parses a text and tells how many characters the rules scanned. */
function scanned(text: string) {
  const budget = { left: MAX_SCANNED }
  parse(text, budget)
  return MAX_SCANNED - budget.left
}

/** What is written in a tree, marks left out. */
function written(nodes: readonly MarkdownNode[]): string {
  return nodes
    .map((node) => {
      if (node.kind === 'list') {
        return node.items.map(written).join('')
      }
      if ('children' in node && node.children) {
        return written(node.children)
      }
      return 'text' in node ? node.text : ''
    })
    .join('')
}

/** The same numbers at each run, from 0 to 1 (mulberry32). */
function random(seed: number) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
}

function text(value: string) {
  return { kind: 'text', text: value }
}

function code(value: string) {
  return { kind: 'code', text: value }
}

function block(value: string) {
  return { kind: 'block', text: value }
}

function line(...children: unknown[]) {
  return { kind: 'line', children }
}

function countY(value: string) {
  return value.replaceAll(/[^y]/g, '').length
}

describe('parse', () => {
  it('reads a mark inside a mark of the same kind, and continues after both', () => {
    const slanted = { kind: 'em', children: [text('b')] }
    assert.ok(scanned('**a *b* c** d') < 100)
    assert.deepEqual(parse('**a *b* c** d'), [
      line({ kind: 'strong', children: [text('a '), slanted, text(' c')] }, text(' d')),
    ])
    assert.deepEqual(parse('||a *b* c|| d'), [
      line({ kind: 'spoiler', children: [text('a '), slanted, text(' c')] }, text(' d')),
    ])
    assert.deepEqual(parse('[a *b*](https://x.y) d'), [
      line({ kind: 'link', url: 'https://x.y', children: [text('a '), slanted] }, text(' d')),
    ])
    assert.deepEqual(parse('*****'), [line({ kind: 'strong', children: [text('*')] })])
    assert.deepEqual(parse('____'), [line({ kind: 'em', children: [text('__')] })])
  })

  it('keeps signs that mark nothing', () => {
    for (const plain of [
      '2 * a',
      'a*',
      '**',
      '_',
      'snake_case_name',
      '[a](b)',
      '``',
      '\\',
      '||a',
    ]) {
      assert.equal(written(parse(plain)), plain)
    }
  })

  it('closes code with as many backticks as opened it', () => {
    assert.deepEqual(parse('`a`'), [line(code('a'))])
    assert.deepEqual(parse('`` ` ``'), [line(code('`'))])
    assert.deepEqual(parse('``a`b``'), [line(code('a`b'))])
    assert.deepEqual(parse('``a`'), [line(code('`a'))])
    assert.equal(written(parse('`a``')), '`a``')
  })

  it('finds a code block between other text', () => {
    assert.deepEqual(parse('a\n```js\nlet b\n```\nc'), [
      line(text('a')),
      block('let b'),
      line(text('c')),
    ])
    assert.deepEqual(parse('```a``b```'), [block('a``b')])
    assert.deepEqual(parse('```js```'), [block('js')])
    assert.deepEqual(parse('```a'), [line(text('```a'))])
  })

  it('scans little of an ordinary message', () => {
    const sentence = 'Some **bold**, some *slanted*, `code`, a_name and https://example.com/a. '
    assert.ok(scanned(sentence.repeat(LONGEST / sentence.length)) < MAX_SCANNED / 4)
  })

  for (const piece of NASTY) {
    it(`ends on ${JSON.stringify(piece)}, over and over`, () => {
      const once = scanned(piece)
      assert.ok(once <= (piece.length + 1) ** 2, `${once} characters for one`)
      const long = piece.repeat(LONGEST / piece.length)
      // The try that uses up the budget may exceed it by one text.
      assert.ok(scanned(long) <= MAX_SCANNED + LONGEST, `${scanned(long)} characters`)
      assert.ok(scanned(`${long.slice(0, -1)}a`) <= MAX_SCANNED + LONGEST)
    })
  }

  it('ends on generated texts, and loses none of the letters in them', () => {
    const next = random(11)
    const pieces = [...NASTY, 'x', 'y ', '\n', ' ', '**', '__', '***', '```', '](https://x.y)']
    for (let count = 0; count < 2000; count++) {
      const length = 2 + Math.floor(next() * (count % 100 === 0 ? 1500 : 20))
      let value = ''
      while (value.length < length) {
        value += pieces[Math.floor(next() * pieces.length)]!
      }
      assert.ok(scanned(value) <= (value.length + 1) ** 2, JSON.stringify(value))
      const inAddresses = countY(value.match(/https:\/\/\S*/g)?.join('') ?? '')
      assert.ok(countY(written(parse(value))) >= countY(value) - inAddresses, JSON.stringify(value))
    }
  })

  it('shows the rest without marks when the budget is used up', () => {
    const budget = { left: 20 }
    assert.equal(written(parse('**a** **b** **c**', budget)), 'a b **c**')
  })
})
