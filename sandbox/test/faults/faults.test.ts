/** What goes wrong when it is asked to, and what discord.js makes of it. */

import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import {
  Client,
  DiscordAPIError,
  Events,
  GatewayIntentBits,
  HTTPError,
  REST,
  Routes,
} from 'discord.js'
import { Member } from '../../src/test-client/client.ts'
import { ManualClock } from '../../src/protocol/clock.ts'
import { can } from '../../src/world/permissions.ts'
import type { Sandbox } from '../../src/server.ts'
import { restOf } from '../helpers/discord-client.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'
import { GatewaySocket } from '../helpers/gateway-socket.ts'

const INTENTS = (1 << 0) | (1 << 9) | (1 << 15)

describe('faults of events', () => {
  let clock: ManualClock
  let sandbox: Sandbox
  let ada: Member
  let socket: GatewaySocket

  before(async () => {
    clock = new ManualClock()
    sandbox = await startWatchedSandbox({ clock })
    ada = await Member.connect(sandbox.url)
    socket = await GatewaySocket.connect(sandbox.gateway.url)
    socket.send(2, { token: sandbox.token, intents: INTENTS, properties: {} })
    await socket.next('GUILD_CREATE')
  })

  afterEach(() => sandbox.faults.clear())

  after(async () => {
    ada.close()
    await sandbox.close()
  })

  /** The message events that the bot receives while `act` runs, in order. */
  async function heard(act: () => Promise<void>) {
    const from = socket.frames.length
    await act()
    await socket.settled()
    const events = socket.frames.slice(from).filter(({ t }) => t === 'MESSAGE_CREATE')
    const sequence = events.map(({ s }) => s!)
    assert.deepEqual(
      sequence,
      sequence.toSorted((a, b) => a - b),
    )
    return events.map(({ d }) => d.content)
  }

  it('sends one twice, and says how often', async () => {
    const fault = sandbox.faults.add({
      kind: 'event',
      event: 'MESSAGE_CREATE',
      action: 'duplicate',
    })
    const contents = await heard(async () => {
      await ada.say('one')
      await ada.say('two')
    })
    assert.deepEqual(contents, ['one', 'one', 'two'])
    assert.equal(fault.applied, 1)
  })

  it('lets the next one overtake', async () => {
    sandbox.faults.add({ kind: 'event', event: 'MESSAGE_CREATE', action: 'reorder', skip: 1 })
    const contents = await heard(async () => {
      for (const text of ['one', 'two', 'three', 'four']) {
        await ada.say(text)
      }
    })
    assert.deepEqual(contents, ['one', 'three', 'two', 'four'])
  })

  it('sends one late, by the clock, even when none overtakes', async () => {
    const event = 'MESSAGE_CREATE'
    sandbox.faults.add({ kind: 'event', event, action: 'delay', delayMs: 3000 })
    assert.deepEqual(
      await heard(async () => {
        await ada.say('late')
        await ada.say('prompt')
      }),
      ['prompt'],
    )
    assert.deepEqual(await heard(async () => clock.advance(3000)), ['late'])
    sandbox.faults.add({ kind: 'event', event, action: 'reorder' })
    assert.deepEqual(await heard(async () => void (await ada.say('alone'))), [])
    assert.deepEqual(await heard(async () => clock.advance(1000)), ['alone'])
  })

  it('loses one, of any name', async () => {
    const fault = sandbox.faults.add({ kind: 'event', event: '*', action: 'lose', count: 2 })
    const contents = await heard(async () => {
      for (const text of ['one', 'two', 'three']) {
        await ada.say(text)
      }
    })
    assert.deepEqual(contents, ['three'])
    assert.equal(fault.applied, 2)
  })
})

describe('faults of the gateway', () => {
  let sandbox: Sandbox
  let client: Client<true>

  before(async () => {
    sandbox = await startWatchedSandbox()
    client = new Client({ intents: [GatewayIntentBits.Guilds], rest: { api: sandbox.api } })
    const ready = new Promise<Client<true>>((resolve) => client.once(Events.ClientReady, resolve))
    await client.login(sandbox.token)
    await ready
  })

  after(async () => {
    await client.destroy()
    await sandbox.close()
  })

  function next(event: Events.ShardReady | Events.ShardResume): Promise<void> {
    return new Promise((resolve) => {
      client.once(event, () => resolve())
    })
  }

  it('drop it abruptly or with a code: discord.js resumes', async () => {
    for (const code of [undefined, 4000, 4009]) {
      const resumed = next(Events.ShardResume)
      const fault = sandbox.faults.add({ kind: 'gateway', action: 'drop', ...(code && { code }) })
      await resumed
      assert.equal(fault.applied, 1)
    }
  })

  it('ask to reconnect, or claim a session invalid but resumable: it resumes', async () => {
    for (const spec of [{ action: 'reconnect' }, { action: 'invalid', resumable: true }] as const) {
      const resumed = next(Events.ShardResume)
      assert.equal(sandbox.faults.add({ kind: 'gateway', ...spec }).applied, 1)
      await resumed
    }
  })

  it('invalidate the session: the client identifies again', async () => {
    const before = sandbox.gateway.starts.describe().remaining
    const ready = next(Events.ShardReady)
    sandbox.faults.add({ kind: 'gateway', action: 'invalid' })
    await ready
    assert.equal(sandbox.gateway.starts.describe().remaining, before - 1)
  })
})

