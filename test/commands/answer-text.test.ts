import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { escaped, plainMessage } from '../../commands/answer-text.ts'

describe('the text of an answer', () => {
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
      assert.equal(escaped(text!), content)
    }
  })

  it('pings nobody and fits', () => {
    const { content, allowedMentions } = plainMessage(escaped('*'.repeat(1999)))
    assert.equal(content.length, 2000)
    assert.deepEqual(allowedMentions.parse, [])
  })
})
