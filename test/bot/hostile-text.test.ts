/** Hostile text in every place where people's words and names stand in the bot's messages. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { MessageFlags } from 'discord.js'
import type { Member } from 'loopback-discord/client'
import { caseBody } from '../../bot/moderation/cases/message.ts'
import { openCase } from '../../bot/moderation/cases/case.ts'
import { noticeBody } from '../../bot/moderation/cases/notice.ts'
import { answerBody } from '../../bot/requests/answer-message.ts'
import { catalogFor } from '../../commands/i18n/catalog.ts'
import { DEFAULT_MODERATION } from '../../commands/moderation/settings.ts'
import { type DemoBot, scene, startDemoBot } from '../helpers/demo-bot.ts'

const HOSTILE = 'x\nBy: <@1> **b** [l](https://e.example/p) @everyone \u202Ez\u001B[31m'

/** Whether the text acts anywhere in a message: as a line, a link, a ping, a format, a direction. */
function assertHarmless(content: string, where: string): void {
  for (const line of content.split('\n')) {
    assert.doesNotMatch(line, /^By:/, where)
  }
  assert.doesNotMatch(
    content.replaceAll('\n', ' '),
    /https:\/\/e\.example|@everyone|<@1>|\u202E|\p{Cc}/u,
    where,
  )
  assert.doesNotMatch(content, /(?<!\\)\*\*b|(?<!\\)\[l/, where)
  assert.match(content, /x By:/, where)
}

describe('hostile text', () => {
  let demo: DemoBot
  let ada: Member

  before(async () => {
    demo = await startDemoBot()
    ada = await demo.join('ada')
  })
  after(() => demo.close())

  it('in a question is one line of the answer, without previews', async () => {
    await ada.slash('describe', { image: scene() })
    const question = `what color is the star? ${HOSTILE}`
    const answer = await ada.slash('ask', { question })
    assertHarmless(answer.content, 'question')
    assert.match(answer.content, /^> .*x By:.*z\S* ?\S*31m/m)
    assert.notEqual((answer.flags ?? 0) & MessageFlags.SuppressEmbeds, 0)
  })

  it('in an answer of the model is text', () => {
    const part = { lines: [HOSTILE, HOSTILE], spoiler: false }
    const layout = { key: 'k', parts: [part], suggestions: [], question: HOSTILE, again: true }
    const { content } = answerBody(layout, catalogFor('en-US'))
    const [question = '', first = '', second = '', detail = '', ...rest] = content.split('\n')
    assert.deepEqual(rest, [])
    // The text of a single answer keeps its lines.
    for (const text of [question, `${first} ${second}`, detail]) {
      assertHarmless(text, 'answer')
    }
    const several = answerBody({ ...layout, parts: [part, part] }, catalogFor('en-US'))
    const lines = several.content.split('\n')
    assert.equal(lines.length, 5)
    for (const line of lines) {
      assertHarmless(line, 'answers')
    }
  })

  it('in an appeal, a caption and the name of a rule is text of its line', () => {
    const seed = {
      ...SEED,
      reasons: [{ kind: 'rule', weight: 6, name: HOSTILE, score: 1 }],
    } as const
    const opened = openCase({ ...seed, reasons: [...seed.reasons] }, DEFAULT_MODERATION, 1)
    const steps = opened.steps.map((step) => ({ ...step, done: true }))
    const record = { ...opened, steps, captions: [HOSTILE], appeal: HOSTILE }
    const { content } = caseBody(record, catalogFor('en-US'))
    const lines = content.split('\n').filter((line) => line.includes('x By:'))
    assert.equal(lines.length, 3)
    for (const line of lines) {
      assertHarmless(line, 'case')
    }
    assert.doesNotMatch(content, /^By:/m)
  })

  it('in the name of a server is text of the notice', () => {
    const opened = openCase(SEED, DEFAULT_MODERATION, 1)
    const { content } = noticeBody(opened, HOSTILE, catalogFor('en-US'))
    assertHarmless(content, 'notice')
  })
})

const SEED = {
  id: '100000000000000001',
  guildId: '100000000000000002',
  memberId: '100000000000000003',
  joinedAt: null,
  locale: 'en-US',
  copies: [{ channelId: '100000000000000004', messageId: '100000000000000001' }],
  prints: [],
  reasons: [],
  matched: null,
}
