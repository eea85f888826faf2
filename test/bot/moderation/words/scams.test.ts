/** The list of scam words that comes with the bot: usable, explained, and harmless to ordinary pictures. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileTerms } from '../../../../bot/moderation/words/score.ts'
import { shippedList } from '../../../../bot/moderation/words/shipped-lists.ts'
import { patternOf, readTerms } from '../../../../bot/moderation/words/terms.ts'
import { DEFAULT_POINTS } from '../../../../commands/moderation/rule.ts'

const terms = readTerms(shippedList('scams'))
const score = compileTerms(terms)

const SCAMS = {
  English: ['Withdrawal success', 'You received 5,600 USDT', 'Enter promo code BEAST'],
  disguised: ['CRYPT0 CАSІN0', 'Pr0m0 c0de: X', 'W i t h d r a w'],
  reward: ['Get a free crypto reward', 'Paid in minutes', 'First 500 people'],
  prize: ['Claim your cash prize', 'Lucky spin', 'Code WIN123'],
  giveaway: ['MrBeast crypto giveaway', 'Double your BTC', 'Claim now'],
  German: ['Kryptocasino', 'Aktionscode eingeben', 'Auszahlung erfolgreich: 2.500 USDT'],
  Spanish: ['Casino en línea', 'Introduce el código promocional', 'Retiro exitoso 2500 USDT'],
  Russian: ['Криптоказино', 'Введите промокод', 'Успешный вывод средств'],
  Chinese: ['加密赌场', '输入优惠码，立即领取奖金5600 USDT', '提现成功'],
  'traditional Chinese': ['加密賭場', '輸入優惠碼 立即領取獎金'],
} as const

const HARMLESS = {
  prices: ['BTC $64,200 +2.1 %', 'ETH $3,150', 'USDT $1.00', 'Tether is stable'],
  news: ['Casino in Macau closes', 'Police: 5,000 guests had to leave', 'Online casino law passed'],
  bank: ['You withdrew $1,200', 'Your balance: $2,500.00', 'Limited time offer: new card'],
  shop: ['Steam summer sale', 'Use promo code SUMMER at checkout', 'Hurry up, offer ends Monday'],
  game: ['You won the jackpot!', 'Claim your daily bonus', 'Level 12, 5 600 gold'],
  warning: ['Beware of fake MrBeast giveaways', 'Never share your seed phrase'],
  race: [
    'Register for the spring run',
    'First 100 people get a shirt',
    'Code RUN2026, only 24 hours',
  ],
  sponsor: ['Limited offer, today only', '$1,200 off a laptop', 'Use code SUMMER20'],
  film: ['Casino Royale (2006)', 'James Bond at the table', 'Buy or rent from $3.99'],
  German: ['Gewinnspiel im Verein', 'Verlosung am Samstag', 'Eintritt frei'],
  Chinese: ['今天天气很好', '会议改到三点', '请把奖金发给小王'],
} as const

describe('the list of scams', () => {
  it('says of each term why it is there', () => {
    assert.ok(terms.length > 100)
    assert.deepEqual(
      terms.filter(({ reason }) => reason === undefined).map(({ text }) => text),
      [],
    )
  })

  it('reaches the usual threshold on scams in each language', async () => {
    for (const [name, lines] of Object.entries(SCAMS)) {
      const { points, terms: hits } = await score(lines)
      assert.ok(points >= DEFAULT_POINTS, `${name}: ${points} ${JSON.stringify(hits)}`)
    }
  })

  it('does not reach it on ordinary pictures', async () => {
    for (const [name, lines] of Object.entries(HARMLESS)) {
      const { points, terms: hits } = await score(lines)
      assert.ok(points < DEFAULT_POINTS, `${name}: ${points} ${JSON.stringify(hits)}`)
    }
  })

  it('has patterns that are small together', () => {
    assert.ok(terms.filter((term) => patternOf(term) !== null).length < 10)
  })
})
