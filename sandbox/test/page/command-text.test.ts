/** Commands that are typed or pasted as text. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { namedAtEnd, readCommandText } from '../../page/state/command-text.js'

const option = (name: string, type = 3, localized = name) => ({
  name,
  type,
  name_localized: localized,
  description: name,
})

const leaf = (name: string, label: string, ...options: ReturnType<typeof option>[]) => ({
  name,
  label,
  description: name,
  options,
})

const LEAVES = [
  leaf('ask', 'ask', option('question'), option('picture')),
  leaf('describe', '描述', option('image', 11), option('style', 3, '风格')),
  leaf('moderation setup', 'moderation setup', option('channel', 7)),
  leaf('moderation setup undo', 'moderation setup undo'),
  leaf('rule add', 'rule add', option('question'), option('question-2'), option('act', 5)),
]

function read(text: string) {
  const command = readCommandText(text, LEAVES)
  return command && [command.leaf.name, Object.fromEntries(command.values)]
}

describe('readCommandText', () => {
  it('reads a subcommand with its option', () => {
    assert.deepEqual(read('/moderation setup channel:#mod-log'), [
      'moderation setup',
      { channel: '#mod-log' },
    ])
    assert.deepEqual(read('/moderation  setup channel: <#12> '), [
      'moderation setup',
      { channel: '<#12>' },
    ])
  })

  it('takes the longest name, whole words only', () => {
    assert.deepEqual(read('/moderation setup undo'), ['moderation setup undo', {}])
    assert.deepEqual(read('/moderation setup undone'), ['moderation setup', { channel: 'undone' }])
    assert.equal(read('/asking'), null)
    assert.equal(read('/moderation'), null)
    assert.equal(read('ask'), null)
  })

  it('lets a value reach to the next option or the closing quotation mark', () => {
    assert.deepEqual(read('/rule add question:is it red, or blue? act:true'), [
      'rule add',
      { question: 'is it red, or blue?', act: 'true' },
    ])
    assert.deepEqual(read('/rule add question:"what does act: mean?" act:false'), [
      'rule add',
      { question: 'what does act: mean?', act: 'false' },
    ])
    assert.deepEqual(read('/rule add question-2:b question:a:b'), [
      'rule add',
      { question: 'a:b', 'question-2': 'b' },
    ])
    assert.deepEqual(read('/rule add question:"half'), ['rule add', { question: '"half' }])
    assert.deepEqual(read('/rule add question: act:true'), ['rule add', { act: 'true' }])
  })

  it('takes text without a name for the first option that is not a file', () => {
    assert.deepEqual(read('/ask how many are there?'), ['ask', { question: 'how many are there?' }])
    assert.deepEqual(read('/ask how many? picture:cat.png'), [
      'ask',
      { question: 'how many?', picture: 'cat.png' },
    ])
    assert.deepEqual(read('/describe alt'), ['describe', { style: 'alt' }])
  })

  it('knows names in the reader’s language, in any case, and mentions of commands', () => {
    assert.deepEqual(read('/描述 风格:alt'), ['describe', { style: 'alt' }])
    assert.deepEqual(read('/Describe STYLE:alt'), ['describe', { style: 'alt' }])
    assert.deepEqual(read('</moderation setup:123> channel:x'), [
      'moderation setup',
      { channel: 'x' },
    ])
  })

  it('takes a command without options as it is', () => {
    assert.deepEqual(read('/moderation setup undo channel:x'), ['moderation setup undo', {}])
  })
})

describe('namedAtEnd', () => {
  const options = [option('question'), option('style', 3, '风格')]

  it('finds an option whose name and colon were just typed', () => {
    assert.equal(namedAtEnd('style:', options)?.option.name, 'style')
    assert.deepEqual(namedAtEnd('what is it? 风格:', options), {
      option: options[1],
      before: 'what is it?',
    })
    assert.equal(namedAtEnd('mystyle:', options), null)
    assert.equal(namedAtEnd('style: x', options), null)
  })
})
