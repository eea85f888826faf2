import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import {
  chatFormatOf,
  readChatFormat,
} from '../../../../inference/families/common/chat-template.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'chat-template-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const PARTS = `{% for part in message.content %}{{ '<image>' if part.type == 'image' else part.text }}{% endfor %}`
const TURNS = `{{ bos_token }}System.{% for message in messages %}[{{ message.role }}]${PARTS}[/{{ message.role }}]{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}`
const FORMAT = {
  opening: '<s>System.[user]<image>',
  furtherPicture: '<image>',
  answer: '[/user][assistant]',
  next: '[/assistant][user]',
  generationPrompt: '[/user][assistant]',
}

/** The format of a template that writes pictures before the text. */
function formatWith(pictures: string) {
  const all = `{% set all = message.content | selectattr('type', 'equalto', 'image') | list %}`
  const texts = `{% for part in message.content %}{{ part.text if part.type == 'text' }}{% endfor %}`
  return chatFormatOf(TURNS.replace(PARTS, all + pictures + texts), { bos_token: '<s>' })
}

describe('chatFormatOf', () => {
  it('takes a template apart at the texts of turns', () => {
    assert.deepEqual(chatFormatOf(TURNS, { bos_token: '<s>' }), FORMAT)
  })

  it('tells what each further picture adds, wherever it stands', () => {
    const line = formatWith(`{% for one in all %}{{ '<image>\n' }}{% endfor %}`)
    assert.equal(line?.opening, '<s>System.[user]<image>\n')
    assert.equal(line.furtherPicture, '<image>\n')
    assert.equal(line.afterPictures, undefined)
    const block = formatWith(
      `{% for one in all %}<image>{% if loop.last %}{{ '\n' }}{% endif %}{% endfor %}`,
    )
    assert.equal(block?.opening, '<s>System.[user]<image>\n')
    assert.equal(block.furtherPicture, '<image>')
    assert.equal(block.afterPictures, '\n')
    const numbered = formatWith(`{% for one in all %}{{ loop.index }}: <image>{% endfor %}`)
    assert.equal(numbered?.opening, '<s>System.[user]1: <image>')
    assert.equal(numbered.furtherPicture, undefined)
  })

  it('is null where turns are not written one after the other', () => {
    const numbered = TURNS.replace('[user]', '').replace('{% for', '{{ messages | length }}{% for')
    assert.equal(chatFormatOf(numbered, { bos_token: '<s>' }), null)
    const counted = TURNS.replace('[{{ message.role }}]', '[{{ message.role }} {{ loop.index }}]')
    assert.equal(chatFormatOf(counted, { bos_token: '<s>' }), null)
    assert.equal(chatFormatOf(`{{ messages[-1].content[0].text }}`, {}), null)
    assert.equal(chatFormatOf(`{{ messages | dictsort }}`, {}), null)
    assert.equal(chatFormatOf(`{% if %}`, {}), null)
    // An older template whose messages are texts; a list is not one.
    assert.equal(chatFormatOf(`{{ messages[0].content + '!' }}`, {}), null)
  })
})

describe('readChatFormat', () => {
  it('finds the template in the places of newer and of older files', () => {
    assert.equal(readChatFormat([folder]), null)
    const write = (name: string, text: string) => writeFileSync(path.join(folder, name), text)
    const named = [{ name: 'default', template: TURNS.replace('System', 'Old') }]
    write('tokenizer_config.json', JSON.stringify({ bos_token: '<s>', chat_template: named }))
    assert.equal(readChatFormat([folder])?.opening, '<s>Old.[user]<image>')
    write('chat_template.json', JSON.stringify({ chat_template: TURNS.replace('System', 'Json') }))
    assert.equal(readChatFormat([folder])?.opening, '<s>Json.[user]<image>')
    write('chat_template.jinja', TURNS)
    assert.deepEqual(readChatFormat([folder]), FORMAT)
  })
})
