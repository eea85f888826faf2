import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  codeBlock,
  plainMessage,
  plainParagraphs,
  plainText,
  quoted,
  quotedParagraphs,
  shortened,
} from '../../commands/answer-text.ts'

describe('foreign text in a message', () => {
  const shown: readonly (readonly [string, string, string])[] = [
    [
      'markdown',
      '**b** _i_ `c` ||s|| ~~d~~ \\',
      '\\*\\*b\\*\\* \\_i\\_ \\`c\\` \\|\\|s\\|\\| \\~\\~d\\~\\~ \\\\',
    ],
    ['a heading', '# big', '\\# big'],
    ['a list', '- a', '\\- a'],
    ['a numbered list', '12. a', '12\\. a'],
    ['a quote', '> a', '\\> a'],
    ['subtext', '-# small', '\\-# small'],
    ['a masked link', '[a](https://b.example)', '\\[a\\](b.example)'],
    ['mentions', '<@1> <@&2> @everyone', '<\u200B@\u200B1> <\u200B@\u200B&2> @\u200Beveryone'],
    ['a time and a command', '<t:0:R> </ask:1>', '<\u200Bt:0:R> <\u200B/ask:1>'],
    ['a link', 'see HTTPS://b.example/p', 'see b.example\u200B/p'],
    [
      'a link inside a link',
      'hthttps://tps://b.example https:x:////c',
      'b.example https:\u200B//c',
    ],
    ['an invitation', 'discord.gg/abc', 'discord.gg\u200B/abc'],
    ['line breaks', 'a\r\n\n# b\u2028c\u0085d\ve', 'a # b c d e'],
    ['spaces that fill a line', `a${' \u00A0\u3000\u2800'.repeat(80)}b`, 'a b'],
    ['colors of a terminal', '\u001B[31mred\u009B0m', '\\[31mred 0m'],
  ]
  for (const [name, text, content] of shown) {
    it(`shows ${name} as text`, () => assert.equal(quoted(text), content))
  }

  it('has no characters that turn or hide the text', () => {
    assert.equal(
      plainText('a\u202Eb\u2066c\u200Bd\u{E0041}e\u00ADf\u3164g\u200Dh\uFEFF'),
      'abcdefgh',
    )
    assert.equal(plainText(`z${'\u0337'.repeat(60)}a`), `z${'\u0337'.repeat(4)}a`)
    assert.equal(plainText('a\uD800b'), 'a\uFFFDb')
  })

  it('keeps emoji and languages readable', () => {
    for (const text of ['👨‍👩‍👧 ❤️ 1️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 👍🏽', 'می‌خواهم', 'क्‍ष', 'שלום', '图里有一只猫', 'a.b 24/7']) {
      assert.equal(quoted(text), text)
    }
  })

  it('is cut to the length that people see', () => {
    assert.equal(quoted('*****', 4), '\\*\\*\\*…')
    assert.equal(quoted('a\n\nb', 3), 'a b')
    for (const hostile of ['*', '<@', '1.', '.aa/', '://']) {
      assert.ok(quoted(hostile.repeat(500), 100).length <= 201, hostile)
    }
  })
})

describe('foreign text of several lines', () => {
  const LIST = 'Two things:\r\n\r\n\n- a *cat*\r  1. a dog \n\n\n# End\u2028of it\n\n'

  it('keeps its paragraphs and lists in a file', () => {
    assert.equal(plainParagraphs(LIST), 'Two things:\n\n- a *cat*\n1. a dog\n\n# End of it')
    assert.equal(plainParagraphs('a\n \u200B\n\u2800\nb'), 'a\n\nb')
    assert.equal(plainParagraphs('a\n\nbcd', 5), 'a\n\nb…')
  })

  it('keeps them in a message, where no line formats, links or pings', () => {
    assert.equal(
      quotedParagraphs(LIST),
      'Two things:\n\n\\- a \\*cat\\*\n1\\. a dog\n\n\\# End of it',
    )
    const hostile = '```\n> @everyone\n-# By: <@1>\n||\n[a](https://b.example\n/p)\n>>> c'
    assert.equal(
      quotedParagraphs(hostile),
      [
        '\\`\\`\\`',
        '\\> @\u200Beveryone',
        '\\-# By: <\u200B@\u200B1>',
        '\\|\\|',
        '\\[a\\](b.example',
        '/p)',
        '\\>>> c',
      ].join('\n'),
    )
  })

  it('fills no channel with lines, and at most doubles', () => {
    const shown = quotedParagraphs('-\n'.repeat(500)).split('\n')
    assert.equal(shown.length, 40)
    assert.equal(shown.at(-1)?.length, 2 * 461)
    for (const text of ['*\n', '-\n\n', '1.\n', '.aa/\n']) {
      assert.ok(quotedParagraphs(text.repeat(500), 100).length <= 201, text)
    }
  })
})

describe('the text of an answer', () => {
  it('pings nobody and fits', () => {
    const { content, allowedMentions } = plainMessage('*'.repeat(3000))
    assert.equal(content.length, 2000)
    assert.deepEqual(allowedMentions.parse, [])
  })

  it('is not cut inside a character', () => {
    assert.equal(shortened('ab😀cd', 4), 'ab…')
  })
})

describe('a code block', () => {
  it('is not ended by what stands in it', () => {
    const { block, isCut } = codeBlock(['a ```', '```js', '`', '@everyone `b`'], 200)
    assert.equal(isCut, false)
    assert.match(block, /^```\n[^]*\n```$/)
    assert.deepEqual(block.slice(4, -4).match(/``/g), null)
    assert.ok(block.includes('@everyone `b`\u200B\n```')) // one backtick before the end would join it
    assert.ok(codeBlock(['`a` and `b`.'], 200).block.includes('\n`a` and `b`.\n'))
  })

  it('is cut to its length, and says so', () => {
    const { block, isCut } = codeBlock(['x'.repeat(500)], 100)
    assert.equal(block.length, 100)
    assert.equal(isCut, true)
    assert.match(block, /…\n```$/)
  })
})
