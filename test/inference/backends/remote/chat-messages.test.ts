import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { chatMessages } from '../../../../inference/backends/remote/chat/chat-messages.ts'

describe('chatMessages', () => {
  it('begins with a system text, and has the pictures in the first question', () => {
    const image = { type: 'image_url', image_url: { url: 'data:,a' } }
    const history = [{ question: 'first', answer: 'one' }]
    const prompt = { kind: 'ask', question: 'q', history, system: 'Be brief.' } as const
    const turns = [
      { role: 'user', content: [image, { type: 'text', text: 'first' }] },
      { role: 'assistant', content: 'one' },
      { role: 'user', content: 'q' },
    ]
    const told = { role: 'system', content: 'Be brief.' }
    assert.deepEqual(chatMessages(prompt, ['data:,a']), [told, ...turns])
    assert.deepEqual(chatMessages({ kind: 'ask', question: 'q', history }, ['data:,a']), turns)
    const [first] = chatMessages({ kind: 'describe', system: 'Be brief.' }, ['data:,a'])
    assert.deepEqual(first, told)
  })
})
