import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  answerCustomId,
  caseCustomId,
  readAnswerCustomId,
  readCaseCustomId,
} from '../../../bot/discord/custom-id.ts'

describe('answerCustomId', () => {
  it('is short, versioned and read back', () => {
    const id = answerCustomId('AbC-_1234567', 'question', 2)
    assert.equal(id, 's1:AbC-_1234567:question:2')
    assert.deepEqual(readAnswerCustomId(id), {
      key: 'AbC-_1234567',
      action: 'question',
      number: 2,
    })
  })

  it('does not read other versions, other actions, or ids of cases', () => {
    const others = [
      's0:a:ask:0',
      's1:a:sing:0',
      's1:a:ask',
      's1::ask:0',
      'x',
      's1:a:ask:0:1',
      's1:a b:ask:0',
      's1:a/b:ask:0',
      's1:a:ask:z',
    ]
    for (const id of [...others, caseCustomId({ guildId: '1', id: '2' }, 'undo')]) {
      assert.equal(readAnswerCustomId(id), null, id)
    }
  })
})

describe('caseCustomId', () => {
  it('is short, versioned and read back', () => {
    const id = caseCustomId({ guildId: '11', id: '22' }, 'confirm')
    assert.equal(id, 'mod1:11:22:confirm')
    assert.deepEqual(readCaseCustomId(id), { guildId: '11', id: '22', action: 'confirm' })
  })

  it('does not read other versions, other actions, or ids of answers', () => {
    const others = [
      'mod0:1:2:undo',
      'mod1:1:2:sing',
      'mod1:1:undo',
      'mod1::2:undo',
      'mod1:1:2:undo:3',
      'mod1:1:2 3:undo',
      'mod1:1/2:3:undo',
    ]
    for (const id of [...others, answerCustomId('a', 'ask')]) {
      assert.equal(readCaseCustomId(id), null, id)
    }
  })
})
