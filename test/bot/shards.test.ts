/** Two bots on one store, each with a shard of the same account. */

import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import type { Sandbox } from 'loopback-discord'
import type { Exchange } from 'loopback-discord/exchange'
import { removeMember } from 'loopback-discord/members'
import { PERMISSION } from 'loopback-discord/permissions'
import { startWatchedSandbox } from 'loopback-discord/testing/watched-sandbox'
import { shardOf } from '../../config/shards.ts'
import { JOBS, type JobRecord } from '../../bot/jobs/job-record.ts'
import { EN } from '../../commands/i18n/en.ts'
import { openStore } from '../../bot/store/store.ts'
import type { Store } from '../../bot/store/types.ts'
import type { Model } from '../../inference/contract/types.ts'
import { type Database, startRedis, WITH_REDIS } from '../helpers/databases.ts'
import { type DemoBot, scene, startDemoBot, triangle } from '../helpers/demo-bot.ts'
import { until } from '../helpers/fleet.ts'
import { idle, kept } from '../helpers/held-bot.ts'
import { openDemoModel } from '../helpers/shared-model.ts'

const COUNT = 2
const ALL_PERMISSIONS = Object.values(PERMISSION).reduce((all, one) => all | one, 0n)
/** What names a server; a finished job does not. */
const LASTING = ['conversations', 'answers', 'messages', 'guilds']

let model: Model
before(async () => (model = await openDemoModel()))
after(() => model.close())

describe('two bots, each with a shard', WITH_REDIS, () => {
  let database: Database
  let sandbox: Sandbox
  let bots: DemoBot[]
  let store: Store
  let exchanges: Exchange[]
  /** The id of the server of each shard, and of a channel there. */
  let places: { guildId: string; channelId: string }[]

  beforeEach(async () => {
    database = await startRedis()
    exchanges = []
    sandbox = await startWatchedSandbox({
      rateLimits: 'off',
      observe: (exchange) => exchanges.push(exchange),
    })
    places = Array.from({ length: COUNT }, (_, shard) => placeOf(shard))
    bots = [await start(0), await start(1)]
    store = await openStore({ url: database.url, log: pino({ level: 'silent' }) })
  })
  afterEach(async () => {
    await Promise.all(bots.map((bot) => bot.close()))
    await store.close()
    await sandbox.close()
    await database.stop()
  })

  const start = (shard: number) =>
    startDemoBot(
      { SIGHTSEER_STORE: database.url, SHARDS: String(COUNT), SHARD_IDS: String(shard) },
      sandbox,
      undefined,
      model,
    )

  /** A server whose events come to a shard, with a channel, Ada and the bot. */
  function placeOf(shard: number) {
    const { world } = sandbox
    const ada = [...world.users.values()].find(({ name }) => name === 'ada')
    for (;;) {
      const guild = world.addGuild(`server of shard ${shard}`, ada!.id, ALL_PERMISSIONS)
      if (shardOf(guild.id, COUNT) === shard) {
        world.addMember(guild, world.application.bot.id)
        const channel = world.addChannel(guild, { name: `channel of shard ${shard}`, position: 0 })
        return { guildId: guild.id, channelId: channel.id }
      }
      world.guilds.delete(guild.id)
    }
  }

  /** Has a picture described on the server of each shard. */
  async function describeEverywhere() {
    const ada = await bots[0]!.join('ada')
    for (const { channelId } of places) {
      ada.switchTo(channelId)
      await ada.slash('describe', { image: scene() })
      ada.switchTo(channelId)
      await ada.menu(EN.commands.describeMenu, await ada.upload(triangle()))
    }
    await Promise.all(bots.map(idle))
    return ada
  }

  const recordsOf = (shard: number) => kept(bots[0]!, places[shard]!.guildId, LASTING)

  it('hear of their own servers, and leave the records of the other one to it', async () => {
    await describeEverywhere()
    const before = await recordsOf(1)
    assert.ok(before.length > 4, String(before))
    await bots[1]!.close()
    exchanges.length = 0
    await bots[0]!.close()
    bots[0] = await start(0) // compares its records with Discord, while the other one is away
    const own = bots[0].bot.client.guilds.cache
    assert.deepEqual([own.has(places[0]!.guildId), own.has(places[1]!.guildId)], [true, false])
    // It deletes this one's records last.
    const { world } = sandbox
    const left = world.guilds.get(places[0]!.guildId)!
    await bots[0].close()
    removeMember(world, left, world.application.bot.id)
    bots[0] = await start(0)
    await until(async () => (await recordsOf(0)).length === 0)
    assert.deepEqual((await recordsOf(1)).toSorted(), before.toSorted())
    const { guildId, channelId } = places[1]!
    const about = exchanges.filter(({ path }) => path.includes(guildId) || path.includes(channelId))
    assert.deepEqual(about, [])
    bots[1] = await start(1)
    assert.ok(bots[1].bot.client.guilds.cache.has(guildId))
  })

  it('delete the records of a server that was left while its bot was away, once it is back', async () => {
    await describeEverywhere()
    await bots[1]!.close()
    const { world } = sandbox
    removeMember(world, world.guilds.get(places[1]!.guildId)!, world.application.bot.id)
    const [before, other] = [await recordsOf(1), await recordsOf(0)]
    await bots[0]!.close()
    bots[0] = await start(0)
    await wait(1000)
    assert.deepEqual((await recordsOf(1)).toSorted(), before.toSorted())
    bots[1] = await start(1)
    await until(async () => (await recordsOf(1)).length === 0)
    assert.deepEqual((await recordsOf(0)).toSorted(), other.toSorted())
  })

  it('take over the jobs of their own servers, and commands that need no server', async () => {
    await bots[1]!.close()
    const jobs = store.collection(JOBS)
    const records = [`guild/${places[0]!.guildId}`, `guild/${places[1]!.guildId}`, 'user/7']
    for (const [i, subject] of records.entries()) {
      await jobs.set(String(i), abandoned(String(i), subject))
    }
    await bots[0]!.close()
    bots[0] = await start(0)
    const ids = async () => (await Array.fromAsync(jobs.keys())).toSorted()
    await until(async () => (await ids()).length === 1)
    assert.deepEqual(await ids(), ['1'])
    bots[1] = await start(1)
    await until(async () => (await ids()).length === 0)
  })
})

function abandoned(id: string, subject: string): JobRecord {
  return {
    job: {
      id,
      answer: { to: 'message', channelId: '1', messageId: id },
      request: { kind: 'look', asked: false, locale: 'en-US' },
      diesAt: Date.now() - 1,
      subjects: [subject],
    },
    owner: null,
    leaseUntil: 0,
    attempts: 0,
    reply: null,
  }
}