describe('faults of the API', () => {
  let sandbox: Sandbox
  let rest: REST
  let channel: string

  before(async () => {
    sandbox = await startWatchedSandbox({ rateLimits: 'off' })
    rest = new REST({ api: sandbox.api, retries: 1 }).setToken(sandbox.token)
    channel = [...sandbox.world.channels.keys()][0]!
  })

  afterEach(() => sandbox.faults.clear())

  after(() => sandbox.close())

  it('answer 500 and 502, which discord.js tries again', async () => {
    for (const status of [500, 502]) {
      const fault = sandbox.faults.add({ kind: 'rest', path: '/channels/:id', status })
      assert.ok(await rest.get(Routes.channel(channel)))
      assert.equal(fault.applied, 1)
      const twice = sandbox.faults.add({ kind: 'rest', path: '/channels/:id', status, count: 2 })
      const failed = await rest.get(Routes.channel(channel)).catch((error: unknown) => error)
      assert.ok(failed instanceof HTTPError || failed instanceof DiscordAPIError)
      assert.equal(failed.status, status)
      assert.equal(twice.applied, 2)
    }
  })

  it('count only the method and the route that they name', async () => {
    const path = '/channels/*/messages'
    const fault = sandbox.faults.add({ kind: 'rest', method: 'POST', path, status: 403, skip: 1 })
    await rest.get(Routes.channelMessages(channel))
    const body = { content: 'x' }
    const { id } = JSON.parse(
      JSON.stringify(await rest.post(Routes.channelMessages(channel), { body })),
    )
    assert.ok(await rest.get(Routes.channelMessage(channel, id)))
    assert.equal(fault.applied, 0)
    await assert.rejects(rest.post(Routes.channelMessages(channel), { body }), { status: 403 })
    assert.equal(fault.applied, 1)
  })

  it('answer wrongly what has taken effect', async () => {
    const before = sandbox.world.history(channel).length
    sandbox.faults.add({
      kind: 'rest',
      method: 'POST',
      path: '/channels/*/messages',
      status: 500,
      handled: true,
    })
    const once = restOf(sandbox)
    await assert.rejects(once.post(Routes.channelMessages(channel), { body: { content: 'x' } }))
    assert.equal(sandbox.world.history(channel).length, before + 1)
  })

  it('do not answer at all', async () => {
    const fault = sandbox.faults.add({ kind: 'rest', path: '/users/@me', status: 'timeout' })
    const controller = new AbortController()
    const asked = rest.get(Routes.user(), { signal: controller.signal })
    await fault.until(1)
    controller.abort()
    await assert.rejects(asked, /abort/i)
  })

  it('let a hook change permissions between two calls', async () => {
    const { application } = sandbox.world
    const place = { method: 'GET', path: '/channels/*', nth: 2 } as const
    const fault = sandbox.faults.hook(place, () => sandbox.world.channels.delete(channel))
    const kept = sandbox.world.channels.get(channel)!
    assert.ok(await rest.get(Routes.channel(channel)))
    await assert.rejects(rest.get(Routes.channel(channel)), { code: 10003 })
    sandbox.world.channels.set(channel, kept)
    assert.equal(fault.applied, 1)
    const after = { method: 'GET', path: '/users/@me', when: 'after' } as const
    sandbox.faults.hook(after, () => (application.messageContent = false))
    await rest.get(Routes.user())
    assert.equal(application.messageContent, false)
    application.messageContent = true
  })

  it('take a permission at a call, and give it back when cancelled', async () => {
    const route = Routes.channelMessages(channel)
    const body = { content: 'x' }
    const fault = sandbox.faults.add({
      kind: 'permission',
      permission: 'sendMessages',
      method: 'POST',
      path: '/channels/*/messages',
      nth: 2,
    })
    const may = () =>
      can(
        sandbox.world,
        sandbox.world.channel(channel),
        sandbox.world.application.bot.id,
        'sendMessages',
      )
    await rest.post(route, { body })
    assert.deepEqual([may(), fault.applied], [true, 0])
    await assert.rejects(rest.post(route, { body }), { status: 403, code: 50013 })
    assert.deepEqual([may(), fault.applied], [false, 1])
    fault.cancel()
    assert.equal(may(), true)
    const now = sandbox.faults.add({ kind: 'permission', permission: 'sendMessages', channel })
    assert.deepEqual([may(), now.applied], [false, 1])
    now.cancel()
    assert.equal(may(), true)
  })

  it('come late by the clock', async () => {
    const clock = new ManualClock()
    const slow = await startWatchedSandbox({ clock })
    const fault = slow.faults.add({ kind: 'rest', path: '/users/@me', delayMs: 9000 })
    let answered = false
    const asked = fetch(`${slow.api}/v10/users/@me`, {
      headers: { authorization: `Bot ${slow.token}` },
    }).then((response) => {
      answered = true
      return response.status
    })
    await fault.until(1)
    clock.advance(8999)
    await fetch(slow.url)
    assert.equal(answered, false)
    clock.advance(1)
    assert.equal(await asked, 200)
    await slow.close()
  })
})
