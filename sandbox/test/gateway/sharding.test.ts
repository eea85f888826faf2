/** discord.js's own ways of sharding, against the sandbox. Source: events/gateway.mdx, "Sharding". */

import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  Client,
  Events,
  GatewayIntentBits,
  ShardingManager,
  WorkerShardingStrategy,
} from 'discord.js'
import { Member } from '../../src/test-client/client.ts'
import type { GatewayOptions } from '../../src/gateway/gateway.ts'
import { shardOf } from '../../src/gateway/session.ts'
import type { Sandbox } from '../../src/server.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'

const { Guilds, GuildMessages, DirectMessages, MessageContent } = GatewayIntentBits
const SHARDS = 3

const running: Sandbox[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((sandbox) => sandbox.close()))
})

/** A sandbox as strict about identifying as Discord. */
async function start(gateway: GatewayOptions = { maxConcurrency: SHARDS }): Promise<Sandbox> {
  const sandbox = await startWatchedSandbox({
    gateway: { spacedIdentifies: true, mustShard: true, shards: SHARDS, ...gateway },
  })
  running.push(sandbox)
  return sandbox
}

describe('a sharded client', () => {
  it('starts as many shards as recommended, and hears each guild on its own', async () => {
    const sandbox = await start()
    const ada = await Member.connect(sandbox.url)
    const client = new Client({
      intents: [Guilds, GuildMessages, DirectMessages, MessageContent],
      shards: 'auto',
      rest: { api: sandbox.api },
    })
    const ready = new Promise<Client<true>>((resolve) => client.once(Events.ClientReady, resolve))
    await client.login(sandbox.token)
    await ready
    assert.equal(client.ws.shards.size, SHARDS)
    const { id } = sandbox.world.guild
    assert.equal(client.guilds.cache.get(id)?.shardId, shardOf(id, SHARDS))
    const heard = new Promise<number | undefined>((resolve) => {
      client.once(Events.MessageCreate, (message) => resolve(message.guild?.shardId))
    })
    await ada.say('hello')
    assert.equal(await heard, shardOf(id, SHARDS))
    ada.close()
    await client.destroy()
  })

  it('waits out the 5 s between two shards of one key', async () => {
    const sandbox = await start({ maxConcurrency: 1, shards: 2 })
    const client = new Client({ intents: [Guilds], shards: 'auto', rest: { api: sandbox.api } })
    const ready = new Promise((resolve) => client.once(Events.ClientReady, resolve))
    await client.login(sandbox.token)
    await ready
    assert.equal(sandbox.gateway.sessions.size, 2)
    assert.equal(sandbox.gateway.starts.describe().remaining, 998)
    await client.destroy()
  })
})

describe('worker threads', () => {
  it('hold one shard each', async () => {
    const sandbox = await start()
    const client = new Client({
      intents: [Guilds],
      shards: 'auto',
      rest: { api: sandbox.api },
      ws: { buildStrategy: (ws) => new WorkerShardingStrategy(ws, { shardsPerWorker: 1 }) },
    })
    const ready = new Promise((resolve) => client.once(Events.ClientReady, resolve))
    await client.login(sandbox.token)
    await ready
    const shards = [...sandbox.gateway.sessions.values()].map(({ shard }) => shard)
    assert.deepEqual(new Set(shards.map(([id]) => id)), new Set([0, 1, 2]))
    assert.ok(client.guilds.cache.has(sandbox.world.guild.id))
    await client.destroy()
  })
})

describe('the ShardingManager', () => {
  it('runs one process a shard', async () => {
    const sandbox = await start()
    const file = fileURLToPath(new URL('../helpers/sharded-bot.ts', import.meta.url))
    const manager = new ShardingManager(file, {
      totalShards: SHARDS,
      token: sandbox.token,
      shardArgs: [sandbox.api],
      respawn: false,
    })
    const shards = await manager.spawn({ delay: 0 })
    const sizes = await manager.fetchClientValues('guilds.cache.size')
    assert.deepEqual(
      sizes,
      [0, 1, 2].map((shard) => (shard === shardOf(sandbox.world.guild.id, SHARDS) ? 1 : 0)),
    )
    for (const shard of shards.values()) {
      shard.kill()
    }
  })
})
