/** The whole bot while a real database is away: it lives, and it ends in order. */

import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { after, afterEach, before, describe, it } from 'node:test'
import { EN } from '../../../commands/i18n/en.ts'
import { type DemoBot, scene, startDemoBot, triangle } from '../../helpers/demo-bot.ts'
import {
  type Database,
  startPostgres,
  startRedis,
  WITH_POSTGRES,
  WITH_REDIS,
} from '../../helpers/databases.ts'

const BUG = new RegExp(`^${EN.errors['bot/bug']({ id: '' }).split('.')[0]}`)
const NO_LOG = { write: () => {} }

describe('the bot and a Redis that is restarted', { timeout: 120_000, ...WITH_REDIS }, () => {
  let redis: Database | undefined
  let demo: DemoBot

  before(async () => {
    redis = await startRedis()
    demo = await startDemoBot({ SIGHTSEER_STORE: redis.url }, undefined, NO_LOG)
  })
  after(async () => {
    await demo.close()
    await redis?.stop()
  })

  async function pings(): Promise<boolean> {
    try {
      await demo.bot.store.ping()
      return true
    } catch {
      return false
    }
  }

  it('answers as if nothing had been, if it is back within seconds', async () => {
    const ada = await demo.join('ada')
    const port = Number(new URL(redis!.url).port)
    await redis!.stop()
    redis = undefined
    const asked = ada.slash('describe', { image: triangle() })
    asked.catch(() => {}) // awaited below
    await wait(2000)
    redis = await startRedis(port)
    assert.match((await asked).content, /green triangle/)
  })

  it('answers nothing to others, tells who asks, and answers when it is back', async () => {
    const ada = await demo.join('ada')
    const mention = `<@${demo.bot.client.user.id}>`
    const port = Number(new URL(redis!.url).port)
    await redis!.stop()
    redis = undefined
    await ada.say('just words')
    assert.match((await ada.answerTo(await ada.upload(scene(), mention))).content, BUG)
    assert.match((await ada.slash('describe', { image: triangle() })).content, BUG)
    redis = await startRedis(port)
    const deadline = performance.now() + 20_000
    while (!(await pings())) {
      assert.ok(performance.now() < deadline, 'the bot does not find Redis again')
      await wait(50)
    }
    assert.match((await ada.answerTo(await ada.upload(scene(), mention))).content, /yellow star/)
    assert.match((await ada.slash('describe', { image: triangle() })).content, /green triangle/)
  })
})

for (const [name, start, options] of [
  ['Redis', startRedis, WITH_REDIS],
  ['Postgres', startPostgres, WITH_POSTGRES],
] as const) {
  describe(`the bot whose ${name} went away`, { timeout: 120_000, ...options }, () => {
    let database: Database | undefined

    afterEach(() => database?.stop())

    it('tells who asks, and closes', async () => {
      database = await start()
      const demo = await startDemoBot({ SIGHTSEER_STORE: database.url }, undefined, NO_LOG)
      const ada = await demo.join('ada')
      await database.stop()
      database = undefined
      await ada.say('just words')
      const asked = await ada.upload(scene(), `<@${demo.bot.client.user.id}>`)
      assert.match((await ada.answerTo(asked)).content, BUG)
      await demo.close()
    })
  })
}
