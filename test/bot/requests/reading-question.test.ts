import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  readingQuestion,
  wordsAsHistory,
} from '../../../bot/requests/questions/reading-question.ts'

describe('readingQuestion', () => {
  const read = [
    'What does it say?',
    'what does the sign say',
    'What does the big red sign say?',
    'what does this say here?',
    "what's written on the wall?",
    'What is the text?',
    'what words are there?',
    'read it',
    'Can you read this?',
    'read the text to me please',
    'please transcribe the text',
    'text?',
    'scan the QR code',
    'what does the qr code say?',
    "what's in this barcode?",
    'where does the QR code lead to?',
    '扫一下这个二维码',
    '二维码里是什么内容？',
    '上面写了什么？',
    '写的什么',
    '这张图上写着什么字？',
    '读一下',
    '念出来',
    '图里有什么文字？',
    '提取图片里的文字',
  ]
  for (const question of read) {
    it(`takes “${question}” for one about words`, () => {
      assert.equal(readingQuestion(question), 'read')
    })
  }

  for (const question of ['translate?', 'Can you translate this?', '翻译一下', '请翻译']) {
    it(`takes “${question}” for a wish that gets the words`, () => {
      assert.equal(readingQuestion(question), 'translate')
    })
  }

  const others = [
    'what color is the star?',
    'is the woman reading a book?',
    'what does the woman in the red dress by the window say?',
    'how many words are there?',
    'what is the man doing?',
    'is there a red circle?',
    'what does it look like?',
    'what is the price?',
    'what color is the QR code?',
    'is there a bar code?',
    '有二维码吗？',
    '有什么颜色？',
    '图里有什么？',
  ]
  for (const question of others) {
    it(`leaves “${question}” to the model`, () => {
      assert.equal(readingQuestion(question), null)
    })
  }
})

describe('wordsAsHistory', () => {
  it('gives a model the words where the question may be about them', () => {
    assert.deepEqual(wordsAsHistory('what is the price?', ['TEA', '3 EUR']), [
      { question: 'what does it say?', answer: 'TEA 3 EUR' },
    ])
    assert.deepEqual(wordsAsHistory('is there a dog?', ['TEA']), [])
    assert.deepEqual(wordsAsHistory('what is the price?', []), [])
  })
})
