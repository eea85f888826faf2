/** More pictures than the model can score: the oldest waiting one is dropped, and staff see the count. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { postingsSpace } from '../../../../bot/moderation/hashes/postings.ts'
import { EN } from '../../../../commands/i18n/en.ts'
import { hearts, triangle } from '../../../helpers/demo-bot.ts'
import { type ModeratedServer, startModeratedServer } from '../../../helpers/moderated-server.ts'

/** MAX_WAITING of bot/moderation/rules/rules.ts. */
const WAITING = 64
const DROPPED = 10

describe('a flood of pictures', { timeout: 120_000 }, () => {
  let server: ModeratedServer

  before(async () => {
    server = await startModeratedServer()
    await server.setUp()
  })
  after(() => server.close())

  it('drops the oldest waiting picture, and says how many', async (t) => {
    const question = 'is there a green triangle?'
    await server.mo.slash('moderation rule add', { name: 'green', question, threshold: 60 })
    const { model, store, client } = server.demo.bot
    const gate = Promise.withResolvers<void>()
    const score = model.score.bind(model)
    const scoring = t.mock.method(model, 'score', async (...args: Parameters<typeof score>) => {
      await gate.promise
      return score(...args)
    })
    const ada = await server.join('ada', { channel: 'general' })
    const lin = await server.join('lin', { channel: 'general' })
    const heard = async (memberId: string, messageId: string) => {
      const key = `${client.guilds.cache.firstKey()}/${memberId}`
      const postings = postingsSpace(store)
      while ((await postings.get(key))?.some((one) => one.messageId === messageId) !== true) {
        await setImmediate()
      }
    }
    // One is in progress, then comes one that the rule would match, then the flood.
    await ada.upload(hearts())
    while (scoring.mock.callCount() === 0) {
      await setImmediate()
    }
    const oldest = await ada.upload(triangle())
    await heard(ada.id, oldest.id)
    for (let i = 0; i < WAITING + DROPPED - 2; i++) {
      await ada.upload(hearts(`${i}.webp`))
    }
    const newest = await lin.upload(triangle('newest.webp'))
    const wanted = EN.moderationRules.dropped(DROPPED)
    const list = () => server.mo.slash('moderation rule list')
    while (!(await list()).content.includes(wanted)) {
      await setImmediate()
    }

    gate.resolve()
    const caseMessage = await server.aCase(/the question “green”/)
    assert.match(caseMessage.content, new RegExp(`/${newest.id}`))
    assert.ok(!caseMessage.content.includes(oldest.id))
    assert.equal(server.cases().length, 1)
    assert.equal(scoring.mock.callCount(), 1 + WAITING)
    assert.ok((await list()).content.includes(wanted), 'and no more')
  })
})
