/** Pictures of one wave, each with too few words for a rule, through discord.js and the sandbox. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { APIMessage } from 'discord.js'
import { button } from '../../../helpers/demo-bot.ts'
import { EN } from '../../../../commands/i18n/en.ts'
import { type ModeratedServer, startModeratedServer } from '../../../helpers/moderated-server.ts'
import { wordPicture } from '../../../helpers/word-pictures.ts'

const CHANNELS = ['general', 'memes', 'after-hours']
const LINES = ['Casino night for members', 'Claim your prize today', 'Lucky spin for everybody']

describe('words of a wave', { timeout: 120_000 }, () => {
  let server: ModeratedServer

  before(async () => {
    server = await startModeratedServer()
    await server.setUp({ mode: 'approve' })
    const words = 'casino=2, claim your=1, lucky spin=2'
    const rule = { name: 'luck', words, action: 'remove', 'age-restricted': true }
    await server.mo.slash('moderation rule add', rule)
  })
  after(() => server.close())

  /** Posts pictures with the words, each on another layout. */
  async function post(name: string, channels: readonly string[], lines = LINES) {
    const member = name === 'ada' ? server.ada : await server.join(name, { channel: 'general' })
    const posted: APIMessage[] = []
    for (const [i, channel] of channels.entries()) {
      member.switchTo(channel)
      const picture = await wordPicture([lines[i] ?? '', 'see you soon'], 20 + i)
      posted.push(await member.upload(picture))
    }
    return posted
  }

  it('count together in several channels, and make one case of all its messages', async () => {
    await post('lin', ['general', 'general', 'general']) // one channel is no wave
    const posted = await post('ada', CHANNELS)
    const caseMessage = await server.aCase(/the words of “luck”, in 3 channels together: 5 points/)
    assert.match(caseMessage.content, /for casino \(2\), lucky spin \(2\), claim your \(1\)/)
    assert.match(caseMessage.content, /Where \(3 messages\)/)
    assert.ok(posted.every(({ id }) => caseMessage.content.includes(`/${id}`)))
    // The next one joins them, with few points of its own.
    server.ada.switchTo('general')
    const next = await server.ada.upload(await wordPicture(['A lucky spin again'], 30))
    await server.aCase(new RegExp(`Where \\(4 messages\\)[^]*${next.id}`))
    assert.equal(server.cases().length, 1)
    await server.mo.press(caseMessage, button(caseMessage, EN.moderation.buttons.confirm))
    for (const { id } of [...posted, next]) {
      await server.ada.until((event) => event.type === 'deleted' && event.id === id)
    }
  })
})
