/** /find by what pictures show, with a matcher of random weights beside the demo model. */

import assert from 'node:assert/strict'
import { after, before, describe, it, mock } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { APIMessage } from 'discord.js'
import sharp from 'sharp'
import type { Member } from 'loopback-discord/client'
import { EN } from '../../../commands/i18n/en.ts'
import { ZH } from '../../../commands/i18n/zh.ts'
import {
  buttonsOf,
  type DemoBot,
  hearts,
  photograph,
  scene,
  startDemoBot,
  triangle,
} from '../../helpers/demo-bot.ts'
import { until } from '../../helpers/fleet.ts'
import { kept } from '../../helpers/held-bot.ts'
import { packageFor } from '../../helpers/packages.ts'
import { openWorded } from '../../helpers/worded-matcher.ts'

/** The model gives these words more than a half with every picture of this file, which a test checks. */
const WORDS = 'a red circle'
const SPACES = ['searchable', 'searchable-vectors']

type Picture = ReturnType<typeof scene>

/** The picture, darker by some steps, so that each has vectors of its own. */
async function darker({ name, bytes }: Picture, steps: number): Promise<Picture> {
  const file = await sharp(bytes)
    .linear(1 - steps / 10)
    .png()
    .toBuffer()
  return { name: `${steps}-${name}.png`, bytes: new Uint8Array(file) }
}

describe('/find by what pictures show', () => {
  let demo: DemoBot
  let ada: Member
  let kit: Member
  const posts: APIMessage[] = []
  before(async () => {
    demo = await startDemoBot({ SIGHTSEER_MATCHER: await packageFor('itm-common') })
    ada = await demo.join('ada')
    kit = await demo.join('kit')
    await kit.slash('settings search', { channel: ada.channelId, value: 'on' })
  })
  after(() => demo.close())

  /** Posts a picture and waits until its vectors are stored. */
  async function post(picture: Picture): Promise<APIMessage> {
    const posted = await ada.upload(picture)
    while ((await kept(demo, posted.id, ['searchable-vectors'])).length === 0) {
      await wait(50)
    }
    posts.push(posted)
    return posted
  }
  const find = (words: string, member = ada) => member.slash('find', { words, where: 'channel' })
  const linkOf = ({ id, channel_id }: APIMessage) =>
    `https://discord.com/channels/${demo.sandbox.world.guild.id}/${channel_id}/${id}`

  it('shows the pictures that fit in the order of the model, with small pictures', async () => {
    const pictures = [scene(), hearts(), triangle()]
    const expected: { readonly link: string; readonly percent: string; readonly itm: number }[] = []
    for (const picture of pictures) {
      const posted = await post(picture)
      const [match] = await demo.bot.model.match(picture.bytes, [WORDS])
      assert.ok(match!.itm > 0.5)
      const percent = EN.find.shows(Math.round(match!.itm * 100))
      expected.push({ link: linkOf(posted), percent, itm: match!.itm })
    }
    const answer = await find(WORDS)
    assert.ok(answer.content.startsWith(EN.find.fits(3, WORDS)), answer.content)
    const order = expected.toSorted((a, b) => b.itm - a.itm)
    const lines = answer.content.split('\n').slice(1)
    assert.deepEqual(
      lines.map((line) => line.replace(/^\*\*\d\.\*\* (\S+) .*/, '$1')),
      order.flatMap(({ link, percent }) => [link, `-# ${percent}`]),
    )
    assert.deepEqual(
      answer.embeds.map(({ title, url }) => [title, url]),
      order.map(({ link }, i) => [`${i + 1}`, link]),
    )
    for (const { thumbnail } of answer.embeds) {
      assert.equal((await fetch(thumbnail!.url)).status, 200)
    }
  })

  it('turns pages in the language of who asks, and leaves out what was deleted meanwhile', async () => {
    for (let i = 1; i <= 4; i++) {
      await post(await darker(scene(), i))
    }
    const lin = await demo.join('lin', { locale: 'zh-CN' })
    const first = await find(WORDS, lin)
    assert.ok(first.content.startsWith(ZH.find.fits(7, WORDS)), first.content)
    const [previous, next] = buttonsOf(first)
    assert.deepEqual(
      [previous, next].map((one) => [one?.label, one?.disabled]),
      [
        [ZH.find.previous, true],
        [ZH.find.next, false],
      ],
    )
    const [gone, stays] = posts.filter(({ id }) => !first.content.includes(id))
    await ada.delete(gone!)
    while ((await kept(demo, gone!.id, SPACES)).length > 0) {
      await wait(50)
    }
    await lin.press(first, next!.id)
    const second = await lin.changed(first, ({ content }) => !['', first.content].includes(content))
    const links = second.content.match(/https:\S+/g)
    assert.deepEqual(links, [linkOf(stays!)])
    assert.deepEqual(
      buttonsOf(second).map(({ disabled }) => disabled),
      [false, true],
    )
  })

  it('deletes vectors with the message, and gives them to their author', async () => {
    const posted = await post(await darker(triangle(), 3))
    const exported = await ada.slash('privacy export')
    const file = await (await fetch(exported.attachments[0]!.url)).text()
    assert.match(file, /"vectors": "[\w+/=]{40,}"/)
    await ada.delete(posted)
    while ((await kept(demo, posted.id, SPACES)).length > 0) {
      await wait(50)
    }
    assert.ok(!(await find(WORDS)).content.includes(posted.id))
    await kit.slash('settings search', { channel: ada.channelId, value: 'off' })
    assert.deepEqual(await kept(demo, ada.channelId, SPACES), [])
  })
})

