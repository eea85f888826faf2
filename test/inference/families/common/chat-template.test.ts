import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { INSTRUCTIONS, openingFor } from '../../../../inference/families/common/chat-prompts.ts'
import {
  chatFormatOf,
  readChatFormat,
  readChatPrompts,
} from '../../../../inference/families/common/chat-template.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'chat-template-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const PARTS = `{% for part in message.content %}{{ '<image>' if part.type == 'image' else part.text }}{% endfor %}`
const TURNS = `{{ bos_token }}System.{% for message in messages %}[{{ message.role }}]${PARTS}[/{{ message.role }}]{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}`
const FILE = 'chat_template.jinja'
const FORMAT = {
  opening: '<s>System.[user]<image>',
  furtherPicture: '<image>',
  answer: '[/user][assistant]',
  next: '[/assistant][user]',
  generationPrompt: '[/user][assistant]',
  systemBefore: '<s>System.[system]',
  systemOpening: '[/system][user]<image>',
}

/** The format of a template that writes pictures before the text. */
function formatWith(pictures: string) {
  const all = `{% set all = message.content | selectattr('type', 'equalto', 'image') | list %}`
  const texts = `{% for part in message.content %}{{ part.text if part.type == 'text' }}{% endfor %}`
  return read(TURNS.replace(PARTS, all + pictures + texts))
}

function read(template: string) {
  return chatFormatOf(template, { bos_token: '<s>' }, FILE)
}

function formatOf(template: string) {
  return read(template).format
}

describe('chatFormatOf', () => {
  it('takes a template apart at the texts of turns', () => {
    assert.deepEqual(read(TURNS), { format: FORMAT, gap: null })
  })

  it('tells what each further picture adds, wherever it stands', () => {
    const line = formatWith(`{% for one in all %}{{ '<image>\n' }}{% endfor %}`)
    assert.equal(line.format?.opening, '<s>System.[user]<image>\n')
    assert.equal(line.format.furtherPicture, '<image>\n')
    assert.equal(line.format.afterPictures, undefined)
    const block = formatWith(
      `{% for one in all %}<image>{% if loop.last %}{{ '\n' }}{% endif %}{% endfor %}`,
    )
    assert.equal(block.format?.opening, '<s>System.[user]<image>\n')
    assert.equal(block.format.furtherPicture, '<image>')
    assert.equal(block.format.afterPictures, '\n')
  })

  it('follows a template whose own text has JSON in it', () => {
    const tools = `Tools are {"type": "function"}.`
    assert.equal(formatOf(TURNS.replace('System.', tools))?.opening, `<s>${tools}[user]<image>`)
  })

  it('tells a further picture apart from what follows the last and begins as it does', () => {
    const all = `{% for one in all %}<image>{% if loop.last %}<sep>{% endif %}{% endfor %}`
    const { format, gap } = formatWith(all)
    assert.equal(gap, null)
    assert.equal(format?.opening, '<s>System.[user]<image><sep>')
    assert.equal(openingFor(format, 3), '<s>System.[user]<image><image><image><sep>')
  })

  it('has one picture, and says so, where further ones are written in another way', () => {
    const { format, gap } = formatWith(`{% for one in all %}{{ loop.index }}: <image>{% endfor %}`)
    assert.equal(format?.opening, '<s>System.[user]1: <image>')
    assert.equal(format.furtherPicture, undefined)
    assert.deepEqual(gap, { reason: 'one-picture', file: FILE })
  })

  it('tells the place of a system text, where there is one that is written as others are', () => {
    const content = 'message.content'
    const plain = `{% if message.role == 'system' %}{{ ${content} }}{% else %}${PARTS}{% endif %}`
    assert.deepEqual(formatOf(TURNS.replace(PARTS, plain)), FORMAT)
    const { systemBefore: _, systemOpening: __, ...without } = FORMAT
    const left = `{% for message in messages if message.role != 'system' %}`
    assert.deepEqual(formatOf(TURNS.replace('{% for message in messages %}', left)), without)
    const refusing = `{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}`
    assert.deepEqual(formatOf(refusing + TURNS), without)
    // As templates do that put it into the first question.
    const moved = `{% if messages[0].role == 'system' %}{% set messages = messages[1:] %}{{ 'S' }}{% endif %}`
    assert.deepEqual(formatOf(moved + TURNS), without)
    const later = TURNS.replace(
      '[{{ message.role }}]',
      `[{{ message.role }}]{{ '!' if loop.last and messages[0].role == 'system' }}`,
    )
    assert.deepEqual(formatOf(later), without)
  })

  it('has no format, and says why, where turns are not written one after the other', () => {
    const numbered = TURNS.replace('[user]', '').replace('{% for', '{{ messages | length }}{% for')
    const counted = TURNS.replace('[{{ message.role }}]', '[{{ message.role }} {{ loop.index }}]')
    const last = `{{ messages[-1].content[0].text }}`
    for (const template of [numbered, counted, last, `{{ messages[0].content + '!' }}`]) {
      assert.deepEqual(read(template), { format: null, gap: { reason: 'irregular', file: FILE } })
    }
  })

  it('has no format, and says why, where the picture has no place of its own', () => {
    // A list that is joined to texts becomes a text, where Python refuses it.
    const textsAlone = TURNS.replace(PARTS, `{{ '' + message.content }}`)
    const both = TURNS.replace(PARTS, `{{ '<image>' + message.content }}`)
    const without = TURNS.replace(PARTS, `{{ message.content[-1].text }}`)
    const twice = TURNS.replace('<image>', '<image><image>')
    // Every question gets one.
    const each = TURNS.replace(
      PARTS,
      `{{ '<image>' if message.role == 'user' }}{{ message.content[-1].text }}`,
    )
    const answers = TURNS.replace(
      PARTS,
      `{% if message.role == 'user' %}${PARTS}{% else %}{{ '' + message.content }}{% endif %}`,
    )
    for (const template of [textsAlone, both, without, twice, each, answers]) {
      assert.deepEqual(read(template), { format: null, gap: { reason: 'no-picture', file: FILE } })
    }
  })

  it('takes neither further pictures nor a system text where these have no place, or another', () => {
    const once = formatWith(
      `{% for one in all %}{{ '<image>' if loop.first else '[]' }}{% endfor %}`,
    )
    assert.equal(once.format?.furtherPicture, undefined)
    assert.deepEqual(once.gap, { reason: 'one-picture', file: FILE })
    const lost = `{{ '<image>' if part.type == 'image' and messages[0].role != 'system' else part.text }}`
    assert.equal(formatOf(TURNS.replace(/\{\{ '<image>'.*? \}\}/, lost))?.systemOpening, undefined)
  })

  it('has no format, and says why, where a template cannot be rendered', () => {
    for (const [template, fault] of [
      [`{{ messages | dictsort }}`, /dictsort/],
      [`{% if %}`, /./],
      // An older template whose messages are texts; a list is not one.
      [`{{ messages[0].content.strip() }}`, /./],
    ] as const) {
      const { format, gap } = read(template)
      assert.equal(format, null)
      assert.ok(gap?.reason === 'fails' && gap.file === FILE, JSON.stringify(gap))
      assert.match(gap.fault, fault)
    }
  })
})

