/** The sandbox started by itself, and a bot that knows nothing of this project. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Client, Events, GatewayIntentBits } from 'discord.js'
import { Member } from '../src/test-client/client.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const running: ChildProcess[] = []

afterEach(() => {
  for (const child of running.splice(0)) {
    child.kill('SIGKILL')
  }
})

function start(...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  running.push(child)
  const said = { out: '', error: '' }
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said.error += chunk.toString()))
  return { child, said }
}

async function printed(child: ChildProcess, said: { readonly out: string }, pattern: RegExp) {
  for (;;) {
    const found = pattern.exec(said.out)?.[1]
    if (found !== undefined) {
      return found
    }
    await once(child.stdout!, 'data', { signal: AbortSignal.timeout(20_000) })
  }
}

async function ended(child: ChildProcess): Promise<number | null> {
  const [code]: (number | null)[] = await once(child, 'close')
  return code ?? null
}

describe('npm run sandbox', () => {
  it('prints what a bot needs, and ends at Ctrl-C', async () => {
    const { child, said } = start('--port', '0', '--token', 'mine.own.token')
    const api = await printed(child, said, /rest: \{ api: '(.+)' \}/)
    const url = await printed(child, said, /at (http\S+)/)
    const client = new Client({
      intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages],
      rest: { api },
    })
    client.on(Events.MessageCreate, (message) => {
      if (!message.author.bot) {
        void message.reply('pong')
      }
    })
    const ready = new Promise((resolve) => client.once(Events.ClientReady, resolve))
    await client.login('mine.own.token')
    await ready
    const ada = await Member.connect(url)
    const answer = await ada.answerTo(await ada.say('ping'))
    assert.equal(answer.content, 'pong')
    ada.close()
    await client.destroy()
    child.kill('SIGINT')
    assert.equal(await ended(child), 0)
    assert.equal(said.error, '')
  })

  it('explains itself, and what it does not understand', async () => {
    const help = start('--help')
    assert.equal(await ended(help.child), 0)
    assert.match(help.said.out, /--state FILE/)
    for (const [args, sentence] of [
      [['--port', 'x'], /--port is a whole number up to 65535, not x\./],
      [['--hue'], /Unknown option '--hue'/],
    ] as const) {
      const { child, said } = start(...args)
      assert.equal(await ended(child), 2)
      assert.match(said.error, sentence)
    }
  })

  it('says that a port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    assert.ok(typeof address === 'object' && address)
    const { child, said } = start('--port', String(address.port))
    assert.equal(await ended(child), 1)
    assert.equal(
      said.error,
      `Port ${address.port} is taken; --port N chooses another, --port 0 a free one.\n`,
    )
    server.close()
  })
})
