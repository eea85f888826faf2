/** The log at a terminal: the same events, said to a person. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { jsonLines, logLines } from '../../../bot/operations/log-lines.ts'
import { createLog, inRequest, readable } from '../../../bot/operations/logs.ts'

/** A log at a terminal, and what is seen there. */
function terminal() {
  const seen: string[] = []
  const write = (text: string | Uint8Array) => seen.push(String(text)) > 0
  return { seen, log: createLog({ level: 'info', stream: readable({ isTTY: true, write }) }) }
}

describe('the log at a terminal', () => {
  it('says each event in a line, with its time and what is known of it', () => {
    const { log, seen } = terminal()
    inRequest('1', () => log.info({ changed: true, names: ['a', 'b'] }, 'commands are registered'))
    log.warn('the disk is full')
    assert.match(
      seen[0] ?? '',
      /^\d\d:\d\d:\d\d info: commands are registered \(changed: true, names: \["a","b"\]\)\n$/,
    )
    assert.match(seen[1] ?? '', /^\d\d:\d\d:\d\d warning: the disk is full\n$/)
  })

  it('shows where an error is from, without what is secret in it', () => {
    const { log, seen } = terminal()
    log.error({ err: new Error('no https://cdn.discordapp.com/a.png'), id: 'ab12' }, 'it failed')
    assert.match(seen[0] ?? '', /error: it failed \(id: ab12\)\n {2}Error: no \[link\]\n +at /)
  })

  it('shows what else is known of an error, and what caused it', () => {
    const { log, seen } = terminal()
    const cause = Object.assign(new Error('the disk is full'), { code: 'ENOSPC' })
    log.error({ err: new Error('not kept', { cause }) }, 'it failed')
    assert.match(seen[0] ?? '', /Error: not kept\n[^]+Error: the disk is full\n[^]+"code":"ENOSPC"/)
  })

  it('shows foreign text as text: no line, color or direction of its own', () => {
    const { log, seen } = terminal()
    const hostile = 'a\r\n12:00:00 error: b \u001B[31mc\u009B2Jd\u2028e\u202Ef\u200B'
    log.warn({ name: hostile, err: new Error(hostile) }, hostile)
    const lines = (seen[0] ?? '').trimEnd().split('\n')
    assert.ok(lines.length > 2 && lines.slice(1).every((line) => line.startsWith('  ')))
    assert.match(
      lines[0]!,
      /a\\x0d\\x0a12:00:00 error: b \\x1b\[31mc\\x9b2Jd\\u2028e\\u202ef\\u200b/,
    )
    assert.doesNotMatch(lines.join(''), /[\p{Cc}\u2028\u202E\u200B]/u)
  })

  it('escapes in JSON lines what acts on a terminal', () => {
    const seen: string[] = []
    const log = createLog({
      level: 'info',
      stream: jsonLines({ write: (line) => seen.push(line) }),
    })
    log.warn('\u001B[31ma\u009Bb\u202Ec\n')
    assert.doesNotMatch(seen[0]!.trimEnd(), /[\p{Cc}\u202E]/u)
    assert.equal(JSON.parse(seen[0]!).msg, '\u001B[31ma\u009Bb\u202Ec\n')
  })

  it('leaves a line that is not an event unchanged', () => {
    const seen: string[] = []
    logLines({ write: (text) => seen.push(text) }).write('3\n')
    assert.deepEqual(seen, ['3\n'])
  })
})
