/** The gateway's rules, spoken without a library. Each case follows events/gateway.mdx. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Member } from '../../src/test-client/client.ts'
import { ManualClock } from '../../src/protocol/clock.ts'
import { HEARTBEAT_INTERVAL_MS } from '../../src/gateway/connection.ts'
import type { Sandbox } from '../../src/server.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'
import { GatewaySocket } from '../helpers/gateway-socket.ts'

const GUILDS = 1
const PRESENCES = 1 << 8
const MESSAGES = 1 << 9
const DIRECT = 1 << 12
const CONTENT = 1 << 15

describe('the gateway', () => {
  let clock: ManualClock
  let sandbox: Sandbox
  let ada: Member

  before(async () => {
    clock = new ManualClock()
    sandbox = await startWatchedSandbox({ clock })
    ada = await Member.connect(sandbox.url)
  })

  after(async () => {
    ada.close()
    await sandbox.close()
  })

  async function identified(d: object = {}, compress?: 'zlib-stream' | 'zstd-stream') {
    const socket = await GatewaySocket.connect(sandbox.gateway.url, compress)
    socket.send(2, { token: sandbox.token, intents: GUILDS, properties: {}, ...d })
    await socket.next('READY')
    return socket
  }

  async function closesWith(code: number, d: unknown, op = 2) {
    const socket = await GatewaySocket.connect(sandbox.gateway.url)
    socket.send(op, d)
    assert.equal(await socket.closed(), code)
  }

  it('lists guilds as unavailable in READY and then creates each of them', async () => {
    const socket = await identified({ shard: [0, 1] })
    const ready = await socket.next('READY')
    assert.deepEqual(ready.d.guilds, [{ id: sandbox.world.guild.id, unavailable: true }])
    assert.deepEqual(ready.d.shard, [0, 1])
    const guild = await socket.next('GUILD_CREATE')
    assert.equal(guild.d.id, sandbox.world.guild.id)
    assert.equal(guild.s, ready.s! + 1)
  })

  it('names no shard in READY when none was named', async () => {
    const socket = await identified()
    assert.ok(!('shard' in (await socket.next('READY')).d))
  })

  it('lists only the bot in a guild without the presence intent', async () => {
    const without = await (await identified()).next('GUILD_CREATE')
    assert.deepEqual(
      without.d.members.map((m: { user: { id: string } }) => m.user.id),
      [sandbox.world.application.bot.id],
    )
    const whole = await (await identified({ intents: GUILDS | PRESENCES })).next('GUILD_CREATE')
    assert.equal(whole.d.members.length, whole.d.member_count)
  })

  it('closes what is not as documented with 4002', async () => {
    await closesWith(4002, { intents: 1, properties: {} })
    await closesWith(4002, { token: sandbox.token, intents: 1 })
    await closesWith(4002, { token: sandbox.token, intents: 1, properties: {}, large_threshold: 9 })
    const presence = { status: 'asleep', activities: [], since: null, afk: false }
    await closesWith(4002, { token: sandbox.token, intents: 1, properties: {}, presence })
    await closesWith(4002, { token: sandbox.token, session_id: 'x' }, 6)
    const socket = await identified()
    socket.sendText(JSON.stringify({ op: 1, d: null, padding: 'x'.repeat(4096) }))
    assert.equal(await socket.closed(), 4002)
  })

  it('refuses intents that do not exist and shards that cannot be', async () => {
    await closesWith(4013, { token: sandbox.token, properties: {} })
    await closesWith(4013, { token: sandbox.token, properties: {}, intents: 1 << 17 })
    await closesWith(4013, { token: sandbox.token, properties: {}, intents: 2 ** 32 + 1 })
    await closesWith(4010, { token: sandbox.token, properties: {}, intents: 1, shard: [1, 1] })
    await closesWith(4010, { token: sandbox.token, properties: {}, intents: 1, shard: [0.5, 2] })
  })

  it('closes a connection that sends more than 120 frames in a minute with 4008', async () => {
    const socket = await identified()
    for (let i = 0; i < 119; i++) {
      socket.send(1, null)
    }
    await socket.settled().catch(() => {})
    assert.equal(await socket.closed(), 4008)
    const slow = await identified()
    for (let i = 0; i < 100; i++) {
      slow.send(1, null)
    }
    await slow.settled()
    clock.advance(60_000)
    for (let i = 0; i < 100; i++) {
      slow.send(1, null)
    }
    await slow.settled()
  })

  it('closes a connection that went silent with 4009, and lets it resume', async () => {
    const socket = await identified({ intents: GUILDS | MESSAGES | CONTENT })
    const { d } = await socket.next('READY')
    const { s: seq } = await socket.next('GUILD_CREATE')
    clock.advance(HEARTBEAT_INTERVAL_MS)
    await socket.settled()
    clock.advance(HEARTBEAT_INTERVAL_MS)
    await socket.settled()
    clock.advance(2 * HEARTBEAT_INTERVAL_MS)
    assert.equal(await socket.closed(), 4009)
    await ada.say('while away')
    const again = await GatewaySocket.connect(d.resume_gateway_url)
    again.send(6, { token: sandbox.token, session_id: d.session_id, seq })
    await again.next('RESUMED')
    const events = again.frames.filter(({ op }) => op === 0)
    assert.deepEqual(
      events.map(({ t, s }) => [t, s]),
      [
        ['MESSAGE_CREATE', seq! + 1],
        ['RESUMED', seq! + 2],
      ],
    )
    assert.equal(events[0]?.d.content, 'while away')
  })

  it('forgets a session after minutes, or at a polite goodbye', async () => {
    const socket = await identified()
    const { d } = await socket.next('READY')
    await socket.break()
    await lost(d.session_id)
    clock.advance(5 * 60_000)
    const late = await GatewaySocket.connect(d.resume_gateway_url)
    late.send(6, { token: sandbox.token, session_id: d.session_id, seq: 2 })
    assert.equal((await late.next(9)).d, false)
    const polite = await identified()
    const { session_id: id } = (await polite.next('READY')).d
    await polite.leave()
    await lost(id)
    assert.ok(!sandbox.gateway.sessions.has(id))
  })

  // The server hears of a broken connection a moment after the client does.
  async function lost(id: string) {
    const probe = await GatewaySocket.connect(sandbox.gateway.url)
    while (sandbox.gateway.sessions.get(id)?.connected) {
      await probe.settled()
    }
  }

  it('closes a resume that claims events never sent with 4007', async () => {
    const socket = await identified()
    const { d } = await socket.next('READY')
    await closesWith(4007, { token: sandbox.token, session_id: d.session_id, seq: 99 }, 6)
  })

  it('moves a session whose old connection still hangs', async () => {
    const old = await identified()
    const { d, s } = await old.next('READY')
    const fresh = await GatewaySocket.connect(d.resume_gateway_url)
    fresh.send(6, { token: sandbox.token, session_id: d.session_id, seq: s })
    await fresh.next('RESUMED')
    assert.equal(await old.closed(), 1006)
  })

  for (const compress of ['zlib-stream', 'zstd-stream'] as const) {
    it(`speaks ${compress}`, async () => {
      const socket = await identified({ intents: GUILDS | MESSAGES | CONTENT }, compress)
      await socket.next('GUILD_CREATE')
      const text = 'déjà vu '.repeat(200).trim()
      await Promise.all([ada.say(text), ada.say('second')])
      await socket.settled()
      const seen = socket.frames.filter(({ t }) => t === 'MESSAGE_CREATE').map(({ d }) => d.content)
      assert.deepEqual(new Set(seen), new Set([text, 'second']))
      assert.equal(socket.binary, socket.frames.length)
    })
  }

  it('deflates large payloads one by one when identify asks for it', async () => {
    const socket = await identified({ compress: true })
    await socket.next('GUILD_CREATE')
    assert.ok(socket.binary >= 1)
    await socket.settled()
    assert.ok(socket.binary < socket.frames.length) // small ones stay plain
  })

  it('refuses an unknown compression or encoding', async () => {
    for (const query of ['compress=brotli', 'encoding=etf&x']) {
      const socket = await GatewaySocket.connect(`${sandbox.gateway.url}?${query}&was=`)
      assert.equal(await socket.closed(), 4002)
    }
  })

  it('keeps the presence that the bot shows', async () => {
    const presence = { status: 'idle', since: 1, afk: true, activities: [] }
    const socket = await identified({ presence })
    const id: string = (await socket.next('READY')).d.session_id
    assert.equal(sandbox.gateway.sessions.get(id)?.presence?.status, 'idle')
    const activities = [{ name: 'Looking', type: 0 }]
    socket.send(3, { status: 'dnd', since: null, afk: false, activities })
    await socket.settled()
    assert.deepEqual(sandbox.gateway.sessions.get(id)?.presence?.activities, activities)
    socket.send(3, { status: 'dnd', since: null, afk: false, activities: 'none' })
    assert.equal(await socket.closed(), 4002)
  })

  it('sends direct messages to shard 0 only, and only with their intent', async () => {
    const intents = DIRECT | CONTENT
    const [first, second, deaf] = await Promise.all([
      identified({ intents, shard: [0, 2] }),
      identified({ intents, shard: [1, 2] }),
      identified({ intents: MESSAGES, shard: [0, 2] }),
    ])
    const channel = sandbox.world.directChannel(ada.id)
    const there = await Member.connect(sandbox.url, 'ada', channel.id)
    await there.say('psst')
    await Promise.all([first, second, deaf].map((socket) => socket.settled()))
    const heard = [first, second, deaf].map(
      (socket) => socket.frames.filter(({ t }) => t === 'MESSAGE_CREATE').length,
    )
    assert.deepEqual(heard, [1, 0, 0])
    there.close()
  })

  it('sends a guild’s events to the shard that its id names', async () => {
    const { id } = sandbox.world.guild
    const right = Number((BigInt(id) >> 22n) % 2n)
    const intents = GUILDS | MESSAGES
    const sockets = await Promise.all([0, 1].map((n) => identified({ intents, shard: [n, 2] })))
    await ada.say('once')
    await Promise.all(sockets.map((socket) => socket.settled()))
    const heard = sockets.map(
      (socket) => socket.frames.filter(({ t }) => t === 'MESSAGE_CREATE').length,
    )
    assert.deepEqual(heard, right === 0 ? [1, 0] : [0, 1])
    const guilds = await Promise.all(sockets.map(async (s) => (await s.next('READY')).d.guilds))
    assert.deepEqual(guilds[right], [{ id, unavailable: true }])
    assert.deepEqual(guilds[1 - right], [])
  })
})
