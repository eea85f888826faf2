/** How the bot joins and leaves, and what the operator is told where it cannot join. */

import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import { type Sandbox, type SandboxOptions, startSandbox } from 'loopback-discord'
import { connect, type Connection, leave } from '../../bot/discord/client.ts'
import { RestTransport } from '../../bot/discord/rest-transport.ts'
import { COMMANDS } from '../../commands/index.ts'

const log = pino({ level: 'silent' })
const ended: (() => Promise<unknown>)[] = []

async function sandboxWith(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox(options)
  ended.push(() => sandbox.close())
  return sandbox
}

async function joined({ api, token }: Sandbox, options: Partial<Connection> = {}) {
  const client = await connect({ token, api, log, listen: () => {}, ...options })
  ended.push(() => client.destroy())
  return client
}

afterEach(async () => {
  for (const end of ended.splice(0).toReversed()) {
    await end()
  }
})

describe('connect', () => {
  it('says that the token is refused', async () => {
    const sandbox = await sandboxWith()
    const token = 'bm90LWE.real.token'
    await assert.rejects(joined({ ...sandbox, token }), {
      name: 'ConfigError',
      message: /does not accept DISCORD_TOKEN/,
    })
  })

  it('says that Discord cannot be reached', async () => {
    const sandbox = await startSandbox()
    await sandbox.close()
    await assert.rejects(joined(sandbox), {
      name: 'ConfigError',
      message: `Discord cannot be reached: ${new URL(sandbox.url).host} (ECONNREFUSED).`,
    })
  })

  for (const path of ['/gateway/bot', '/applications/*/commands']) {
    it(`says that Discord does not answer in time (${path})`, async () => {
      const sandbox = await sandboxWith()
      sandbox.faults.add({ kind: 'rest', path, delayMs: 60_000 })
      const requests = new RestTransport({ attemptMs: 2000, pausesMs: [60_000] }) // one attempt
      await assert.rejects(joined(sandbox, { requests }), {
        name: 'ConfigError',
        message: `Discord cannot be reached: ${new URL(sandbox.url).host} does not answer in time.`,
      })
    })
  }

  it('registers the commands everywhere, at each start', async () => {
    const sent: string[] = []
    const sandbox = await sandboxWith({
      observe: ({ method, path, requestBody }) => {
        if (method === 'PUT') {
          sent.push(`${path.split('/').at(-1)} ${JSON.stringify(requestBody)}`)
        }
      },
    })
    const first = await joined(sandbox)
    assert.deepEqual(sent, [`commands ${JSON.stringify(COMMANDS.map(({ data }) => data))}`])
    await first.destroy()
    await joined(sandbox)
    assert.equal(sent.length, 2)
    assert.equal(sent[1], sent[0])
  })

  it('registers in one server during development', async () => {
    const paths: string[] = []
    const sandbox = await sandboxWith({
      observe: ({ method, path }) => method === 'PUT' && paths.push(path),
    })
    const { id } = sandbox.world.guild
    const client = await joined(sandbox, { guild: id })
    assert.deepEqual(paths, [`/applications/${client.application.id}/guilds/${id}/commands`])
  })

  it('says that it is not in the server for development', async () => {
    const sandbox = await sandboxWith()
    await assert.rejects(joined(sandbox, { guild: '123456789012345678' }), {
      name: 'ConfigError',
      message: /^SIGHTSEER_GUILD is no server that the bot is in/,
    })
  })

  it('opens several shards in one process', async () => {
    const sandbox = await sandboxWith({ gateway: { maxConcurrency: 2 } })
    const client = await joined(sandbox, { shards: { count: 2, ids: undefined } })
    assert.deepEqual([...client.ws.shards.keys()], [0, 1])
    assert.equal(client.guilds.cache.size, 1)
  })

  it('opens as many shards as Discord advises', async () => {
    const sandbox = await sandboxWith({ gateway: { shards: 3, maxConcurrency: 3 } })
    const client = await joined(sandbox, { shards: { count: 'auto', ids: undefined } })
    assert.equal(client.ws.shards.size, 3)
  })
})

describe('leave', () => {
  it('sends what is still to be sent', async () => {
    const sandbox = await sandboxWith()
    const requests = new RestTransport()
    const client = await joined(sandbox, { requests })
    sandbox.faults.add({ kind: 'rest', path: '/users/@me', delayMs: 500 })
    let answered = false
    const asking = client.rest.get('/users/@me').then(() => (answered = true))
    await leave(client, requests)
    assert.ok(answered)
    await asking
    assert.equal(client.isReady(), false)
  })

  it('does not wait for ever', async () => {
    const requests = new RestTransport()
    const sandbox = await sandboxWith()
    const client = await joined(sandbox, { requests })
    sandbox.faults.add({ kind: 'rest', path: '/users/@me', delayMs: 60_000 })
    const abort = new AbortController()
    const asking = client.rest.get('/users/@me', { signal: abort.signal }).catch(() => 'aborted')
    await wait(50) // it is sent
    await requests.settle(100)
    abort.abort()
    assert.equal(await asking, 'aborted')
  })
})
