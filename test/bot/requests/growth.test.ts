/**
 * The whole bot while answers grow, at the pace of Discord. The model is a real one of some pictures only,
 * which takes several at once; what it writes is told in a few steps, each once the one before it is seen.
 */

import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import type { APIMessage } from 'discord.js'
import type { Member } from 'loopback-discord/client'
import { MORE } from '../../../bot/requests/growing.ts'
import { quotedParagraphs } from '../../../commands/answer-text.ts'
import { EN } from '../../../commands/i18n/en.ts'
import type { Model, Step } from '../../../inference/contract/types.ts'
import { openModel } from '../../../inference/model.ts'
import { type DemoBot, hearts, scene, startDemoBot, triangle } from '../../helpers/demo-bot.ts'
import { packageFor, recardedPackage } from '../../helpers/packages.ts'
import { inPieces, PIECES, pieces } from '../../helpers/paced-model.ts'

const WHERE = 'where is it?'
const WHICH = 'which one is red?'

const ABOUT_LIST = 'what is on the list?'
/** What the model says of that, at once. */
const LIST = Array.from({ length: 200 }, (_, i) => `- line ${i} of a list`).join('\n')

/** The model, which tells a long list at once. */
function withList(model: Model): Model {
  return {
    ...model,
    ask: async (images, question, options = {}) => {
      if (question !== ABOUT_LIST) {
        return model.ask(images, question, options)
      }
      return {
        ...(await model.ask(images, question, { ...options, onStep: () => {} })),
        text: LIST,
      }
    },
  }
}

/** What a message was, from its first state to its last. */
function states(member: Member, { id }: APIMessage): string[] {
  return member.events.flatMap(({ message }) => (message?.id === id ? [message.content] : []))
}

describe('an answer that takes long', { concurrency: true, timeout: 120_000 }, () => {
  let folder: string
  let model: Model
  let demo: DemoBot
  const members: Member[] = []

  before(async () => {
    const original = await packageFor('onevision-tiles')
    const plain = await openModel(original, { threads: 1 })
    const { text: declined } = await plain.describe(scene().bytes)
    await plain.close()
    const knows = { en: 'anything but scenes', zh: '场景以外的' }
    folder = await recardedPackage(original, { domain: { knows, declined } })
    model = await openModel(folder, { threads: 1 })
    demo = await startDemoBot({}, undefined, undefined, inPieces(withList(model), seen))
  })
  after(async () => {
    await demo.close()
    await model.close()
    await rm(folder, { recursive: true })
  })

  /** Waits until one of the members sees the text as it grows. */
  async function seen(text: string): Promise<void> {
    const content = quotedParagraphs(text) + MORE
    await Promise.any(
      members.map((one) => one.until(({ message }) => message?.content.endsWith(content) === true)),
    )
  }

  async function join(name: string): Promise<Member> {
    const member = await demo.join(name)
    members.push(member)
    return member
  }

  it('about one picture is seen in several edits before the last', async () => {
    const ada = await join('ada')
    const answer = await ada.slash('ask', { question: WHERE, image: hearts() })
    await assertGrew(ada, answer, { pictures: hearts().bytes, question: WHERE })
  })

  it('about two pictures is seen in several edits before the last', async () => {
    const kit = await join('kit')
    const pair = { image: hearts(), second: triangle() }
    const answer = await kit.slash('compare', { ...pair, question: WHICH })
    const pictures = [hearts().bytes, triangle().bytes]
    await assertGrew(kit, answer, { pictures, question: WHICH })
  })

  it('is never seen where the model does not know one of the pictures', async () => {
    const lin = await join('lin')
    const outside = EN.errors['image/outside-domain']({
      knows: { en: 'anything but scenes', zh: '' },
    })
    for (const options of [
      { command: 'ask', image: scene() },
      { command: 'compare', image: hearts(), second: scene() },
    ]) {
      const { command, ...pictures } = options
      const answer = await lin.slash(command, { ...pictures, question: WHICH })
      assert.ok(answer.content.includes(outside), answer.content)
      assert.ok(!states(lin, answer).some((content) => content.endsWith(MORE)))
    }
  })

  it('has what a message has no room for in a file, or says that there is none', async () => {
    const mo = await join('mo')
    const question = ABOUT_LIST
    const answer = await mo.slash('ask', { question, image: hearts() })
    assert.match(answer.content, /^> .*\n\\- line 0 of a list\n\\- line 1 of a list\n/)
    assert.ok(answer.content.endsWith(`\n${EN.answer.restInFile}`), answer.content)
    const file = answer.attachments.at(-1)
    assert.equal(file?.filename, 'answer.txt')
    assert.equal(await (await fetch(file.url)).text(), `${LIST}\n`)

    const route = { method: 'POST', path: '/channels/*/messages' } as const
    demo.sandbox.faults.add({ kind: 'rest', ...route, status: 403, code: 50_013 })
    const refused = await mo.answerTo(await mo.reply(answer, question))
    assert.ok(refused.content.endsWith(`\n${EN.answer.restCut}`), refused.content)
    assert.deepEqual(refused.attachments, [])
  })

  async function assertGrew(
    member: Member,
    answer: APIMessage,
    asked: { readonly pictures: Parameters<Model['ask']>[0]; readonly question: string },
  ): Promise<void> {
    const steps: Step[] = []
    const onStep = (step: Step) => void steps.push(step)
    const { text } = await model.ask(asked.pictures, asked.question, { onStep })
    const above = `> ${asked.question}\n`
    const grown = states(member, answer).filter((content) => content.endsWith(MORE))
    assert.deepEqual(
      grown,
      pieces(steps).map((step) => above + quotedParagraphs(step.text) + MORE),
    )
    assert.equal(grown.length, PIECES)
    assert.ok(answer.content.startsWith(above + quotedParagraphs(text)))
  }
})
