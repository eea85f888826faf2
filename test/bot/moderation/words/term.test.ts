/** Which texts have a term, however it is disguised. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fold } from '../../../../bot/moderation/words/fold.ts'
import { compileTerm } from '../../../../bot/moderation/words/term.ts'

function isIn(term: string, text: string): boolean {
  const find = compileTerm(term)
  assert.ok(find, `${term} is a term`)
  return find(fold(text))
}

describe('compileTerm', () => {
  it('finds a whole word in any case', () => {
    assert.equal(isIn('casino', 'The best CASINO of all'), true)
    assert.equal(isIn('casino', 'casinos'), false)
    assert.equal(isIn('casino', 'MyCasino'), false)
    assert.equal(isIn('win', 'the twins and the wind'), false)
  })

  it('finds beginnings, ends and parts by asterisks', () => {
    assert.equal(isIn('casino*', 'two casinos'), true)
    assert.equal(isIn('casino*', 'MyCasino'), false)
    assert.equal(isIn('*casino', 'MyCasino'), true)
    assert.equal(isIn('*bonus*', 'Willkommensbonusangebot'), true)
  })

  it('finds letters that look alike, of other scripts and forms', () => {
    assert.equal(isIn('bitcoin', 'B1TC0IN'), true)
    assert.equal(isIn('bitcoin', 'bltcoln'), true)
    assert.equal(isIn('bitcoin', 'Ьіtсоіn'.replace('Ь', 'B')), true, 'Cyrillic')
    assert.equal(isIn('bitcoin', 'ΒΙTCΟIN'), true, 'Greek capitals')
    assert.equal(isIn('bitcoin', 'ｂｉｔｃｏｉｎ'), true, 'full width')
    assert.equal(isIn('bitcoin', '𝐛𝐢𝐭𝐜𝐨𝐢𝐧'), true, 'mathematical')
    assert.equal(isIn('bitcoin', 'b|tcoin'), true)
    assert.equal(isIn('O1I', '0lI'), true)
    assert.equal(isIn('казино', 'КАЗИНО'), true)
    assert.equal(isIn('Glücksspiel', 'GLUCKSSPIEL'), true)
    assert.equal(isIn('groß', 'GROSS'), true)
    assert.equal(isIn('giro', 'gíró'), true)
  })

  it('finds letters with spaces, dots and invisible characters between', () => {
    assert.equal(isIn('casino', 'c a s i n o'), true)
    assert.equal(isIn('casino', 'c.a.s.i.n.o!'), true)
    assert.equal(isIn('casino', 'ca-si-no'), true)
    assert.equal(isIn('casino', 'c\u200Bas\u00ADi\u2060no'), true)
    assert.equal(isIn('sino', 'ca\u200Bsino'), false, 'no word ends at an invisible character')
    assert.equal(isIn('casin', 'CASIN0 night'), false, 'one digit is a part of its word')
    assert.equal(isIn('casin', 'CASIN24 night'), true, 'two are a number')
    assert.equal(isIn('promo code', 'PROMOCODE'), true)
    assert.equal(isIn('promo code', 'promo\ncode'), true)
    assert.equal(isIn('promo code', 'p r o m o  c o d e'), true)
    assert.equal(isIn('tuzawin.com', 'Tuzawin com'), true)
  })

  it('takes no words together that are not the term', () => {
    assert.equal(isIn('therapist', 'the rapist'), false)
    assert.equal(isIn('novice', 'no vice'), false)
    assert.equal(isIn('casino', 'cas ino'), false)
    assert.equal(isIn('promo code', 'promo x code'), false)
  })

  it('finds Chinese anywhere, and words beside it and beside numbers', () => {
    assert.equal(isIn('奖金', '立即领取奖金5600 USDT'), true)
    assert.equal(isIn('领取奖金', '立即领取\n奖金'), true)
    assert.equal(isIn('奖金', '立 即 领 取 奖 金'), true)
    assert.equal(isIn('usdt', '奖金5600USDT到账'), true)
    assert.equal(isIn('5600', 'Bonus 5,6OO $'), true)
    assert.equal(isIn('赌', '网上赌场'), true)
  })

  it('refuses what is too short, and asterisks inside', () => {
    for (const term of ['', '*', 'a', ' . ', 'free*nitro', '!!']) {
      assert.equal(compileTerm(term), null, term)
    }
  })

  it('takes time that grows linearly where a hostile text repeats a term', () => {
    const find = compileTerm('a'.repeat(99))
    assert.equal(find?.(fold('a '.repeat(4000))), true)
    assert.equal(find?.(fold('aaa '.repeat(4000))), false)
  })
})
