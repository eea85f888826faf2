/** The detail that the operator set, in everything that the bot asks of its model about a picture. */

import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { asSentence } from '../../../bot/requests/captions.ts'
import { quotedParagraphs } from '../../../commands/answer-text.ts'
import type { Model } from '../../../inference/contract/types.ts'
import { openModel } from '../../../inference/model.ts'
import { instructionsOf } from '../../../inference/package/model-card.ts'
import { startWatchedSandbox } from 'loopback-discord/testing/watched-sandbox'
import { hearts, scene, startDemoBot } from '../../helpers/demo-bot.ts'
import { ModeratedServer } from '../../helpers/moderated-server.ts'
import { packageFor } from '../../helpers/packages.ts'

const QUESTION = 'which one is green?'
const RULE = 'is it green?'

describe('SIGHTSEER_DETAIL', { timeout: 120_000 }, () => {
  let model: Model
  let server: ModeratedServer
  const asking = new EventEmitter()
  /** What the model was asked since the last look, and in which detail; '': for its own description. */
  const asked: { readonly question: string; readonly detail: string | undefined }[] = []

  before(async () => {
    model = await openModel(await packageFor('smolvlm-tiles'), { threads: 1 })
    const sandbox = await startWatchedSandbox({ rateLimits: 'off' })
    const env = { SIGHTSEER_DETAIL: 'low' }
    const demo = await startDemoBot(env, sandbox, undefined, watched(model))
    const mo = await demo.join('mo', { channel: 'mod-log' })
    server = new ModeratedServer(demo, sandbox, { mo, ada: await demo.join('ada') })
  })
  after(async () => {
    await server.close()
    await model.close()
  })

  function tell(question: string, detail: string | undefined): void {
    asked.push({ question, detail })
    asking.emit('asked')
  }

  function watched(open: Model): Model {
    return {
      ...open,
      describe: (images, options) => {
        tell('', options?.detail)
        return open.describe(images, options)
      },
      ask: (images, question, options) => {
        tell(question, options?.detail)
        return open.ask(images, question, options)
      },
      score: (image, options) => {
        tell('question' in options ? options.question : options.prompt, options.detail)
        return open.score(image, options)
      },
    }
  }

  /** Waits until these were asked: all that was asked was in low detail. */
  async function assertLow(...questions: readonly string[]): Promise<void> {
    const isAsked = (one: string) => asked.some(({ question }) => question === one)
    while (!questions.every(isAsked)) {
      await once(asking, 'asked')
    }
    assert.deepEqual([...new Set(asked.splice(0).map(({ detail }) => detail))], ['low'])
  }

  it('is that of descriptions, alternative text, suggestions and answers', async () => {
    const { ada } = server
    const { bytes } = hearts()
    const low = quotedParagraphs(asSentence((await model.describe(bytes, { detail: 'low' })).text))
    const usual = quotedParagraphs(asSentence((await model.describe(bytes)).text))
    assert.notEqual(low, usual)
    const described = await ada.slash('describe', { image: hearts() })
    assert.ok(described.content.startsWith(low), described.content)
    await ada.slash('describe', { image: hearts(), style: 'alt' })
    await assertLow('', instructionsOf(model.card).questions)

    const answer = await ada.answerTo(await ada.reply(described, QUESTION))
    const { text } = await model.ask(bytes, QUESTION, { detail: 'low' })
    assert.ok(answer.content.startsWith(quotedParagraphs(text)), answer.content)
    const pair = { image: hearts(), second: scene() }
    await ada.slash('compare', { ...pair, question: QUESTION })
    await assertLow(QUESTION)
  })

  it('is that of moderation', async () => {
    await server.setUp()
    const rule = { name: 'rule', question: RULE, threshold: 50 }
    await server.mo.slash('moderation rule add', rule)
    await server.ada.upload(scene()) // once: what is posted several times may be deleted before it is judged
    await assertLow(RULE)
  })
})
