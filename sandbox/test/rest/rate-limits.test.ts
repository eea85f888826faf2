/** Rate limits, as discord.js meets them and as they count. Source: topics/rate-limits.mdx. */

import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { REST, RESTEvents, Routes } from 'discord.js'
import { ManualClock } from '../../src/protocol/clock.ts'
import { startSandbox } from '../../src/server.ts'
import type { Sandbox, SandboxOptions } from '../../src/server.ts'
import { restOf } from '../helpers/discord-client.ts'

const running: Sandbox[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((sandbox) => sandbox.close()))
})

async function start(options: SandboxOptions = {}) {
  const clock = new ManualClock(Date.now())
  const sandbox = await startSandbox({ clock, rateLimits: 'discord', ...options })
  running.push(sandbox)
  const call = (method: string, path: string, body?: object, token = sandbox.token) =>
    fetch(`${sandbox.api}/v10${path}`, {
      method,
      headers: { authorization: `Bot ${token}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
  const [first, second] = [...sandbox.world.channels.keys()]
  return { clock, sandbox, call, first: first!, second: second! }
}

/** The rate-limit headers, without their prefix. */
function limits(response: Response): Record<string, string> {
  const entries = [...response.headers].filter(([name]) => name.startsWith('x-ratelimit-'))
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(12), value]))
}

describe('a bucket', () => {
  it('counts down in the headers, and is full again after its time', async () => {
    const { clock, call, first } = await start()
    const path = `/channels/${first}/messages`
    const { bucket, ...seen } = limits(await call('POST', path, { content: '1' }))
    const reset = ((clock.now() + 5000) / 1000).toFixed(3)
    assert.deepEqual(seen, { limit: '5', remaining: '4', reset, 'reset-after': '5.000' })
    assert.match(bucket ?? '', /^[\da-f]{32}$/)
    clock.advance(2000)
    assert.equal(limits(await call('POST', path, { content: '2' }))['reset-after'], '3.000')
    for (const content of ['3', '4', '5']) {
      await call('POST', path, { content })
    }

    const refused = await call('POST', path, { content: '6' })
    assert.equal(refused.status, 429)
    assert.equal(refused.headers.get('retry-after'), '3')
    assert.equal(limits(refused)['scope'], 'user')
    assert.deepEqual(await refused.json(), {
      message: 'You are being rate limited.',
      retry_after: 3,
      global: false,
    })
    clock.advance(3000)
    assert.equal((await call('POST', path, { content: '7' })).status, 200)
  })

  it('is one for each channel, under one name', async () => {
    const { call, first, second } = await start()
    const here = limits(await call('POST', `/channels/${first}/messages`, { content: 'x' }))
    const there = limits(await call('POST', `/channels/${second}/messages`, { content: 'x' }))
    assert.equal(here['bucket'], there['bucket'])
    assert.deepEqual([here['remaining'], there['remaining']], ['4', '4'])
  })

  it('does not exist for reading', async () => {
    const { call, first } = await start()
    assert.deepEqual(limits(await call('GET', `/channels/${first}`)), {})
  })

  it('of reactions holds one, whatever is done with them', async () => {
    const { clock, call, first } = await start()
    const sent = await call('POST', `/channels/${first}/messages`, { content: 'x' })
    const { id } = JSON.parse(await sent.text())
    const path = `/channels/${first}/messages/${id}/reactions`
    const added = await call('PUT', `${path}/%F0%9F%91%8D/@me`)
    assert.equal(added.status, 204)
    assert.deepEqual([limits(added)['limit'], limits(added)['reset-after']], ['1', '0.250'])
    const refused = await call('DELETE', `${path}/%F0%9F%91%8D/@me`)
    assert.equal(refused.status, 429)
    assert.equal(refused.headers.get('retry-after'), '1')
    clock.advance(250)
    assert.equal((await call('DELETE', `${path}/%F0%9F%91%8D/@me`)).status, 204)
  })

  it('of a channel lets its name and topic change twice in ten minutes', async () => {
    const { clock, call, first } = await start()
    const rename = (body: object) => call('PATCH', `/channels/${first}`, body)
    for (const name of ['one', 'two']) {
      assert.equal((await rename({ name })).status, 200)
    }
    const refused = await rename({ topic: 'three' })
    assert.equal(refused.status, 429)
    assert.equal(limits(refused)['scope'], 'shared')
    assert.equal(JSON.parse(await refused.text()).retry_after, 600)
    assert.equal((await rename({ nsfw: true })).status, 200)
    clock.advance(10 * 60_000)
    assert.equal((await rename({ topic: 'three' })).status, 200)
  })

  it('of an interaction’s token is its own', async () => {
    const { sandbox, call } = await start()
    const path = `/webhooks/${sandbox.world.application.id}`
    const one = limits(await call('POST', `${path}/${'a'.repeat(64)}`, {}))
    const two = limits(await call('POST', `${path}/${'b'.repeat(64)}`, {}))
    assert.deepEqual([one['remaining'], two['remaining']], ['4', '4'])
  })
})

describe('the global limit', () => {
  it('stops the 51st request of a second, and leaves interactions alone', async () => {
    const { clock, sandbox, call } = await start()
    for (let i = 0; i < 50; i++) {
      assert.equal((await call('GET', '/users/@me')).status, 200)
    }
    const refused = await call('GET', '/users/@me')
    assert.equal(refused.status, 429)
    assert.deepEqual(limits(refused), { global: 'true', scope: 'global' })
    assert.deepEqual(await refused.json(), {
      message: 'You are being rate limited.',
      retry_after: 1,
      global: true,
    })
    const token = `/webhooks/${sandbox.world.application.id}/${'a'.repeat(64)}`
    assert.equal((await call('PATCH', `${token}/messages/@original`, {})).status, 404)
    clock.advance(1000)
    assert.equal((await call('GET', '/users/@me')).status, 200)
  })
})

describe('invalid requests', () => {
  it('end in a ban that speaks no JSON and does not pass Discord’s proxy', async () => {
    const { clock, call } = await start({ rateLimits: { invalidRequests: 3 } })
    for (let i = 0; i < 3; i++) {
      const refused = await call('GET', '/users/@me', undefined, 'wrong')
      assert.equal(refused.status, 401)
      assert.equal(refused.headers.get('via'), '1.1 sandbox')
    }
    const banned = await call('GET', '/users/@me')
    assert.equal(banned.status, 429)
    assert.equal(banned.headers.get('via'), null)
    assert.match(banned.headers.get('content-type') ?? '', /^text\/plain/)
    assert.equal(banned.headers.get('retry-after'), '600')
    assert.equal(await banned.text(), 'error code: 1015')
    clock.advance(10 * 60_000)
    assert.equal((await call('GET', '/users/@me')).status, 200)
  })

  it('do not count where the limit was a shared one', async () => {
    const { sandbox, call } = await start({ rateLimits: { invalidRequests: 2 } })
    sandbox.faults.add({ kind: 'rest', path: '**', status: 429, scope: 'shared', count: 5 })
    for (let i = 0; i < 5; i++) {
      assert.equal((await call('GET', '/users/@me')).status, 429)
    }
    assert.equal((await call('GET', '/users/@me')).status, 200)
  })
})

describe('discord.js', () => {
  it('waits for a bucket by its headers and never meets a 429', async () => {
    // The bucket fills up again only while discord.js waits, however slow this machine is.
    const { clock, sandbox } = await start()
    const rest = restOf(sandbox)
    const waits: number[] = []
    rest.on(RESTEvents.RateLimited, ({ timeToReset }) => {
      waits.push(timeToReset)
      clock.advance(5000)
    })
    const statuses: number[] = []
    rest.on(RESTEvents.Response, (_, { status }) => statuses.push(status))
    const [channel] = [...sandbox.world.channels.keys()]
    const contents = ['1', '2', '3', '4', '5', '6']
    const route = Routes.channelMessages(channel!)
    await Promise.all(contents.map((content) => rest.post(route, { body: { content } })))
    assert.deepEqual(statuses, [200, 200, 200, 200, 200, 200])
    assert.equal(waits.length, 1)
    assert.deepEqual(
      sandbox.world.history(channel!).map(({ content }) => content),
      contents,
    )
  })

  it('backs off from a 429 and then succeeds', async () => {
    const sandbox = await startSandbox()
    running.push(sandbox)
    const fault = sandbox.faults.add({ kind: 'rest', path: '/users/*', status: 429, count: 2 })
    const rest = restOf(sandbox)
    const user = await rest.get(Routes.user())
    assert.ok(typeof user === 'object')
    assert.equal(fault.applied, 2)
  })

  it('gives up on the API when it is banned', async () => {
    const sandbox = await startSandbox({ rateLimits: { invalidRequests: 1 } })
    running.push(sandbox)
    const options = { api: sandbox.api, retries: 0, rejectOnRateLimit: ['/'] }
    const rest = new REST(options).setToken('wrong')
    await assert.rejects(rest.get(Routes.user()), { status: 401 })
    const known = new REST(options).setToken(sandbox.token)
    await assert.rejects(known.get(Routes.user()), { name: 'RateLimitError[/users/@me]' })
  })

  it('is not limited where limits are off', async () => {
    const { call, first } = await start({ rateLimits: 'off' })
    for (let i = 0; i < 8; i++) {
      const response = await call('POST', `/channels/${first}/messages`, { content: 'x' })
      assert.equal(response.status, 200)
      assert.deepEqual(limits(response), {})
    }
  })
})
