/** Moving pictures, with a model that takes several pictures and one that takes one. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Member } from 'loopback-discord/client'
import { asSentence } from '../../../bot/requests/captions.ts'
import { quotedParagraphs } from '../../../commands/answer-text.ts'
import { EN } from '../../../commands/i18n/en.ts'
import { hasCode } from '../../../config/errors.ts'
import type { Answer } from '../../../inference/contract/types.ts'
import { decodeFrames } from '../../../inference/image/animation/frames.ts'
import { openModel } from '../../../inference/model.ts'
import { framesOf } from '../../../inference/package/model-card.ts'
import { type DemoBot, startDemoBot } from '../../helpers/demo-bot.ts'
import { movingBytes } from '../../helpers/moving-pictures.ts'
import { packageFor } from '../../helpers/packages.ts'
import { pictureFile, sha256 } from '../../helpers/pictures.ts'

const FRAMES = 'These pictures are frames of one moving picture, in order.'
const IN_SHORT = 'Describe this picture in one or two sentences.'
const FILES = ['parts.gif', 'parts.png', 'lossless.webp', 'sequence.avif'] as const

function moving(name: string) {
  return { name, bytes: new Uint8Array(movingBytes(name)) }
}

/** An answer as it is shown. */
function shown({ text, judgment }: Answer, count: number): string {
  const unsure = judgment.verdict === 'unsure' ? `\n-# ${EN.answer.unsure}` : ''
  return `${quotedParagraphs(text) || EN.answer.nothing}${unsure}${count > 0 ? `\n-# ${EN.answer.frames(count)}` : ''}`
}

describe('a moving picture with a model that takes several pictures', () => {
  let demo: DemoBot
  let ada: Member
  let most: number
  const frames = async (file: string) =>
    (await decodeFrames(movingBytes(file), { most, side: 640 })).files

  before(async () => {
    const model = await openModel(await packageFor('smolvlm-tiles'), { threads: 1 })
    demo = await startDemoBot({}, undefined, undefined, model)
    ada = await demo.join('ada')
    most = framesOf(model.card)
    assert.ok(most > 1)
  })
  after(async () => {
    await demo.close()
    await demo.bot.model.close()
  })

  for (const file of FILES) {
    it(`is described by frames of it: ${file}`, async () => {
      const files = await frames(file)
      assert.ok(files.length > 1)
      const described = await ada.slash('describe', { image: moving(file) })
      const { model } = demo.bot
      const expected = await model.ask(files, `${FRAMES} ${IN_SHORT}`, { detail: 'low' })
      const sentence = { ...expected, text: asSentence(expected.text) }
      assert.equal(described.content, shown(sentence, files.length))
    })
  }

  it('is asked about by the same frames again, which are encoded once', async () => {
    const { model } = demo.bot
    const files = await frames('transparent.gif')
    const mention = `<@${demo.bot.client.user.id}>`
    const question = 'what moves?'
    const asked = await ada.say(`${mention} ${question}`, moving('transparent.gif'))
    const first = await ada.answerTo(asked)
    const { rows } = model.stats().stages.vision
    const second = await ada.answerTo(await ada.reply(first, 'and where to?'))
    // Suggested questions are about the still, which may be encoded meanwhile.
    assert.ok(model.stats().stages.vision.rows <= rows + 1)

    const told = `${FRAMES} ${question}`
    const expected = await model.ask(files, told, { detail: 'low' })
    assert.equal(first.content, shown(expected, files.length))
    const history = [{ question: told, answer: expected.text }]
    const following = await model.ask(files, 'and where to?', { history, detail: 'low' })
    assert.equal(second.content, shown(following, files.length))
  })

  it('leaves nothing behind when it is forgotten', async () => {
    const { model } = demo.bot
    const { bytes } = model.stats().caches.images
    await ada.slash('describe', { image: moving('still-first.png') })
    assert.ok(model.stats().caches.images.bytes > bytes)
    await model.forget([sha256(movingBytes('still-first.png'))])
    assert.ok(model.stats().caches.images.bytes <= bytes)
  })

  it('is a still where it has one frame', async () => {
    const { model } = demo.bot
    const still = pictureFile()
    const described = await ada.slash('describe', { image: still })
    const expected = await model.describe(still.bytes)
    assert.equal(described.content, shown({ ...expected, text: asSentence(expected.text) }, 0))
  })
})

describe('a moving picture with a model that has no room for what is said of frames', () => {
  it('is described and asked about as its first frame', async () => {
    const demo = await startDemoBot({ SIGHTSEER_MODEL: await packageFor('llava-qwen3') })
    await using stack = new AsyncDisposableStack()
    stack.defer(() => demo.close())
    const { model } = demo.bot
    const ada = await demo.join('ada')
    const file = moving('parts.gif')
    const told = `${FRAMES} ${IN_SHORT}`
    const frames = await decodeFrames(movingBytes(file.name), {
      most: framesOf(model.card),
      side: 640,
    })
    assert.ok(frames.files.length > 1)
    await assert.rejects(model.ask(frames.files, told, { detail: 'low' }), (error) =>
      hasCode(error, 'image/no-room'),
    )
    const described = await ada.slash('describe', { image: file })
    const caption = await model.describe(file.bytes)
    assert.equal(described.content, shown({ ...caption, text: asSentence(caption.text) }, 0))
    const asked = await ada.answerTo(await ada.reply(described, 'what moves?'))
    assert.equal(asked.content, shown(await model.ask(file.bytes, 'what moves?'), 0))
  })
})

describe('a moving picture with a model that takes one picture', () => {
  it('is seen as its first frame', async () => {
    const demo = await startDemoBot()
    try {
      const ada = await demo.join('ada')
      const answer = await ada.slash('describe', { image: moving('parts.gif') })
      assert.ok(!answer.content.includes('frames'))
      assert.equal(demo.bot.model.stats().stages.vision.rows > 0, true)
    } finally {
      await demo.close()
    }
  })
})