describe('/find with a matcher that says which words it knows', () => {
  it('compares in the spelling that it knows, and repeats what was typed', async () => {
    const model = await openWorded(await packageFor('itm-common'))
    const demo = await startDemoBot({}, undefined, undefined, model)
    await using stack = new AsyncDisposableStack()
    stack.defer(() => model.close())
    stack.defer(() => demo.close())
    const kit = await demo.join('kit')
    await kit.slash('settings search', { channel: kit.channelId, value: 'on' })
    const posted = await kit.upload(scene())
    while ((await kept(demo, posted.id, ['searchable-vectors'])).length === 0) {
      await wait(50)
    }
    const typed = 'Please, a crimson disc'
    const [asTyped, known] = await model.match(scene().bytes, [typed, WORDS])
    assert.notEqual(shown(asTyped!), shown(known!))
    const embedText = mock.method(model, 'embedText')
    const { content } = await kit.slash('find', { words: typed, where: 'channel' })
    assert.ok(content.startsWith(EN.find.fits(1, typed)), content)
    assert.ok(content.includes(shown(known!)), content)
    assert.deepEqual(
      embedText.mock.calls.map((call) => call.arguments[0]),
      [WORDS],
    )
  })
})

describe('/find without a matcher', () => {
  it('says what to pull where it finds nothing', async () => {
    const demo = await startDemoBot()
    await using stack = new AsyncDisposableStack()
    stack.defer(() => demo.close())
    const kit = await demo.join('kit')
    await kit.slash('settings search', { channel: kit.channelId, value: 'on' })
    const { content } = await kit.slash('find', { words: 'heart', where: 'channel' })
    assert.equal(content, `${EN.find.none('heart')}\n-# ${EN.find.onlyWords.matcher}`)
  })
})

describe('/find with the matcher beside the demo model', () => {
  it('finds hearts by that word, and says which word it does not know', async () => {
    const demo = await startDemoBot({ SIGHTSEER_MATCHER: '' })
    await using stack = new AsyncDisposableStack()
    stack.defer(() => demo.close())
    const kit = await demo.join('kit')
    await kit.slash('settings search', { channel: kit.channelId, value: 'on' })
    const posts: APIMessage[] = []
    for (const picture of [hearts(), triangle()]) {
      const posted = await kit.upload(picture)
      while ((await kept(demo, posted.id, ['searchable-vectors'])).length === 0) {
        await wait(50)
      }
      posts.push(posted)
    }
    const find = (words: string) => kit.slash('find', { words, where: 'channel' })
    const { content } = await find('a red heart')
    assert.ok(content.startsWith(EN.find.fits(1, 'a red heart')), content)
    assert.deepEqual(
      posts.map(({ id }) => content.includes(id)),
      [true, false],
    )
    assert.match((await find('dragon')).content, /“dragon”/)
    const judged = mock.method(demo.bot.model, 'describe')
    const embedded = mock.method(demo.bot.model, 'embedImage')
    await kit.upload(photograph())
    while (judged.mock.callCount() === 0) {
      await wait(50)
    }
    assert.equal((await judged.mock.calls[0]!.result)?.judgment.verdict, 'outside')
    await wait(200) // vectors would be computed right after that
    assert.equal(embedded.mock.callCount(), 0)
  })
})

describe('/find with a matcher of drawings beside a model of all kinds of pictures', () => {
  it('stores vectors of drawings, and none of photographs', async () => {
    const demo = await startDemoBot({
      SIGHTSEER_MODEL: await packageFor('projected'),
      SIGHTSEER_MATCHER: 'demo-match',
    })
    await using stack = new AsyncDisposableStack()
    stack.defer(() => demo.close())
    const kit = await demo.join('kit')
    await kit.slash('settings search', { channel: kit.channelId, value: 'on' })
    const embedded = mock.method(demo.bot.model, 'embedImage')
    const photographed = await kit.upload(photograph())
    await until(() => embedded.mock.callCount() > 0, 30_000)
    assert.ok((await embedded.mock.calls[0]!.result)!.distance! > 1)
    const drawn = await kit.upload(hearts())
    const isStored = async ({ id }: APIMessage) =>
      (await kept(demo, id, ['searchable-vectors'])).length > 0
    await until(() => isStored(drawn), 30_000)
    assert.equal(await isStored(photographed), false)
  })
})

/** A match as `/find` shows it. */
function shown({ itm }: { readonly itm: number }): string {
  return EN.find.shows(Math.round(itm * 100))
}
