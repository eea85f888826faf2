import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Conversations } from '../../bot/conversations.ts'
import type { Conversation } from '../../commands/command.ts'

const DAY_MS = 24 * 60 * 60 * 1000

function conversation(): Conversation {
  return { image: { data: new Float32Array(1), shape: [1, 1] }, turns: [] }
}

describe('Conversations', () => {
  it('finds what was kept under a message, and nothing under another', () => {
    const conversations = new Conversations()
    const kept = conversation()
    conversations.remember('1', kept)
    assert.equal(conversations.find('1'), kept)
    assert.equal(conversations.find('2'), undefined)
  })

  it('forgets a conversation a day after its last use', () => {
    let now = 0
    const conversations = new Conversations(() => now)
    conversations.remember('1', conversation())
    now = DAY_MS
    assert.ok(conversations.find('1'))
    now = 2 * DAY_MS
    assert.ok(conversations.find('1'))
    now = 3 * DAY_MS + 1
    assert.equal(conversations.find('1'), undefined)
  })

  it('lets go the one longest unused when there are too many', () => {
    const conversations = new Conversations()
    for (let id = 0; id < 256; id++) {
      conversations.remember(String(id), conversation())
    }
    conversations.find('0')
    conversations.remember('one too many', conversation())
    assert.ok(conversations.find('0'))
    assert.equal(conversations.find('1'), undefined)
    assert.ok(conversations.find('2'))
  })

  it('forgets on request', () => {
    const conversations = new Conversations()
    conversations.remember('1', conversation())
    conversations.forget('1')
    assert.equal(conversations.find('1'), undefined)
  })
})
