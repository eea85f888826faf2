/** Reading: the words of a picture, as text that people can copy. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type APIMessage, MessageFlags } from 'discord.js'
import type { Member } from 'loopback-discord/client'
import sharp from 'sharp'
import { EN } from '../../../commands/i18n/en.ts'
import { ZH } from '../../../commands/i18n/zh.ts'
import {
  button,
  buttonsOf,
  type DemoBot,
  photograph,
  postWithAltText,
  scene,
  startDemoBot,
  triangle,
} from '../../helpers/demo-bot.ts'
import { drawCode, pictureWithCodes } from '../../helpers/codes.ts'
import { packageFor } from '../../helpers/packages.ts'
import { FIXTURES } from '../../helpers/parity.ts'

const STATION = '```\nEXIT\nNo parking\nPlatform 9\n```'

/** A picture of the words EXIT, No parking, Platform 9. */
function station(name = 'station.png') {
  return {
    name,
    bytes: new Uint8Array(readFileSync(path.join(FIXTURES, 'reading', '09-light.png'))),
  }
}

/** A picture with as many lines of text, black on white. */
async function lines(count: number, text: (line: number) => string) {
  const rows = Array.from(
    { length: count },
    (_, i) => `<text x="20" y="${40 + 40 * i}">${text(i)}</text>`,
  )
  const height = 40 * count + 40
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="${height}"><rect width="100%" height="100%" fill="white"/><g font-family="DejaVu Sans" font-size="22">${rows.join('')}</g></svg>`
  return {
    name: 'lines.png',
    bytes: new Uint8Array(await sharp(Buffer.from(svg)).png().toBuffer()),
  }
}

/** The text file of an answer. */
async function fileOf({ attachments }: APIMessage) {
  const file = attachments.find(({ filename }) => filename.endsWith('words.txt'))
  assert.ok(file)
  return (await fetch(file.url)).text()
}

describe('/read', () => {
  let demo: DemoBot
  let ada: Member

  before(async () => {
    demo = await startDemoBot()
    ada = await demo.join('ada')
  })
  after(() => demo.close())

  it('shows the words of an attached picture in a code block, beside the picture', async () => {
    const answer = await ada.slash('read', { image: station() })
    assert.equal(answer.content, STATION)
    assert.deepEqual(
      answer.attachments.map(({ filename }) => filename),
      ['station.png'],
    )
    assert.deepEqual(
      buttonsOf(answer).map(({ label }) => label),
      [EN.buttons.ask, EN.buttons.delete],
    )
  })

  it('reads the newest picture, privately where that is asked for', async () => {
    await ada.upload(station())
    const answer = await ada.slash('read', { private: true })
    assert.ok(answer.content.endsWith(STATION), answer.content)
    assert.equal((answer.flags ?? 0) & MessageFlags.Ephemeral, MessageFlags.Ephemeral)
  })

  it('is the style `text` of /describe, and an entry of the menu of a message', async () => {
    assert.equal(
      (await ada.slash('describe', { image: station(), style: 'text' })).content,
      STATION,
    )
    const posted = await ada.upload(station())
    const menu = await ada.menu(EN.commands.readMenu, posted)
    assert.equal(menu.content, STATION)
  })

  it('says so where there are no words, in the language of the reader', async () => {
    for (const picture of [photograph(), scene()]) {
      assert.equal((await ada.slash('read', { image: picture })).content, EN.answer.noText)
    }
    const lin = await demo.join('lin', { locale: 'zh-CN' })
    assert.equal((await lin.slash('read', { image: scene() })).content, ZH.answer.noText)
  })

  it('does not say that there are no words where there was no time to read them', async (t) => {
    const { model } = demo.bot
    const read = model.read.bind(model)
    t.mock.method(model, 'read', async (...of: Parameters<typeof read>) => {
      // As where time ran out before the first line.
      return { ...(await read(...of)), lines: [], complete: false }
    })
    assert.equal((await ada.slash('read', { image: station() })).content, EN.answer.notRead)
  })

  it('reads each of several pictures, and says which has no words', async () => {
    const posted = await ada.say('look', station(), scene())
    const { content } = await ada.menu(EN.commands.readMenu, posted)
    assert.equal(content, `**1.** ${STATION}\n**2.** ${EN.answer.noText}`)
  })

  it('hides the words of a spoiler, also in the name of the file', async () => {
    const hidden = await ada.slash('read', { image: station('SPOILER_station.png') })
    assert.equal(hidden.content, '||EXIT\nNo parking\nPlatform 9||')
    const { bytes } = await lines(
      60,
      (line) => `Line ${line} of a very long text that goes on here`,
    )
    const long = await ada.slash('read', { image: { name: 'SPOILER_long.png', bytes } })
    assert.match(long.content, /^\|\|Line 0 .*…\|\|\n/s)
    assert.ok(long.attachments.every(({ filename }) => filename.startsWith('SPOILER_')))
  })

  it('gives long texts as a file', async () => {
    const answer = await ada.slash('read', {
      image: await lines(42, (line) => `Line ${line} of a very long text that goes on here`),
    })
    assert.match(answer.content, /^```\nLine 0 .*…\n```\n/s)
    assert.ok(answer.content.endsWith(EN.answer.textInFile))
    const text = await fileOf(answer)
    assert.match(text, /Line 41 of a very long text/)
    assert.equal(text.trim().split('\n').length, 42)
  })

  it('shows what codes say, and nothing embeds it', async () => {
    const code = await drawCode('https://example.com/claim')
    const bytes = new Uint8Array(await pictureWithCodes([code], { title: 'Scan to claim' }))
    const block = '```\nhttps://example.com/claim\n```'
    const answer = await ada.slash('read', { image: { name: 'code.png', bytes } })
    assert.equal(answer.content, `\`\`\`\nScan to claim\n\`\`\`\n-# ${EN.answer.codes}\n${block}`)
    assert.deepEqual(answer.embeds, [])
    const lin = await demo.join('lin', { locale: 'zh-CN' })
    const alone = await lin.slash('read', {
      image: { name: 'code.png', bytes: new Uint8Array(code) },
    })
    assert.equal(alone.content, `-# ${ZH.answer.codes}\n${block}`)
    const posted = await ada.upload({ name: 'code.png', bytes: new Uint8Array(code) })
    const asked = await ada.answerTo(
      await ada.reply(posted, `<@${demo.bot.client.user.id}> scan it`),
    )
    assert.ok(asked.content.endsWith(block), asked.content)
    const unknown = await ada.slash('describe', {
      image: { name: 'code.png', bytes: new Uint8Array(code) },
    })
    assert.ok(unknown.content.endsWith(block), unknown.content)
  })

  it('pings nobody', async () => {
    const answer = await ada.slash('read', { image: await lines(1, () => '@everyone look here') })
    assert.equal(answer.content, '```\n@everyone look here\n```')
    assert.equal(answer.mention_everyone, false)
  })

  it('keeps the words until the message of the picture is deleted', async () => {
    const { model } = demo.bot
    const misses = () => model.stats().caches.texts.misses
    const picture = await lines(1, () => 'Delete these words')
    const posted = await ada.upload(picture)
    await ada.menu(EN.commands.readMenu, posted)
    const read = misses()
    await ada.menu(EN.commands.readMenu, posted)
    assert.equal(misses(), read)

    await ada.delete(posted)
    // The bot hears of it a moment later. Until then the words are still there.
    for (let tries = 0; misses() === read && tries < 100; tries++) {
      await wait(20)
      await ada.slash('read', { image: picture, private: true })
    }
    assert.equal(misses(), read + 1)
  })

  it('tells why a file cannot be read', async () => {
    const broken = { name: 'broken.png', bytes: new TextEncoder().encode('no picture') }
    assert.equal(
      (await ada.slash('read', { image: broken })).content,
      EN.errors['image/unknown-format'],
    )
  })

  it('answers a question about what it has read', async () => {
    const read = await ada.slash('read', { image: scene() })
    const answer = await ada.answerTo(await ada.reply(read, 'what color is the star?'))
    assert.equal(answer.content, 'yellow')
  })
})

