/** `npm run read`: lines, JSON, a picture with the boxes, and refusals. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import sharp from 'sharp'
import { drawCode, pictureWithCodes } from '../../helpers/codes.ts'
import { FIXTURES } from '../../helpers/parity.ts'
import { jsonLines, runTerminal } from '../../helpers/run-command.ts'

const SIGN = path.join(FIXTURES, 'reading', '09-light.png')
const folder = mkdtempSync(path.join(tmpdir(), 'sightseer-read-'))
after(() => rmSync(folder, { recursive: true }))

describe('read', () => {
  it('prints the lines, and goes on after a file that it cannot read', async () => {
    const missing = path.join(folder, 'missing.png')
    const { status, stdout, stderr } = await runTerminal('read', [missing, SIGN])
    assert.equal(
      stdout,
      ['EXIT', 'No parking', 'Platform 9'].map((l) => `${SIGN}: ${l}\n`).join(''),
    )
    assert.match(stderr, /missing\.png: /)
    assert.equal(status, 1)
  })

  it('prints JSON, and draws the boxes', async () => {
    const drawn = path.join(folder, 'drawn.png')
    const { status, stdout } = await runTerminal('read', [SIGN, '--json', '--draw', drawn])
    assert.equal(status, 0)
    const [result, ...others] = jsonLines(stdout)
    const { image, lines, width, height, complete } = result!
    assert.deepEqual([image, complete, others], [SIGN, true, []])
    assert.deepEqual(Object.keys(lines![0]!), ['text', 'confidence', 'corners'])
    const metadata = await sharp(drawn).metadata()
    assert.deepEqual([metadata.width, metadata.height], [width, height])
  })

  it('prints what codes say as one line, whatever they hold', async () => {
    const file = path.join(folder, 'code.png')
    const hostile = 'https://example.com/\u001B[31mred\r\n\u202Ecod'
    writeFileSync(file, await pictureWithCodes([await drawCode(hostile)], { title: 'Scan' }))
    const { status, stdout } = await runTerminal('read', [file])
    assert.equal(status, 0)
    assert.equal(stdout, 'Scan\nQRCode: https://example.com/ [31mred cod\n')
    const { stdout: json } = await runTerminal('read', [file, '--json'])
    assert.deepEqual(
      jsonLines(json)[0]?.codes?.map(({ format, text }) => [format, text]),
      [['QRCode', hostile]],
    )
  })

  it('refuses a command line without a picture, and two pictures for one drawing', async () => {
    const none = await runTerminal('read', [])
    assert.equal(none.status, 2)
    assert.match(none.stderr, /Give a picture/)
    const two = await runTerminal('read', [SIGN, SIGN, '--draw', path.join(folder, 'two.png')])
    assert.equal(two.status, 2)
    assert.match(two.stderr, /one picture/)
  })
})
