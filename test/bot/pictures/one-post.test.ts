/**
 * What one posted picture costs where everything is on: moderation, a rule that hits, reposts, and a
 * channel whose pictures are described. The figures are printed.
 */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { freePort } from '../../helpers/databases.ts'
import { hearts, startDemoBot } from '../../helpers/demo-bot.ts'
import { ModeratedServer } from '../../helpers/moderated-server.ts'
import { startWatchedSandbox } from 'loopback-discord/testing/watched-sandbox'

describe('one posted picture', { timeout: 120_000 }, () => {
  let server: ModeratedServer

  before(async () => {
    const sandbox = await startWatchedSandbox({ rateLimits: 'off' })
    const demo = await startDemoBot(
      { SIGHTSEER_OPERATIONS_PORT: String(await freePort()) },
      sandbox,
    )
    const mo = await demo.join('mo', { channel: 'mod-log' })
    server = new ModeratedServer(demo, sandbox, { mo, ada: await demo.join('ada') })
  })
  after(() => server.close())

  /** How often something was not in a cache of the bot, and so was done. */
  async function misses(cache: string): Promise<number> {
    const response = await fetch(`${server.demo.bot.health!.url}/metrics`)
    const name = `sightseer_cache_total{cache="${cache}",result="miss"} `
    const line = (await response.text()).split('\n').find((one) => one.startsWith(name))
    return Number(line?.slice(name.length) ?? 0)
  }

  it('is downloaded, decoded and sent through the vision tower once', async (t) => {
    const { mo, ada, sandbox, demo } = server
    const kit = await demo.join('kit', { channel: 'memes' })
    await server.setUp()
    const rule = { name: 'hearts', question: 'is there a red heart?', threshold: 60 }
    await mo.slash('moderation rule add', rule)
    await mo.slash('moderation reposts', { channel: kit.channelId })
    await kit.slash('settings channel', { channel: kit.channelId, does: 'describe' })
    const find = t.mock.method(sandbox.world.cdn, 'find')
    ada.switchTo('memes')
    const posted = await ada.upload(hearts())
    await ada.answerTo(posted)
    await server.aCase(/the question “hearts”/)
    await server.aCase(/What I see: a small purple heart/)
    const { model } = demo.bot
    while (model.stats().queued + model.stats().live > 0) {
      await setTimeout(20)
    }
    await setTimeout(200)

    const { pathname } = new URL(posted.attachments[0]!.url)
    const downloads = find.mock.calls.filter(({ arguments: [file] }) => pathname.endsWith(file))
    const { stages, caches } = model.stats()
    t.diagnostic(`downloads ${downloads.length}`)
    t.diagnostic(`decoded for the fingerprint ${await misses('fingerprints')}`)
    for (const [stage, { runs, rows }] of Object.entries(stages)) {
      t.diagnostic(`${stage}: ${runs} runs, ${rows} rows`)
    }
    t.diagnostic(`caches: ${JSON.stringify(caches)}`)
    assert.equal(downloads.length, 1)
    assert.equal(await misses('fingerprints'), 1)
    for (const stage of ['preprocess', 'vision', 'bridge'] as const) {
      assert.equal(stages[stage].rows, 1, stage)
    }
    // Every prompt but the first begins with what an earlier one has left, or one at work has.
    assert.equal(caches.conversations.misses, 1)
  })
})
