/** `npm run match`: a line for each picture with each text, JSON, and refusals. */

import assert from 'node:assert/strict'
import path from 'node:path'
import { describe, it } from 'node:test'
import { EN } from '../../../commands/i18n/en.ts'
import { packageFor } from '../../helpers/packages.ts'
import { FIXTURES, loadItm } from '../../helpers/parity.ts'
import { runTerminal } from '../../helpers/run-command.ts'

const { matches } = loadItm('itm-common')
const pictures = [...new Set(matches.map(({ image }) => path.join(FIXTURES, image)))]
const texts = ['a red circle', 'how many squares are there']

describe('match', () => {
  it("prints the reference's numbers for each picture with each text, in order", async () => {
    const model = await packageFor('itm-common')
    const options = texts.flatMap((text) => ['--text', text])
    const args = [...pictures, ...options, '--model', model, '--json']
    const { status, stdout, stderr } = await runTerminal('match', args)
    assert.equal(status, 0, stderr)
    const lines: unknown[] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const expected = matches.filter(({ text }) => texts.includes(text))
    assert.equal(lines.length, expected.length)
    for (const [i, { image, text, itm, itc }] of expected.entries()) {
      const line: Record<string, unknown> = Object(lines[i])
      assert.deepEqual(Object.keys(line), ['image', 'text', 'itm', 'itc', 'unknown', 'judgment'])
      assert.deepEqual([line['image'], line['text']], [path.join(FIXTURES, image), text])
      assert.ok(Math.abs(Number(line['itm']) - itm) <= 1e-5)
      assert.ok(Math.abs(Number(line['itc']) - itc) <= 1e-5)
    }
  })

  it('prints lines for people with the model of SIGHTSEER_MATCHER, and goes on after a file that it cannot read', async () => {
    const model = await packageFor('itm-common')
    const [picture = ''] = pictures
    const args = ['missing.png', picture, '--text', 'a red circle']
    const env = { SIGHTSEER_MATCHER: model }
    const { status, stdout, stderr } = await runTerminal('match', args, { env })
    assert.equal(status, 1)
    assert.match(stderr, /^missing\.png: /m)
    assert.match(stdout, /^.*parity\.png: a red circle: \d+\.\d % \(cosine -?\d\.\d{3}\)\n$/)
  })

  it('prints no number for words that the model does not know, nor for a photograph', async () => {
    const texts = ['--text', 'a red circle', '--text', 'a crimson dragon']
    const photograph = path.join('test', 'fixtures', 'photographs', 'cat.webp')
    const env = { SIGHTSEER_MATCHER: 'demo-match' }
    const drawn = await runTerminal('match', ['docs/scene.png', ...texts], { env })
    assert.equal(drawn.status, 0, drawn.stderr)
    const [red, dragon] = drawn.stdout.trim().split('\n')
    assert.match(red!, /: a red circle: \d+\.\d % /)
    const sentence = EN.answer.unknownWords(['crimson', 'dragon'])
    assert.equal(dragon, `docs/scene.png: a crimson dragon: ${sentence}`)
    const other = await runTerminal('match', [photograph, ...texts], { env })
    assert.deepEqual([other.status, other.stdout], [1, ''])
    assert.match(other.stderr, /cat\.webp: My model for matching knows only drawings/)
    const asked = [photograph, '--json', '--text', 'a dragon']
    const json = await runTerminal('match', asked, { env })
    assert.equal(json.status, 0, json.stderr)
    const { unknown, judgment } = JSON.parse(json.stdout)
    assert.deepEqual([unknown, judgment.verdict], [['dragon'], 'outside'])
  })

  it('says what to pull where the model cannot match', async () => {
    const [picture = ''] = pictures
    const args = [picture, '--text', 'a', '--model', await packageFor('base')]
    const { status, stderr } = await runTerminal('match', args)
    assert.equal(status, 1)
    assert.match(stderr, /base cannot compare pictures with texts\..*npm run pull -- /)
    const described = await runTerminal('describe', [
      picture,
      '--model',
      await packageFor('itm-common'),
    ])
    assert.equal(described.status, 1)
    assert.match(described.stderr, /itm-common writes no texts; .*npm run match/)
  })

  it('refuses a command line without a picture or a text', async () => {
    for (const args of [[], [pictures[0]!], ['--text', 'a']]) {
      const { status, stderr } = await runTerminal('match', args)
      assert.equal(status, 2)
      assert.match(stderr, /Give a picture, and at least one --text\./)
    }
  })
})
