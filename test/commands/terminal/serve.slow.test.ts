import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { runTerminal } from '../../helpers/run-command.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'serve-'))
after(() => rmSync(folder, { recursive: true }))

/** Calls back with the address that the command prints. */
function onceListening(use: (url: string, child: ChildProcess) => Promise<void>) {
  return (child: ChildProcess) => {
    let printed = ''
    child.stderr?.on('data', (data: Buffer) => {
      const url = /http:\S+/.exec(printed)
      printed += String(data)
      const now = /http:\S+(?=\n)/.exec(printed)
      if (url === null && now !== null) {
        use(now[0], child).catch(() => child.kill('SIGKILL'))
      }
    })
  }
}

describe('serve', () => {
  it('answers until it is told to stop', async () => {
    let id: unknown
    const { status, stdout, stderr } = await runTerminal(
      'serve',
      ['--model', 'demo', '--port', '0'],
      {
        meanwhile: onceListening(async (url, child) => {
          id = JSON.parse(await (await fetch(`${url}/models`)).text()).data[0].id
          child.kill('SIGTERM')
        }),
      },
    )
    assert.deepEqual([id, status, stdout], ['demo', 0, ''])
    assert.match(stderr, /^demo at http:\/\/127\.0\.0\.1:\d+\/v1\n$/)
  })

  it('needs keys where other machines can reach it, and says what is wrong with them', async () => {
    const open = await runTerminal('serve', ['--host', '0.0.0.0'])
    assert.equal(open.status, 1)
    assert.match(open.stderr, /--keys FILE is needed/)
    const file = path.join(folder, 'keys.json')
    writeFileSync(file, '[{"name": "bot", "key": "short"}]')
    const wrong = await runTerminal('serve', ['--keys', file])
    assert.equal(wrong.status, 1)
    assert.match(wrong.stderr, /keys\.json: 0\.key: /)
    assert.equal((await runTerminal('serve', ['--port', '99999'])).status, 2)
    assert.equal((await runTerminal('serve', ['demo'])).status, 2)
  })
})
