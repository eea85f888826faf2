import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { answerBody, type AnswerLayout, wordsFile } from '../../../bot/requests/answer-message.ts'
import { catalogFor } from '../../../commands/i18n/catalog.ts'

const text = catalogFor('en-US')

function layout(parts: Partial<AnswerLayout> = {}): AnswerLayout {
  return {
    key: 'abc_-123',
    parts: [{ lines: ['a cat'], spoiler: false }],
    suggestions: [
      { part: 0, question: 'what color is the cat?' },
      { part: 0, question: 'is it asleep?' },
      { part: 0, question: 'how many cats are there?' },
    ],
    question: null,
    again: true,
    ...parts,
  }
}

/** Labels of the buttons, row by row. */
function labels(body: { readonly components?: readonly object[] }): string[][] {
  const rows: { components: { label: string }[] }[] = JSON.parse(JSON.stringify(body.components))
  return rows.map(({ components }) => components.map(({ label }) => label))
}

describe('answerBody', () => {
  it('has the suggested questions, then Ask…, Again and Delete', () => {
    const body = answerBody(layout(), text)
    assert.equal(body.content, 'a cat')
    assert.deepEqual(labels(body), [
      ['what color is the cat?', 'is it asleep?', 'how many cats are there?'],
      ['Ask…', 'Again', 'Delete'],
    ])
  })

  it('has a file with the whole text of the model where the message shows a part', () => {
    const long = Array.from({ length: 900 }, (_, i) => `word${i}`).join(' ')
    const parts = [{ lines: [long], spoiler: false }]
    const { content } = answerBody(
      layout({ parts, suggestions: [], fileNote: 'In the file.' }),
      text,
    )
    assert.ok(content.length <= 2000)
    assert.match(content, /^word0 word1 .*…\nIn the file\.$/)
    const file = wordsFile(parts, text)
    assert.equal(file?.name, 'answer.txt')
    assert.equal(new TextDecoder().decode(file.bytes), `${long}\n`)
    assert.equal(wordsFile([{ lines: ['a cat', 'two'], spoiler: false }], text), null)
    const hidden = wordsFile([{ lines: [long], spoiler: true }], text)
    assert.equal(hidden?.name, 'SPOILER_answer.txt')
  })

  it('keeps the lines of one text, and shows as much of it as there is room for', () => {
    const list = 'Two things:\n\n- a cat\n- a dog'
    const one = { lines: [list, 'is it\nred? Yes.'], spoiler: true }
    const { content } = answerBody(layout({ parts: [one] }), text)
    assert.equal(content, '||Two things:\n\n\\- a cat\n\\- a dog\n• is it red? Yes.||')
    const two = answerBody(layout({ parts: [one, { lines: ['x'], spoiler: false }] }), text)
    assert.match(two.content, /^\*\*1\.\*\* \|\|Two things: - a cat - a dog\n• .*\n\*\*2\.\*\* x$/)

    for (const sentence of ['A word. ', '*_|', '- a\n']) {
      const long = [{ lines: [`${list}\n\n\n${sentence.repeat(900)}`], spoiler: false }]
      const cut = answerBody(layout({ parts: long }), text).content
      assert.ok(cut.length > 1_500 && cut.length <= 1_600, `${cut.length}`)
      assert.ok(cut.startsWith('Two things:\n\n') && cut.endsWith('…'))
      const file = new TextDecoder().decode(wordsFile(long, text)?.bytes)
      assert.ok(file.startsWith(`${list}\n\n${sentence.trim()}`), file.slice(0, 80))
    }
  })

  it('says quietly where the model is unsure, below that part only', () => {
    const parts = [
      { lines: ['a cat'], spoiler: false, unsure: true },
      { lines: ['a dog'], spoiler: false, unsure: false },
    ]
    const { content } = answerBody(layout({ parts, suggestions: [] }), text)
    assert.equal(content, `**1.** a cat\n-# ${text.answer.unsure}\n**2.** a dog`)
  })

  it('shows the model’s words and the question as they are, whatever markdown is in them', () => {
    const body = answerBody(
      layout({
        question: 'is **this** @everyone?',
        parts: [{ lines: ['# a *cat* ||here||', '> <@1> [a](http://b)'], spoiler: false }],
      }),
      text,
    )
    const [question, answer, detail] = body.content.split('\n')
    assert.equal(question, '> is \\*\\*this\\*\\* @\u200Beveryone?')
    assert.equal(answer, String.raw`\# a \*cat\* \|\|here\|\|`)
    assert.equal(detail, '• \\> <\u200B@\u200B1> \\[a\\](b)')
  })

  it('numbers the parts of several pictures, and the buttons with them', () => {
    const body = answerBody(
      layout({
        parts: [
          { lines: ['a cat'], spoiler: false },
          { lines: ['a dog'], spoiler: false },
        ],
        suggestions: [{ part: 1, question: 'what color is the dog?' }],
      }),
      text,
    )
    assert.equal(body.content, '**1.** a cat\n**2.** a dog')
    assert.deepEqual(labels(body)[0], ['2: what color is the dog?'])
  })

  it('keeps a spoiler hidden, and lets no button tell', () => {
    const body = answerBody(layout({ parts: [{ lines: ['a ||cat'], spoiler: true }] }), text)
    assert.equal(body.content, String.raw`||a \|\|cat||`)
    assert.deepEqual(labels(body), [['Ask…', 'Again', 'Delete']])
  })

  it('stays within Discord’s limits, with ten pictures and a talkative model', () => {
    const long = { lines: ['*_'.repeat(900), 'x|'.repeat(900)], spoiler: true }
    const body = answerBody(
      layout({
        parts: Array.from({ length: 10 }, () => long),
        question: '*'.repeat(300),
        note: 'a note',
      }),
      text,
    )
    assert.ok(body.content.length <= 2000)
    assert.equal(body.content.match(/(?<!\\)\|\|/g)?.length, 20, 'every spoiler is closed')
    assert.match(body.content, /a note$/)
    const wide = { part: 0, question: 'w'.repeat(200) }
    const [[label] = []] = labels(answerBody(layout({ suggestions: [wide] }), text))
    assert.equal(label?.length, 80)
  })

  it('cuts nothing that fits: short details and pictures leave room for long ones', () => {
    const line = 'a small red triangle at the top and so on '.repeat(4).trim()
    const details = Array.from({ length: 4 }, () => 'is it red? Yes.')
    const detailed = { lines: [line.repeat(5), ...details], spoiler: false }
    const one = answerBody(layout({ parts: [detailed] }), text).content
    assert.equal(one.split('\n')[0], line.repeat(5))
    const short = Array.from({ length: 5 }, () => ({ lines: ['a cat'], spoiler: false }))
    const long = Array.from({ length: 5 }, () => ({ lines: [line], spoiler: false }))
    const ten = answerBody(layout({ parts: [...short, ...long] }), text).content
    assert.equal(ten.split(line).length - 1, 5)
  })

  it('shows codes below the words, as text that links nowhere', () => {
    const words = {
      lines: ['Scan me'],
      complete: true,
      codes: ['https://example.com/claim', '``` @everyone <https://x.example>'],
    }
    const { content } = answerBody(layout({ parts: [{ lines: [], spoiler: false, words }] }), text)
    assert.equal(
      content,
      [
        '```\nScan me\n```',
        `-# ${text.answer.codes}`,
        '```\nhttps://example.com/claim',
        '`\u200B`\u200B` @everyone <https://x.example>\n```',
      ].join('\n'),
    )
    const hidden = answerBody(layout({ parts: [{ lines: [], spoiler: true, words }] }), text)
    assert.equal(
      hidden.content,
      `||Scan me||\n-# ${text.answer.codes}\n||example.com\u200B/claim\n\\\`\\\`\\\` @\u200Beveryone <\u200Bx.example>||`,
    )
  })

  it('stays within the limits with words and codes of ten pictures, and puts all in the file', () => {
    const words = {
      lines: Array.from({ length: 50 }, () => 'a line of words'),
      complete: true,
      codes: Array.from({ length: 10 }, (_, i) => `https://example.com/${i}/${'x'.repeat(900)}`),
    }
    for (const spoiler of [false, true]) {
      const parts = Array.from({ length: 10 }, () => ({ lines: [], spoiler, words }))
      const { content } = answerBody(layout({ parts }), text)
      assert.ok(content.length < 2000)
      assert.equal(content.match(spoiler ? /\|\|/g : /```/g)?.length, 40, 'each block is closed')
      const file = new TextDecoder().decode(wordsFile(parts, text)?.bytes)
      assert.equal(file.split('https://example.com/9/').length - 1, 10)
    }
    const one = [{ lines: [], spoiler: false, words: { ...words, lines: [] } }]
    assert.ok(wordsFile(one, text), 'codes alone are cut too')
  })

  it('has no buttons where nothing is remembered', () => {
    assert.deepEqual(answerBody(layout({ key: null }), text).components, [])
  })
})
