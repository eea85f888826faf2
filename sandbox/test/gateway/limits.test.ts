/** How often and how much one may ask of the gateway. Each case follows events/gateway.mdx. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ManualClock } from '../../src/protocol/clock.ts'
import type { GatewayOptions } from '../../src/gateway/gateway.ts'
import type { Sandbox } from '../../src/server.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'
import { GatewaySocket } from '../helpers/gateway-socket.ts'

const GUILDS = 1
const MEMBERS = 1 << 1
const PRESENCES = 1 << 8

async function started(gateway: GatewayOptions) {
  const clock = new ManualClock()
  const sandbox = await startWatchedSandbox({ clock, gateway })
  const identify = async (shard: readonly [number, number] = [0, 1]) => {
    const socket = await GatewaySocket.connect(sandbox.gateway.url)
    socket.send(2, { token: sandbox.token, intents: GUILDS, properties: {}, shard })
    return socket
  }
  const limit = async () => {
    const headers = { authorization: `Bot ${sandbox.token}` }
    const response = await fetch(`${sandbox.api}/v10/gateway/bot`, { headers })
    const body: any = await response.json() // oxlint-disable-line typescript/no-explicit-any
    return body
  }
  return { clock, sandbox, identify, limit }
}

describe('request guild members', () => {
  let clock: ManualClock
  let sandbox: Sandbox
  let socket: GatewaySocket
  let guildId: string

  before(async () => {
    clock = new ManualClock()
    sandbox = await startWatchedSandbox({ clock })
    guildId = sandbox.world.guild.id
    socket = await GatewaySocket.connect(sandbox.gateway.url)
    const intents = GUILDS | MEMBERS
    socket.send(2, { token: sandbox.token, intents, properties: {} })
    await socket.next('GUILD_CREATE')
  })

  after(() => sandbox.close())

  async function ask(d: object, event = 'GUILD_MEMBERS_CHUNK') {
    const from = socket.frames.length
    socket.send(8, { guild_id: guildId, ...d })
    return (await socket.next(event, from)).d
  }

  it('sends everyone, with the nonce', async () => {
    const chunk = await ask({ query: '', limit: 0, nonce: 'n' })
    assert.deepEqual([chunk.chunk_index, chunk.chunk_count, chunk.nonce], [0, 1, 'n'])
    const names = chunk.members.map((m: { user: { username: string } }) => m.user.username)
    assert.ok(names.includes('ada') && names.includes('lin'))
  })

  it('sends everyone once in 30 seconds: RATE_LIMITED', async () => {
    const limited = await ask({ query: '', limit: 0, nonce: 'm' }, 'RATE_LIMITED')
    assert.deepEqual(limited.meta, { guild_id: guildId, nonce: 'm' })
    assert.equal(limited.opcode, 8)
    assert.ok(limited.retry_after > 0 && limited.retry_after <= 30)
    clock.advance(30_000)
    await ask({ query: '', limit: 0 })
  })

  it('finds by the beginning of a name, and by id', async () => {
    const chunk = await ask({ query: 'LI', limit: 1 })
    assert.deepEqual(
      chunk.members.map((m: { user: { username: string } }) => m.user.username),
      ['lin'],
    )
    const byId = await ask({ user_ids: [sandbox.world.guild.ownerId, '1'] })
    assert.equal(byId.members.length, 1)
    assert.deepEqual(byId.not_found, ['1'])
  })

  it('leaves out a nonce over 32 bytes, and presences without their intent', async () => {
    const chunk = await ask({ query: 'a', limit: 1, nonce: 'x'.repeat(33), presences: true })
    assert.ok(!('nonce' in chunk))
    assert.ok(!('presences' in chunk))
  })

  it('sends members in chunks of a thousand', async () => {
    const { world } = sandbox
    for (let i = 0; i < 1500; i++) {
      world.addMember(world.guild, world.addUser(`m${i}`, `M ${i}`).id)
    }
    clock.advance(30_000)
    await ask({ query: '', limit: 0 })
    await socket.settled()
    const chunks = socket.frames.filter(({ t }) => t === 'GUILD_MEMBERS_CHUNK').slice(-2)
    assert.deepEqual(
      chunks.map(({ d }) => [d.chunk_index, d.chunk_count]),
      [
        [0, 2],
        [1, 2],
      ],
    )
    assert.equal(chunks[0]?.d.members.length, 1000)
  })

  it('answers nothing for everyone without the members intent', async () => {
    const deaf = await GatewaySocket.connect(sandbox.gateway.url)
    deaf.send(2, { token: sandbox.token, intents: GUILDS, properties: {} })
    await deaf.next('GUILD_CREATE')
    deaf.send(8, { guild_id: guildId, query: '', limit: 0 })
    await deaf.settled()
    assert.ok(!deaf.frames.some(({ t }) => t === 'GUILD_MEMBERS_CHUNK'))
  })
})

describe('session starts', () => {
  it('lets each key of max_concurrency identify once in 5 s: invalid session', async () => {
    const gateway = { spacedIdentifies: true, maxConcurrency: 2 }
    const { clock, sandbox, identify } = await started(gateway)
    await (await identify([0, 4])).next('READY')
    await (await identify([1, 4])).next('READY')
    assert.equal((await (await identify([2, 4])).next(9)).d, false)
    clock.advance(5000)
    await (await identify([2, 4])).next('READY')
    await sandbox.close()
  })

  it('count down, and reset after a day', async () => {
    const { clock, sandbox, identify, limit } = await started({ shards: 3, maxConcurrency: 4 })
    assert.deepEqual((await limit()).session_start_limit, {
      total: 1000,
      remaining: 1000,
      reset_after: 0,
      max_concurrency: 4,
    })
    await (await identify()).next('READY')
    clock.advance(1000)
    await (await identify()).next('READY')
    const { shards, session_start_limit: starts } = await limit()
    assert.equal(shards, 3)
    assert.equal(starts.remaining, 998)
    assert.equal(starts.reset_after, 24 * 60 * 60 * 1000 - 1000)
    clock.advance(starts.reset_after)
    assert.equal((await limit()).session_start_limit.remaining, 1000)
    await sandbox.close()
  })

  it('cost the application its token when there are too many', async () => {
    const { sandbox, identify } = await started({ sessionStarts: 1 })
    const first = await identify()
    await first.next('READY')
    assert.equal(await (await identify()).closed(), 4004)
    assert.equal(await first.closed(), 4004)
    assert.equal(sandbox.gateway.sessions.size, 0)
    await sandbox.close()
  })

  it('need more than one shard where the guilds are too many: 4011', async () => {
    const { sandbox, identify, limit } = await started({ mustShard: true })
    assert.equal(await (await identify()).closed(), 4011)
    assert.equal((await limit()).shards, 2)
    await (await identify([0, 2])).next('READY')
    await sandbox.close()
  })

  it('need every privileged intent granted: 4014', async () => {
    const { sandbox } = await started({ guildMembers: false, guildPresences: false })
    for (const intents of [MEMBERS, PRESENCES]) {
      const socket = await GatewaySocket.connect(sandbox.gateway.url)
      socket.send(2, { token: sandbox.token, intents, properties: {} })
      assert.equal(await socket.closed(), 4014)
    }
    await sandbox.close()
  })
})
