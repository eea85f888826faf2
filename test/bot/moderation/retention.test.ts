/** How long moderation's records live, and the export and deletion of moderators' data. */

import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { EN } from '../../../commands/i18n/en.ts'
import type { Model } from '../../../inference/contract/types.ts'
import { deletePrivacy, button, scene } from '../../helpers/demo-bot.ts'
import { openDemoModel } from '../../helpers/shared-model.ts'
import { type ModeratedServer, startModeratedServer } from '../../helpers/moderated-server.ts'

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS
const { buttons } = EN.moderation

describe('what moderation keeps', () => {
  let model: Model
  let server: ModeratedServer

  before(async () => {
    model = await openDemoModel()
  })
  after(() => model.close())
  beforeEach(async () => {
    server = await startModeratedServer({}, model)
    await server.setUp()
  })
  afterEach(() => server.close())

  async function count(name: string): Promise<number> {
    const kind = { name, ttlMs: DAY_MS, decode: (data: unknown) => JSON.stringify(data) }
    return (await Array.fromAsync(server.demo.bot.store.collection(kind).entries())).length
  }

  async function aConfirmedCase(): Promise<void> {
    await server.post(scene())
    const caseMessage = await server.aCase(/red circle/)
    await server.mo.press(caseMessage, button(caseMessage, buttons.confirm))
    await server.aCase(/on the list of scams/)
  }

  it('expires: postings after an hour, cases and pictures after 180 days, settings after 400', async (t) => {
    await aConfirmedCase()
    const kinds = ['moderation-recent', 'moderation-cases', 'moderation-hashes', 'moderation']
    const counts = () => Promise.all(kinds.map(count))
    const start = Date.now()
    assert.deepEqual(await counts(), [1, 1, 1, 1])
    t.mock.timers.enable({ apis: ['Date'], now: start + 59 * 60_000 })
    assert.deepEqual(await counts(), [1, 1, 1, 1])
    t.mock.timers.setTime(start + HOUR_MS + 60_000)
    assert.deepEqual(await counts(), [0, 1, 1, 1])
    t.mock.timers.setTime(start + 179 * DAY_MS)
    assert.deepEqual(await counts(), [0, 1, 1, 1])
    t.mock.timers.setTime(start + 181 * DAY_MS)
    assert.deepEqual(await counts(), [0, 0, 0, 1])
    t.mock.timers.setTime(start + 401 * DAY_MS)
    assert.deepEqual(await counts(), [0, 0, 0, 0])
  })

  it(
    'exports a moderator’s decisions, and deletes only their name from them',
    { timeout: 60_000 },
    async () => {
      await aConfirmedCase()
      const { mo } = server
      mo.switchTo('general')
      const exported = await mo.slash('privacy export')
      const records = await (await fetch(exported.attachments[0]!.url)).text()
      for (const kind of ['moderation-decision', 'moderation-hash']) {
        assert.ok(records.includes(`"${kind}"`), kind)
      }
      await deletePrivacy(mo)
      assert.deepEqual([await count('moderation-cases'), await count('moderation-hashes')], [1, 1])
      const again = await mo.slash('privacy export')
      const [file] = again.attachments
      const rest = file ? await (await fetch(file.url)).text() : ''
      assert.ok(!/moderation-(decision|hash)/.test(rest))
      mo.switchTo('mod-log')
      const list = await mo.slash('moderation hash list')
      assert.match(list.content, /\*\*scam\*\*/)
      assert.ok(!list.content.includes(mo.id))
    },
  )
})
