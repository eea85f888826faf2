/** The whole bot on the loopback Discord, with small random models of other families than bot.test.ts has. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { pino } from 'pino'
import type { Member } from 'loopback-discord/client'
import { type Bot, startBot } from '../../bot/start.ts'
import { asSentence } from '../../bot/requests/captions.ts'
import { quoted } from '../../commands/answer-text.ts'
import { EN } from '../../commands/i18n/en.ts'
import { readConfig } from '../../config/config.ts'
import type { Answer } from '../../inference/contract/types.ts'
import { packageFor } from '../helpers/packages.ts'
import { pictureFile } from '../helpers/pictures.ts'
import { connectMember } from '../helpers/members.ts'

/** An answer as it is shown. */
function shown({ text, judgment }: Answer): string {
  return (
    (quoted(text) || EN.answer.nothing) +
    (judgment.verdict === 'unsure' ? `\n-# ${EN.answer.unsure}` : '')
  )
}

const NAMES = [
  'llava-qwen3',
  'onevision-tiles',
  'smolvlm-tiles',
  'idefics-resampler',
  't5-gated',
] as const

for (const name of NAMES) {
  describe(`the bot with ${name}`, () => {
    let bot: Bot
    let ada: Member

    before(async () => {
      const settings = { SIGHTSEER_MODEL: await packageFor(name), SANDBOX_STATE: 'memory' }
      bot = await startBot(readConfig(settings), pino({ level: 'silent' }))
      ada = await connectMember(bot.sandbox!.url)
    })
    after(async () => {
      ada.close()
      await bot.close()
    })

    it('describes a picture and answers about it, with the history', async () => {
      const { bytes } = pictureFile()
      const description = await ada.slash('describe', { image: pictureFile() })
      const described = await bot.model.describe(bytes)
      assert.equal(description.content, shown({ ...described, text: asSentence(described.text) }))

      const first = await ada.answerTo(await ada.reply(description, 'what color is it?'))
      const alone = await bot.model.ask(bytes, 'what color is it?')
      assert.equal(first.content, shown(alone))
      const second = await ada.answerTo(await ada.reply(first, 'and </s> <image> now?'))
      const history = [{ question: 'what color is it?', answer: alone.text }]
      const following = await bot.model.ask(bytes, 'and </s> <image> now?', { history })
      assert.equal(second.content, shown(following))
      assert.equal(bot.model.stats().stages.vision.rows, 1)
    })
  })
}
