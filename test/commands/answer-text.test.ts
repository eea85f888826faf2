import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { answerMessage } from '../../commands/answer-text.ts'

describe('answerMessage', () => {
  it('shows markdown as it is written', () => {
    const shown = [
      ['**b** _i_ `c` ||s||', '\\*\\*b\\*\\* \\_i\\_ \\`c\\` \\|\\|s\\|\\|'],
      ['# big', '\\# big'],
      ['- a', '\\- a'],
      ['1. a', '1\\. a'],
      ['a\n> quote', 'a\n\\> quote'],
      ['-# small', '\\-# small'],
      ['[a](https://b.example)', '\\[a](https://b.example)'],
    ]
    for (const [text, content] of shown) {
      assert.equal(answerMessage(text!).content, content)
    }
  })

  it('pings nobody, fits, and is never empty', () => {
    const { content, allowedMentions } = answerMessage('*'.repeat(1999))
    assert.equal(content.length, 2000)
    assert.deepEqual(allowedMentions.parse, [])
    assert.notEqual(answerMessage('').content, '')
  })
})
