/** The reading benchmark counts errors as it says, and draws every combination. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { edits, lengthOf } from '../../bench/reading/error-rate.ts'
import { KINDS, pageOf, QUALITIES, WIDTHS } from '../../bench/reading/pages.ts'
import { LANGUAGES } from '../../bench/reading/texts.ts'

describe('edits', () => {
  it('counts insertions, deletions and replacements', () => {
    assert.equal(edits('kitten', 'sitting'), 3)
    assert.equal(edits('立即领取', '立即取'), 1)
    assert.equal(edits('', 'ab'), 2)
    assert.equal(edits('same', 'same'), 0)
  })

  it('takes white space of any kind and width for one space', () => {
    assert.equal(edits('a b\nc', 'a  b c '), 0)
    assert.equal(edits('$1', '＄１'), 0)
    assert.equal(lengthOf(' a\n\nb '), 3)
  })
})

describe('pageOf', () => {
  const pages = Array.from({ length: 300 }, (_, i) => pageOf(i))

  it('lets every kind meet every language, and uses all sizes and qualities', () => {
    const pairs = new Set(pages.map(({ kind, language }) => `${kind} ${language}`))
    assert.equal(pairs.size, KINDS.length * LANGUAGES.length)
    const looks = new Set(pages.map(({ width, quality }) => `${width} ${quality}`))
    assert.equal(looks.size, WIDTHS.length * QUALITIES.length)
    assert.equal(new Set(pages.map(({ name }) => name)).size, pages.length)
  })

  it('says what is on the page', () => {
    for (const { html, rows, name } of pages) {
      assert.ok(rows.length > 1, name)
      assert.doesNotMatch(html + rows.join(), /undefined/, name)
    }
  })
})