describe('questions about words, with the demo model', () => {
  let demo: DemoBot
  let ada: Member
  let mention: string

  before(async () => {
    demo = await startDemoBot()
    ada = await demo.join('ada')
    mention = `<@${demo.bot.client.user.id}>`
  })
  after(() => demo.close())

  it('are answered by the reader, in messages, commands and follow-ups', async () => {
    const answer = await ada.answerTo(await ada.upload(station(), `${mention} what does it say?`))
    assert.equal(answer.content, STATION)
    const next = await ada.answerTo(await ada.reply(answer, 'translate please'))
    assert.equal(next.content, `${EN.answer.notTranslated}\n${STATION}`)
    const asked = await ada.slash('ask', { question: 'read it', image: station() })
    assert.ok(asked.content.endsWith(STATION), asked.content)
    const lin = await demo.join('lin', { locale: 'zh-CN' })
    const { content } = await lin.slash('ask', { question: '上面写了什么？', image: station() })
    assert.ok(content.endsWith(STATION), content)
  })

  it('have one answer, which the model does not take for its own', async () => {
    const drawing = await ada.slash('describe', { image: scene() })
    const none = await ada.answerTo(await ada.reply(drawing, 'what does it say?'))
    assert.equal(none.content, EN.answer.noText)
    const again = await ada.answer(await ada.press(none, button(none, EN.buttons.again)))
    assert.equal(again.content, EN.errors['answer/no-other'])
    const next = await ada.answerTo(await ada.reply(none, 'what color is the star?'))
    assert.equal(next.content, 'yellow')
  })

  it('come with a long text as a file, also in a reply', async () => {
    const picture = await lines(42, (line) => `Line ${line} of a very long text that goes on here`)
    const answer = await ada.answerTo(await ada.upload(picture, `${mention} read it`))
    assert.ok(answer.content.endsWith(EN.answer.textInFile), answer.content)
    assert.match(await fileOf(answer), /Line 41 of a very long text/)
    const route = { method: 'POST', path: '/channels/*/messages' } as const
    demo.sandbox.faults.add({ kind: 'rest', ...route, status: 403, code: 50_013 })
    const cut = await ada.answerTo(await ada.upload(picture, `${mention} read it`))
    assert.ok(cut.content.endsWith(EN.answer.textCut), cut.content)
    assert.deepEqual(cut.attachments, [])
  })
})

