/** The whole bot on workers, through a real Redis. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EN } from '../../../commands/i18n/en.ts'
import { ZH } from '../../../commands/i18n/zh.ts'
import { findModel } from '../../../config/models.ts'
import { openBackends } from '../../../inference/model.ts'
import { startRedis, WITH_REDIS } from '../../helpers/databases.ts'
import { scene, startDemoBot } from '../../helpers/demo-bot.ts'
import { FLEET_KEY, startHost } from '../../helpers/fleet.ts'

describe('a bot on a queue', WITH_REDIS, () => {
  it('describes, and says in both languages that pictures go to other machines', async () => {
    await using stack = new AsyncDisposableStack()
    const redis = await startRedis()
    stack.defer(() => redis.stop())
    const { backend } = await openBackends(findModel('demo'), { threads: 1 })
    stack.defer(() => backend.close())
    const host = await startHost(redis.url, backend)
    stack.defer(() => host.stop())
    const demo = await startDemoBot({
      SIGHTSEER_MODEL: redis.url,
      SIGHTSEER_STORE: `${redis.url}/1`,
      SIGHTSEER_STORE_KEY: Buffer.from(FLEET_KEY).toString('base64'),
    })
    stack.defer(() => demo.close())
    const ada = await demo.join('ada')
    await ada.upload(scene())
    assert.match((await ada.slash('describe')).content, /red circle/)
    const english = await ada.slash('privacy show')
    assert.ok(english.content.includes(EN.privacy.kept(24, 'queue')))
    const lin = await demo.join('lin', { locale: 'zh-CN' })
    const chinese = await lin.slash('privacy show')
    assert.ok(chinese.content.includes(ZH.privacy.kept(24, 'queue')))
  })
})
