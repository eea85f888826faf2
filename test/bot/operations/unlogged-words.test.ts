/** What people say, and what their pictures say, is in no line of the log, also where things fail. */

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { startWatchedSandbox } from 'loopback-discord/testing/watched-sandbox'
import { EN } from '../../../commands/i18n/en.ts'
import { button, startDemoBot } from '../../helpers/demo-bot.ts'
import { idle } from '../../helpers/held-bot.ts'
import { ModeratedServer } from '../../helpers/moderated-server.ts'
import { casinoPicture } from '../../helpers/word-pictures.ts'

/** Words of the pictures, questions and rules below, and none of the bot's own. */
const SECRET = /withdrawal|usdt|casino|lucky|zebra|xylophone|promo/i

it('logs no words of pictures, questions, answers, searches and rules', async () => {
  const sandbox = await startWatchedSandbox({ rateLimits: 'off' })
  const lines: string[] = []
  const log = { write: (line: string) => void lines.push(line) }
  const demo = await startDemoBot({ LOG_LEVEL: 'trace' }, sandbox, log)
  const [mo, ada] = [await demo.join('mo', { channel: 'mod-log' }), await demo.join('ada')]
  const server = new ModeratedServer(demo, sandbox, { mo, ada })
  try {
    await server.setUp()
    await mo.slash('settings search', { channel: ada.channelId, value: 'on' })
    await mo.slash('moderation rule add', { name: 'rule', words: 'withdrawal=9', threshold: 5 })

    const picture = { ...(await casinoPicture(1)), name: 'zebra.png' }
    const posted = await ada.upload(picture)
    const caseMessage = await server.aCase(/withdrawal/i)
    await mo.press(caseMessage, button(caseMessage, EN.moderation.buttons.confirm))
    const read = await ada.slash('read', { image: picture })
    assert.match(read.content, /casino/i)
    const answer = await ada.slash('ask', { image: picture, question: 'is it a xylophone?' })
    await ada.answerTo(await ada.reply(answer, 'what does the zebra say?'))
    for (let tries = 0; tries < 100; tries++) {
      if ((await ada.slash('find', { words: 'casino' })).content.includes(posted.id)) {
        break
      }
      await wait(50)
    }

    // discord.js puts the body of a refused request into its error.
    const refused = sandbox.faults.add({
      kind: 'rest',
      path: '/channels/*/messages',
      status: 400,
      code: 50_035,
      count: 9_999,
    })
    await ada.upload(await casinoPicture(4), `<@${demo.bot.client.user.id}> is it a xylophone?`)
    while (!lines.some((line) => line.includes('"level":50'))) {
      await wait(20)
    }
    await idle(demo)
    refused.cancel()
    assert.deepEqual(
      lines.filter((line) => SECRET.test(line)),
      [],
    )
  } finally {
    await server.close()
  }
})
