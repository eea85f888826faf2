/** `npm start` as a person runs it. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { settings } from '../../config/environment.ts'
import { Member } from '../../sandbox/client.ts'
import type { Told } from '../../sandbox/client-told.ts'
import { freePort } from '../helpers/databases.ts'
import { packageFor } from '../helpers/packages.ts'

const MAIN = path.join(import.meta.dirname, '..', '..', 'bot', 'main.ts')
const ADDRESS = /http:\/\/127\.0\.0\.1:\d+/
const PICTURE = new Uint8Array(
  readFileSync(path.join(import.meta.dirname, '..', 'fixtures', 'images', 'parity.png')),
)

/** Resolves with the first match in what the process prints. */
async function printed(stream: AsyncIterable<string>, pattern: RegExp): Promise<string> {
  let text = ''
  for await (const piece of stream) {
    text += piece
    const match = pattern.exec(text)
    if (match) return match[0]
  }
  throw new Error(`It ended after printing ${JSON.stringify(text)}`)
}

/** Starts it with these settings alone. */
async function start(env: Readonly<Record<string, string>>, ...args: string[]) {
  const bot = spawn(process.execPath, [MAIN, ...args], {
    cwd: mkdtempSync(path.join(tmpdir(), 'sightseer-')), // where no .env is
    env: { PATH: process.env['PATH'], SIGHTSEER_MODEL: await packageFor('base'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(bot, 'exit')
  const said = { out: '', err: '' }
  bot.stdout.setEncoding('utf8')
  bot.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text))
  return { bot, exited, said }
}

describe('npm start without a token', { timeout: 180_000 }, () => {
  it('prints the address of a Discord where the bot answers, and stops at Ctrl-C', async () => {
    const { bot, exited } = await start({})
    try {
      const url = await printed(bot.stdout, ADDRESS)
      const ada = await Member.connect(url)
      const bytes = new TextEncoder().encode('no picture')
      const answer = await ada.slash('describe', { image: { name: 'a.png', bytes } })
      assert.match(answer.content, /not a picture/)
      ada.close()
    } finally {
      bot.kill('SIGINT')
    }
    assert.deepEqual(await exited, [0, null])
  })

  it('answers what it was killed in the middle of, where the loopback Discord is kept', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sightseer-'))
    const env = { SANDBOX_STATE: path.join(folder, 'world'), SANDBOX_PORT: `${await freePort()}` }
    const first = await start(env)
    const url = await printed(first.bot.stdout, ADDRESS)
    const ada = await Member.connect(url)
    await fetch(`${url}/sandbox/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'cdn', action: 'slow', bytesPerSecond: 1 }),
    })
    ada.slash('describe', { image: { name: 'parity.png', bytes: PICTURE } }).catch(() => {})
    while (!(await (await fetch(`${url}/sandbox/faults`)).text()).includes('"applied":1'));
    first.bot.kill('SIGKILL')
    await first.exited
    ada.close()

    const second = await start(env)
    try {
      const again = await Member.connect(await printed(second.bot.stdout, ADDRESS))
      await again.until(isAnswer, 120_000)
      again.close()
    } finally {
      second.bot.kill('SIGINT')
      await second.exited
      rmSync(folder, { recursive: true })
    }
  })
})

describe('npm start', () => {
  it('lists every wrong setting at once and ends', async () => {
    const { exited, said } = await start({ SHARDS: 'many', LOG_LEVEL: 'loud', SANDBOX_PORT: '0' })
    assert.deepEqual(await exited, [1, null])
    assert.deepEqual(said.err.trim().split('\n'), [
      'SHARDS must be auto or a whole number from 1 to 16384.',
      'SANDBOX_PORT must be a whole number from 1 to 65535.',
      'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent.',
    ])
  })

  it('ends when the store cannot be opened, and shows no password', async () => {
    const env = { SIGHTSEER_STORE: 'redis://:hunter2@127.0.0.1:1' }
    const { exited, said } = await start(env)
    assert.deepEqual(await exited, [1, null])
    assert.match(said.err, /^SIGHTSEER_STORE \(redis:\/\/:…@127\.0\.0\.1:1\) cannot be opened/m)
    assert.doesNotMatch(said.err, /hunter2/)
  })

  it('explains every setting', async () => {
    const { bot } = await start({}, '--help')
    const help = (await bot.stdout.toArray()).join('')
    for (const { name, about } of settings()) {
      assert.ok(help.includes(`  ${name}\n    ${about}\n`), name)
    }
  })
})

/** Whether a finished answer of the bot's is told, alone or as part of what was there before. */
function isAnswer({ message, messages = [] }: Told): boolean {
  return [...messages, ...(message ? [message] : [])].some(
    ({ author, content }) => author.bot === true && content !== '',
  )
}
