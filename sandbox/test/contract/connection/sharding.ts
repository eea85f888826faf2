/** Shards, the session start limit, and compression. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { constants, createInflate } from 'node:zlib'
import { Events, Routes } from 'discord.js'
import { WebSocket } from 'ws'
import type { GatewayOptions } from '../../../src/gateway/gateway.ts'
import { Member } from '../../../src/test-client/client.ts'
import { startWatchedSandbox } from '../../helpers/watched-sandbox.ts'
import type { WatchedSandbox } from '../../helpers/watched-sandbox.ts'
import { logIn, restOf, typed } from '../../helpers/discord-client.ts'
import type { Contract } from '../contract.ts'
import { ALL_EVENTS, next } from '../stage.ts'

async function withGateway(
  gateway: GatewayOptions,
  act: (sandbox: WatchedSandbox) => Promise<void>,
  messageContent = true,
): Promise<void> {
  const sandbox = await startWatchedSandbox({ gateway, messageContent, rateLimits: 'off' })
  try {
    await act(sandbox)
  } finally {
    await sandbox.close()
  }
}

/** Cases of the gateway in numbers. */
export function shardingCases(contract: Contract): void {
  shardCases(contract)
  startCases(contract)
  compressionCases(contract)
}

function shardCases(contract: Contract): void {
  contract('sends a guild to the shard of its id', 'events/gateway#sharding-sharding-formula', () =>
    withGateway({ maxConcurrency: 3 }, async (sandbox) => {
      const client = await logIn(sandbox, { ...ALL_EVENTS, shards: [0, 1, 2], shardCount: 3 })
      const guild = client.guilds.cache.first()
      assert.ok(guild)
      assert.equal(guild.shardId, Number((BigInt(guild.id) >> 22n) % 3n))
      const ada = await Member.connect(sandbox.url)
      const contents: string[] = []
      const last = next(client, Events.MessageCreate, ({ content }) => {
        contents.push(content)
        return content === 'last'
      })
      await ada.say('once')
      await ada.say('last')
      await last
      assert.deepEqual(contents, ['once', 'last'])
      ada.close()
      await client.destroy()
    }),
  )

  contract(
    'tells how many shards to start, and how many at once',
    'events/gateway#get-gateway-bot',
    () =>
      withGateway({ shards: 2, maxConcurrency: 2 }, async (sandbox) => {
        const client = await logIn(sandbox, { ...ALL_EVENTS, shards: 'auto' })
        assert.equal(client.ws.shards.size, 2)
        await client.destroy()
      }),
  )

  contract(
    'closes with 4011 where sharding is required',
    'topics/opcodes-and-status-codes#gateway-gateway-close-event-codes',
    () =>
      withGateway({ mustShard: true }, async (sandbox) => {
        assert.equal(await closeCode(sandbox, { intents: 1 }), 4011)
      }),
  )
}

function startCases(contract: Contract): void {
  contract('counts identifies', 'events/gateway#session-start-limit-object', () =>
    withGateway({ sessionStarts: 5 }, async (sandbox) => {
      type Answer = {
        session_start_limit: { total: number; remaining: number; reset_after: number }
      }
      const limit = async () =>
        (await typed<Answer>(restOf(sandbox).get(Routes.gatewayBot()))).session_start_limit
      assert.equal((await limit()).remaining, 5)
      const client = await logIn(sandbox, ALL_EVENTS)
      const { total, remaining, reset_after: resetAfter } = await limit()
      assert.deepEqual([total, remaining], [5, 4])
      assert.ok(resetAfter > 0 && resetAfter <= 24 * 60 * 60 * 1000)
      await client.destroy()
    }),
  )

  contract('resets the token when identifies are used up', 'events/gateway#rate-limiting', () =>
    withGateway({ sessionStarts: 1 }, async (sandbox) => {
      const rest = restOf(sandbox)
      const client = await logIn(sandbox, ALL_EVENTS)
      assert.equal(await closeCode(sandbox, { intents: 1 }), 4004)
      await assert.rejects(rest.get(Routes.user()), { status: 401 })
      await client.destroy()
    }),
  )

  contract(
    'refuses intents that the portal does not grant: 4014',
    'events/gateway#privileged-intents',
    () =>
      withGateway(
        { guildMembers: false, guildPresences: false },
        async (sandbox) => {
          for (const bit of [1, 8, 15]) {
            assert.equal(await closeCode(sandbox, { intents: 2 ** bit }), 4014)
          }
        },
        false,
      ),
  )
}

function compressionCases(contract: Contract): void {
  contract('compresses the stream with zlib', 'events/gateway#zlib-stream', async ({ sandbox }) => {
    const url = `${sandbox.gateway.url}?v=10&encoding=json&compress=zlib-stream`
    const socket = new WebSocket(url)
    const inflate = createInflate({ flush: constants.Z_SYNC_FLUSH })
    const first = once(inflate, 'data')
    socket.on('message', (data: Buffer) => {
      assert.deepEqual([...data.subarray(-4)], [0x00, 0x00, 0xff, 0xff])
      inflate.write(data)
    })
    const [text] = await first
    assert.equal(JSON.parse(String(text)).op, 10)
    socket.terminate()
  })
}

/** Identifies, and resolves with the code of the close that follows. */
async function closeCode({ gateway, token }: WatchedSandbox, d: object): Promise<number> {
  const socket = new WebSocket(`${gateway.url}?v=10&encoding=json`)
  await once(socket, 'message')
  const properties = { os: 'linux', browser: 'test', device: 'test' }
  socket.send(JSON.stringify({ op: 2, d: { token, properties, ...d } }))
  const [code] = await once(socket, 'close', { signal: AbortSignal.timeout(20_000) })
  return Number(code)
}
