/** The whole bot on the loopback Discord, with small random models of other families than bot.test.ts has. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Member } from 'loopback-discord/client'
import { asSentence } from '../../bot/requests/captions.ts'
import { scoreQuestion } from '../../bot/moderation/rules/score-question.ts'
import { quotedParagraphs } from '../../commands/answer-text.ts'
import { EN } from '../../commands/i18n/en.ts'
import type { Answer, Model } from '../../inference/contract/types.ts'
import { openModel } from '../../inference/model.ts'
import { button, deletePrivacy, postWithAltText, scene } from '../helpers/demo-bot.ts'
import { idle, kept, leftOver } from '../helpers/held-bot.ts'
import { type ModeratedServer, startModeratedServer } from '../helpers/moderated-server.ts'
import { packageFor } from '../helpers/packages.ts'
import { pictureFile } from '../helpers/pictures.ts'

/** An answer as it is shown. */
function shown({ text, judgment }: Answer): string {
  return (
    (quotedParagraphs(text) || EN.answer.nothing) +
    (judgment.verdict === 'unsure' ? `\n-# ${EN.answer.unsure}` : '')
  )
}

/** A question that the random model answers with yes at 2 % or more: rules begin at 1 %. */
async function likelyQuestion(model: Model, picture: Uint8Array): Promise<string> {
  for (let number = 0; number < 500; number++) {
    const question = `is it ${(number * 7919).toString(36)}?`
    if ((await scoreQuestion(model, picture, question)) >= 0.02) {
      return question
    }
  }
  throw new Error('the model answers every question with no')
}

const NAMES = [
  'llava-qwen3',
  'onevision-tiles',
  'smolvlm-tiles',
  'idefics-resampler',
  't5-gated',
] as const

for (const name of NAMES) {
  describe(`the bot with ${name}`, { timeout: 120_000 }, () => {
    let model: Model
    let server: ModeratedServer
    let ada: Member

    before(async () => {
      model = await openModel(await packageFor(name))
      server = await startModeratedServer({}, model)
      ada = server.ada
    })
    after(async () => {
      await server.close()
      await model.close()
    })

    it('describes a picture and answers about it, with the history', async () => {
      const { bytes } = pictureFile()
      const description = await ada.slash('describe', { image: pictureFile() })
      const described = await model.describe(bytes)
      assert.equal(description.content, shown({ ...described, text: asSentence(described.text) }))

      const first = await ada.answerTo(await ada.reply(description, 'what color is it?'))
      const alone = await model.ask(bytes, 'what color is it?')
      assert.equal(first.content, shown(alone))
      const second = await ada.answerTo(await ada.reply(first, 'and </s> <image> now?'))
      const history = [{ question: 'what color is it?', answer: alone.text }]
      const following = await model.ask(bytes, 'and </s> <image> now?', { history })
      assert.equal(second.content, shown(following))
      assert.equal(model.stats().stages.vision.rows, 1)
    })

    it('posts a picture again with alternative text', async () => {
      await server.mo.slash('settings channel', { channel: ada.channelId, does: 'alt' })
      const alt = await ada.answerTo(await ada.upload(scene()))
      const again = await ada.answer(await postWithAltText(ada, alt, 'in my words'))
      assert.equal(again.attachments[0]?.description, 'in my words')
    })

    it('opens a case for a wave, and for a question that is answered with yes', async () => {
      await server.setUp()
      await server.post(scene())
      const wave = await server.aCase(/the same picture in 3 channels/)
      assert.match(wave.content, /What I see: /)

      const question = await likelyQuestion(model, pictureFile().bytes)
      const rule = { name: 'rule', question, threshold: 1 }
      await server.mo.slash('moderation rule add', rule)
      ada.switchTo('general')
      await ada.upload(pictureFile())
      const hit = await server.aCase(/question “rule”/, new Set([wave.id]))
      await server.mo.press(hit, button(hit, EN.moderation.buttons.dismiss))
      await server.aCase(/— dismissed/)
    })

    it('keeps nothing of a member who deletes everything', async () => {
      await idle(server.demo)
      assert.notDeepEqual(await kept(server.demo, ada.id), [])
      await deletePrivacy(ada)
      assert.deepEqual(await leftOver(server.demo, ada.id), [])
    })
  })
}