describe('alternative text', () => {
  const SAYS = EN.answer.says('EXIT No parking Platform 9')

  it('quotes the words, in the answer, in other words and in the form to post it', async () => {
    // Its weights are random: what it says of the picture means nothing.
    const demo = await startDemoBot({ SIGHTSEER_MODEL: await packageFor('base') })
    try {
      const ada = await demo.join('ada')
      await ada.upload(station())
      const answer = await ada.slash('describe', { style: 'alt' })
      assert.ok(answer.content.includes(SAYS), answer.content)
      await ada.press(answer, button(answer, EN.buttons.again))
      const again = await ada.changed(
        answer,
        ({ content }) => !['', answer.content].includes(content),
      )
      assert.ok(again.content.includes(SAYS), again.content)
      const reposted = await ada.answer(await postWithAltText(ada, again))
      assert.match(
        reposted.attachments[0]?.description ?? '',
        /It says: “EXIT No parking Platform 9”$/,
      )
    } finally {
      await demo.close()
    }
  })

  it('is the words alone, where the model does not know the picture', async () => {
    const demo = await startDemoBot()
    try {
      const ada = await demo.join('ada')
      const kit = await demo.join('kit')
      await kit.slash('settings channel', { channel: kit.channelId, does: 'alt' })
      const answer = await ada.answerTo(await ada.upload(station()))
      const words = EN.answer.onlyWords('EXIT No parking Platform 9')
      assert.equal(answer.content, EN.answer.altText(words))
      const reposted = await ada.answer(await postWithAltText(ada, answer))
      assert.equal(reposted.attachments[0]?.description, EN.answer.altText(words))
    } finally {
      await demo.close()
    }
  })
})

describe('a screenshot, with the demo model', () => {
  let demo: DemoBot
  let ada: Member
  let mention: string

  before(async () => {
    demo = await startDemoBot()
    ada = await demo.join('ada')
    mention = `<@${demo.bot.client.user.id}>`
  })
  after(() => demo.close())

  const OUTSIDE = /^I only know drawings .*\nThese words are in it:\n/

  it('is not described, but its words are shown, in every style', async () => {
    for (const style of ['caption', 'detailed', 'alt']) {
      const { content, attachments } = await ada.slash('describe', { image: station(), style })
      assert.match(content, OUTSIDE)
      assert.ok(content.endsWith(STATION), content)
      assert.match(attachments[0]?.description ?? '', /EXIT No parking Platform 9/)
    }
  })

  it('is not asked about, and its answer can be asked for the words', async () => {
    const posted = await ada.upload(station(), `${mention} what color is the door?`)
    const answer = await ada.answerTo(posted)
    assert.match(answer.content, OUTSIDE)
    assert.deepEqual(
      buttonsOf(answer).map(({ label }) => label),
      [EN.buttons.ask, EN.buttons.delete],
    )
    const next = await ada.answerTo(await ada.reply(answer, 'what does it say?'))
    assert.equal(next.content, STATION)
    const refused = await ada.answerTo(await ada.reply(next, 'is there a heart?'))
    assert.match(refused.content, OUTSIDE)
  })

  it('stands beside a drawing, and Again looks for other words for that alone', async () => {
    const answer = await ada.answerTo(await ada.say(mention, station(), triangle()))
    assert.match(answer.content, /^\*\*1\.\*\* I only know[^]*EXIT[^]*\*\*2\.\*\* .*triangle/)
    const again = await ada.answer(await ada.press(answer, button(answer, EN.buttons.again)))
    assert.equal(again.content, EN.errors['answer/no-other'])
  })
})
