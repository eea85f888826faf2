/** How the process ends: with the npm that started it, and while Discord is away. */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { after, before, describe, it } from 'node:test'
import { npmStart } from '../../helpers/npm-start.ts'
import { packageFor } from '../../helpers/packages.ts'

const ROOT = path.join(import.meta.dirname, '..', '..', '..')
const SANDBOX = path.join(ROOT, 'sandbox', 'src', 'main.ts')
const MAIN = path.join(ROOT, 'bot', 'main.ts')

/** What a process prints, as one text that grows. */
function outputOf(child: ChildProcess): { text: string } {
  const output = { text: '' }
  child.stdout?.on('data', (chunk: Buffer) => (output.text += chunk.toString()))
  return output
}

describe('the end of the process', { timeout: 180_000 }, () => {
  let folder: string
  let model: string
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'sightseer-'))
    model = await packageFor('base')
  })
  after(() => rmSync(folder, { recursive: true }))

  it('follows npm, which does not forward SIGTERM', async () => {
    // A program that starts the bot as npm does, and dies of SIGTERM without a word to it.
    const parent = spawn(
      process.execPath,
      [
        '--eval',
        `const { spawn } = require('node:child_process')
         const bot = spawn(process.execPath, [${JSON.stringify(MAIN)}], { stdio: ['ignore', 'inherit', 'inherit'] })
         console.log('bot ' + bot.pid)`,
      ],
      {
        cwd: folder,
        env: {
          PATH: process.env['PATH'],
          npm_lifecycle_event: 'start',
          SIGHTSEER_MODEL: model,
          SANDBOX_STATE: 'memory',
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    const output = outputOf(parent)
    await until(() => /http:\/\/127/.test(output.text))
    const pid = Number(/^bot (\d+)/m.exec(output.text)?.[1])
    parent.kill('SIGTERM')
    await once(parent, 'exit')
    await until(() => !isRunning(pid))
  })

  it('logs the loss of Discord, and stops without it', async () => {
    const sandbox = spawn(process.execPath, [SANDBOX, '--port', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const output = outputOf(sandbox)
    await until(() => output.text.includes('discord.js:'))
    const [api = ''] = /http:\/\/127\.0\.0\.1:\d+\/api/.exec(output.text) ?? []
    const [, token = ''] = /token\s+(\S+)/.exec(output.text) ?? []
    const started = npmStart(folder, {
      DISCORD_API: api,
      DISCORD_TOKEN: token,
      SIGHTSEER_MODEL: model,
      SIGHTSEER_STORE: 'memory:',
    })
    await started.printed(/Joined Discord/)
    const { bot, exited, said } = started
    sandbox.kill('SIGKILL')
    await until(() => /the connection to Discord is lost/.test(said.out + said.err))
    bot.kill('SIGTERM')
    assert.deepEqual(await exited, [0, null], said.err + said.out)
    assert.doesNotMatch(said.out + said.err, /stopping took too long/)
  })
})

async function until(isTrue: () => boolean): Promise<void> {
  for (let waited = 0; !isTrue(); waited += 100) {
    assert.ok(waited < 60_000, `not within a minute: ${String(isTrue)}`)
    await wait(100)
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
