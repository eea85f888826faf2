/** The sandbox as a command of its own: what it prints is enough to point a bot at it. */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { Client, Events, GatewayIntentBits } from 'discord.js'
import { startSandbox } from '../../sandbox/server.ts'

const MAIN = path.join(import.meta.dirname, '..', '..', 'sandbox', 'main.ts')
const PATIENCE_MS = 30_000

function start(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args])
}

async function fail(...args: readonly string[]) {
  const child = start(...args)
  const [stderr, [status]] = await Promise.all([text(child.stderr!), once(child, 'close')])
  return { stderr, status }
}

describe('npm run sandbox', () => {
  it('prints page, API and token, takes any bot, and ends when it is interrupted', async () => {
    const child = start('--name', 'Painter')
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const [data] = await once(child.stdout!, 'data', { signal })
    const told = String(data)
    const [, page = ''] = /^Page +(\S+)$/m.exec(told) ?? []
    const [, api = ''] = /^API +(\S+)$/m.exec(told) ?? []
    const [, token = ''] = /^Token +(\S+)$/m.exec(told) ?? []
    assert.match(told, /^Ready in \d+ ms/m)
    assert.equal((await fetch(page)).status, 200)
    const client = new Client({ intents: [GatewayIntentBits.Guilds], rest: { api } })
    const ready = once(client, Events.ClientReady)
    await client.login(token)
    await ready
    assert.equal(client.user?.username, 'Painter')
    await client.destroy()
    const closed = once(child, 'close', { signal })
    child.kill('SIGINT')
    assert.deepEqual(await closed, [0, null])
  })

  it('says what is wrong with its options: status 2', async () => {
    assert.deepEqual(await fail('--port', '70000'), {
      stderr: '--port must be a whole number from 0 to 65535.\n',
      status: 2,
    })
    const { stderr, status } = await fail('--colour')
    assert.match(stderr, /--colour/)
    assert.equal(status, 2)
  })

  it('says that its port or its file cannot be used: status 1', async () => {
    const other = await startSandbox()
    const taken = await fail('--port', new URL(other.url).port)
    assert.match(taken.stderr, /EADDRINUSE/)
    const foreign = await fail('--state', import.meta.filename)
    assert.match(foreign.stderr, /^The sandbox’s state file .* is not a database\.\n$/)
    assert.deepEqual([taken.status, foreign.status], [1, 1])
    await other.close()
  })
})
