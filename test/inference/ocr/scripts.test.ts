/** Which of two readings a word gets, and in which script letters that look alike are written. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inScriptOfMost, mergeReadings, UNKNOWN } from '../../../inference/ocr/scripts.ts'

/** One character a step. */
function reading(text: string, probability: number) {
  return Array.from(text, (character, step) => ({ text: character, probability, step }))
}

/** Whose letters tell its script. */
function line(text: string) {
  return { text, confidence: 1 }
}

/** @returns what the recognizer and the head read, merged. */
function merged(general: string, cyrillic: string, probability = 0.9) {
  return mergeReadings(reading(general, 0.95), reading(cyrillic, probability))
}

describe('mergeReadings', () => {
  it('takes Cyrillic words of the head, and the other words of the recognizer', () => {
    assert.equal(merged('6oHyc 500 USDT', 'бонус 5О0 USОТ').text, 'бонус 500 USDT')
    assert.equal(merged('if(x){ // nyTb}', 'іf(х)� // путь}', 0.97).text, 'if(x){ // путь}')
  })

  it('asks that the head is surer in a line of Latin script', () => {
    assert.equal(merged('Thank you Bob', 'Тhank уои Воb').text, 'Thank you Bob')
    assert.equal(merged('Thank MupTy Bob', 'Thank Мирту Воb', 0.97).text, 'Thank Мирту Bob')
  })

  it('leaves numbers to the recognizer', () => {
    assert.equal(merged('BcTpe4a 18:30', 'встреча 18:з0').text, 'встреча 18:30')
    assert.equal(merged('33.75', 'з3.75').text, '33.75')
  })

  it('is as sure as the characters that it takes', () => {
    const { confidence } = merged('KoT 18', 'кот 18', 0.8)
    assert.ok(Math.abs(confidence - (3 * 0.8 + 3 * 0.95) / 6) < 1e-9)
  })

  it('writes the look-alikes of a Cyrillic word in Cyrillic', () => {
    const withLatin = 'Покер'.replace('о', 'o').replace('е', 'e')
    assert.notEqual(withLatin, 'Покер')
    assert.equal(merged('noKep', withLatin).text, 'Покер')
    assert.equal(merged('OH B Kypce', 'ОН в курсе').text, 'ОН в курсе')
  })

  it('leaves what the head is not sure of, and what is not Cyrillic to it', () => {
    const general = { text: 'MoNOKO', confidence: 0.95 }
    for (const [cyrillic, probability] of [
      ['Молоко', 0.5],
      ['Milkaa', 1],
      ['Мilооо'.replace('М', 'м'), 1],
      [`М${UNKNOWN}л${UNKNOWN}${UNKNOWN}`, 1],
      ['', 1],
    ] as const) {
      const { text, confidence } = merged('MoNOKO', cyrillic, probability)
      assert.deepEqual({ text, confidence: Number(confidence.toFixed(9)) }, general)
    }
  })

  it('writes a word in the case of most of its letters', () => {
    assert.equal(merged('Caнкт-neTep6ypr', 'Санкт-ПетеРбург').text, 'Санкт-Петербург')
    assert.equal(merged('KoA', 'коД').text, 'коД') // as many of each
    assert.equal(merged('3aBTpa', 'ЗаВтра').text, 'Завтра')
    assert.equal(merged('6OHYC', '«БоНУС»').text, '«БОНУС»')
    assert.equal(merged('B', 'Я').text, 'Я')
  })

  it('drops a character of a Cyrillic word that the head does not know', () => {
    assert.equal(merged('nyTb#', `путь${UNKNOWN}`).text, 'путь')
  })

  it('leaves open which script a line of look-alikes is in', () => {
    const { text, inCyrillic } = merged('HET 18:30', 'НЕТ 18:3О')
    assert.deepEqual([text, inCyrillic], ['HET 18:30', 'НЕТ 18:30'])
    assert.equal(merged('BTC', 'BTC').inCyrillic, undefined)
  })
})

describe('inScriptOfMost', () => {
  const open = { text: 'HET', confidence: 1, inCyrillic: 'НЕТ' }

  it('writes a line of look-alikes in the script of most lines around it', () => {
    assert.deepEqual(inScriptOfMost([line('Молоко'), open, line('18:30')]), [
      'Молоко',
      'НЕТ',
      '18:30',
    ])
    assert.deepEqual(inScriptOfMost([line('Milk'), open]), ['Milk', 'HET'])
    assert.deepEqual(inScriptOfMost([open]), ['HET'])
  })
})