describe('readChatFormat', () => {
  it('finds the template in the places of newer and of older files', () => {
    assert.deepEqual(readChatFormat([folder]), { format: null, gap: { reason: 'missing' } })
    const write = (name: string, text: string) => writeFileSync(path.join(folder, name), text)
    write('chat_template.json', '{')
    const { gap } = readChatFormat([folder])
    assert.ok(gap?.reason === 'fails' && gap.file === 'chat_template.json')
    assert.match(gap.fault, /is not a JSON object/)
    const named = [{ name: 'default', template: TURNS.replace('System', 'Old') }]
    write('tokenizer_config.json', JSON.stringify({ bos_token: '<s>', chat_template: named }))
    assert.equal(readChatFormat([folder]).format?.opening, '<s>Old.[user]<image>')
    write('chat_template.json', JSON.stringify({ chat_template: TURNS.replace('System', 'Json') }))
    assert.equal(readChatFormat([folder]).format?.opening, '<s>Json.[user]<image>')
    write('chat_template.jinja', TURNS)
    assert.deepEqual(readChatFormat([folder]), { format: FORMAT, gap: null })
  })
})

describe('readChatPrompts', () => {
  const usual = { ...INSTRUCTIONS, ...FORMAT, opening: 'usual', furtherPicture: 'usual' }

  it('takes nothing of the usual format beside that of a template', () => {
    const numbered = TURNS.replace('[user]', '').replace('{% for', '{{ messages | length }}{% for')
    writeFileSync(path.join(folder, FILE), numbered)
    const { prompts, templateGap } = readChatPrompts([folder], usual)
    assert.deepEqual(templateGap, { reason: 'irregular', file: FILE })
    assert.deepEqual(prompts, usual)

    const first = `{% if message.content | length > 1 %}<image>{% endif %}{{ message.content[-1].text }}`
    writeFileSync(path.join(folder, FILE), TURNS.replace(PARTS, first))
    const one = readChatPrompts([folder], usual)
    assert.deepEqual(one.templateGap, { reason: 'one-picture', file: FILE })
    const { furtherPicture: _, ...alone } = FORMAT
    assert.deepEqual(one.prompts, { ...INSTRUCTIONS, ...alone })
  })
})
