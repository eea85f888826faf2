/** What a person reads who shows the bot a file that is unusual. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Member } from 'loopback-discord/client'
import sharp from 'sharp'
import { EN } from '../../../commands/i18n/en.ts'
import { animation } from '../../helpers/layers.ts'
import { type DemoBot, scene, startDemoBot } from '../../helpers/demo-bot.ts'

describe('an unusual file', () => {
  let demo: DemoBot
  let ada: Member

  before(async () => {
    demo = await startDemoBot()
    ada = await demo.join('ada')
  })
  after(() => demo.close())

  /** The last line of the bot's answer to a mention with the file. */
  async function answer(name: string, bytes: Uint8Array, question = ''): Promise<string> {
    const content = `<@${demo.bot.client.user.id}> ${question}`
    const posted = await ada.say(content, { name, bytes: new Uint8Array(bytes) })
    const message = await ada.answerTo(posted)
    return message.content.split('\n').at(-1) ?? ''
  }

  it('is told in one sentence where it cannot be read', async () => {
    const { errors } = EN
    const jpeg = await sharp(scene().bytes).jpeg().toBuffer()
    const cut = jpeg.subarray(0, jpeg.length - 2)
    assert.equal(await answer('cut.jpg', cut), errors['image/damaged']({ format: 'JPEG' }))
    const drawing = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')
    assert.match(await answer('a.svg', drawing), /^a\.svg is an SVG drawing; please send a PNG/)
    assert.match(await answer('a.png', drawing), /^That file is an SVG drawing; please send a PNG/)
    const page = Buffer.from('<!doctype html><title>404</title>')
    assert.match(await answer('404.png', page), /^That file is a web page;/)
  })

  it('is seen as people see it', async () => {
    const { width, height } = await sharp(scene().bytes).metadata()
    const create = { width, height, channels: 3, background: '#000' } as const
    const blank = await sharp({ create }).png().toBuffer()
    const moving = await animation('webp', [blank, scene().bytes])
    assert.match(await answer('moving.webp', moving), /red circle/)
    // Without the transparency it is a black picture.
    const square =
      '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96"><path d="M35 35h26v26h-26z"/></svg>'
    const drawn = await sharp(Buffer.from(square)).png().toBuffer()
    assert.match(await answer('drawn.png', drawn), /black square .*on a white background/i)
  })

  it('is answered although it is a strip of a million rows, and so are others', async () => {
    const create = { width: 1, height: 1_000_000, channels: 3, background: '#d33' } as const
    const strip = await sharp({ create }).png().toBuffer()
    assert.notEqual(await answer('strip.png', strip), '')
    assert.match(await answer('scene.webp', scene().bytes), /red circle/)
  })
})
