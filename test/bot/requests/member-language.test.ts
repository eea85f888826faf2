/** The language that the model answers in: the member's, or the server's for messages. */

import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import type { Member } from 'loopback-discord/client'
import { asSentence } from '../../../bot/requests/captions.ts'
import { quotedParagraphs } from '../../../commands/answer-text.ts'
import { answersInEnglish } from '../../../commands/i18n/answers-in-english.ts'
import type { Model } from '../../../inference/contract/types.ts'
import { openModel } from '../../../inference/model.ts'
import { instructionsOf } from '../../../inference/package/model-card.ts'
import { type DemoBot, hearts, startDemoBot } from '../../helpers/demo-bot.ts'
import { packageFor, recardedPackage } from '../../helpers/packages.ts'

const QUESTION = '哪个是红色的?'
const IN_CHINESE = ' Answer in Chinese.'
const { bytes } = hearts()

describe('a model of English and Chinese', { timeout: 120_000 }, () => {
  let folder: string
  let model: Model
  let demo: DemoBot
  let mention: string

  before(async () => {
    folder = await recardedPackage(await packageFor('smolvlm-tiles'), { languages: ['en', 'zh'] })
    model = await openModel(folder, { threads: 1 })
    demo = await startDemoBot({}, undefined, undefined, model)
    mention = `<@${demo.bot.client.user.id}>`
  })
  after(async () => {
    await demo.close()
    await model.close()
    await rm(folder, { recursive: true })
  })

  /** What is shown of the answer to exactly that; the random model says something else to each. */
  async function saidTo(told: string): Promise<string> {
    return quotedParagraphs((await model.ask(bytes, told)).text)
  }

  /** The beginning of an answer to a question of a member, in a command or in a message. */
  async function asked(member: Member, { inMessage = false } = {}): Promise<string> {
    const answer = inMessage
      ? await member.answerTo(await member.say(`${mention} ${QUESTION}`, hearts()))
      : await member.slash('ask', { question: QUESTION, image: hearts() })
    return answer.content
  }

  it('is asked for Chinese by a member whose Discord is in Chinese, with nothing below', async () => {
    const lin = await demo.join('lin', { locale: 'zh-CN' })
    const inChinese = await saidTo(QUESTION + IN_CHINESE)
    assert.notEqual(inChinese, await saidTo(QUESTION))
    const answer = await asked(lin)
    assert.ok(answer.startsWith(`> ${QUESTION}\n${inChinese}`), answer)
    assert.ok(!answer.includes(answersInEnglish('zh-CN')!))

    const described = await lin.slash('describe', { image: hearts() })
    const { text } = await model.ask(bytes, instructionsOf(model.card).caption + IN_CHINESE)
    assert.ok(described.content.startsWith(quotedParagraphs(asSentence(text))), described.content)
  })

  it('is asked for the language of the server in a message', async () => {
    const lin = await demo.join('lin', { locale: 'zh-CN' })
    const kit = await demo.join('kit')
    const plain = await asked(lin, { inMessage: true })
    assert.ok(plain.startsWith(await saidTo(QUESTION)), plain)
    await kit.slash('settings language', { value: 'zh-CN' })
    const chinese = await asked(kit, { inMessage: true })
    assert.ok(chinese.startsWith(await saidTo(QUESTION + IN_CHINESE)), chinese)
    await kit.slash('settings language', { value: 'auto' })
  })

  it('is asked for no other, and the member is told so in theirs', async () => {
    const lin = await demo.join('lin', { locale: 'de' })
    const answer = await asked(lin)
    assert.ok(answer.startsWith(`> ${QUESTION}\n${await saidTo(QUESTION)}`), answer)
    assert.ok(answer.endsWith(`\n-# ${answersInEnglish('de')}`), answer)

    const ada = await demo.join('ada')
    const english = await asked(ada)
    assert.ok(english.startsWith(`> ${QUESTION}\n${await saidTo(QUESTION)}`), english)
    assert.ok(!english.includes(answersInEnglish('de')!))
  })
})
