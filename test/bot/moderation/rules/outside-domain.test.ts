/** Moderation of a photograph with the demo model, which knows no photographs. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { EN } from '../../../../commands/i18n/en.ts'
import { hearts, photograph } from '../../../helpers/demo-bot.ts'
import { type ModeratedServer, startModeratedServer } from '../../../helpers/moderated-server.ts'

const words = EN.moderationRules
/** What the model would say yes to. */
const CROSS = { name: 'cross', question: 'is there an orange cross?', threshold: 1 }
const HEARTS = { name: 'hearts', question: 'is there a red heart?', threshold: 60 }

describe('a photograph in a moderated server', () => {
  let server: ModeratedServer

  before(async () => {
    server = await startModeratedServer()
    await server.setUp()
  })
  after(() => server.close())

  it('hits no rule, is counted, and is not judged by a test of the rules', async () => {
    await server.mo.slash('moderation rule add', CROSS)
    await server.mo.slash('moderation rule add', HEARTS)
    const tested = await server.mo.slash('moderation rule test', { image: photograph() })
    assert.match(tested.content, /^I only know drawings .* I judge no question about it/)
    server.ada.switchTo('general')
    await server.ada.upload(photograph())
    await server.ada.upload(hearts()) // judged after it
    await server.aCase(/the question “hearts”/)
    assert.equal(server.cases().length, 1)
    const listed = (await server.mo.slash('moderation rule list')).content
    assert.ok(listed.includes(words.unknownPictures(1)), listed)
    await server.mo.slash('moderation rule remove', { name: 'cross' })
    await server.mo.slash('moderation rule remove', { name: 'hearts' })
  })

  it('is not described in a case', async () => {
    await server.post(photograph())
    const posted = await server.aCase(new RegExp(`^${EN.moderation.case.cannotSee}`, 'm'))
    assert.doesNotMatch(posted.content, /What I see/)
  })
})
