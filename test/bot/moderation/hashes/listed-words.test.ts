/** A listed picture and others on its template, on the whole bot: the words decide. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import sharp from 'sharp'
import type { APIMessage } from 'discord.js'
import type { Member } from 'loopback-discord/client'
import { drawTemplate, type Said } from '../../../../bench/moderation/templates.ts'
import { EN } from '../../../../commands/i18n/en.ts'
import { InputError } from '../../../../config/errors.ts'
import type { Model } from '../../../../inference/contract/types.ts'
import { deletePrivacy } from '../../../helpers/demo-bot.ts'
import { until } from '../../../helpers/fleet.ts'
import { type ModeratedServer, startModeratedServer } from '../../../helpers/moderated-server.ts'
import { openDemoModel } from '../../../helpers/shared-model.ts'

const { menus } = EN.moderation
const LEFT_ALONE = /the words differ: it is left alone/
const SCAM: Said = { words: 3, voice: 'scam' }

const file = (bytes: Uint8Array, name: string) => ({ name, bytes: new Uint8Array(bytes) })
const meme = async (said: Said, name = 'meme.png', design = 0) =>
  file(await drawTemplate('meme', design, said), name)

const bar = async (design: number, said: Said) =>
  file(await drawTemplate('caption bar', design, said), 'bar.png')

/** As spammers post it again: smaller, cut at the edges, encoded again. Its details differ. */
async function cut(said: Said) {
  const picture = sharp(await drawTemplate('meme', 0, said))
  const { width, height } = await picture.metadata()
  const edge = 12
  const inside = { left: edge, top: 4, width: width - 2 * edge, height: height - 8 }
  return file(await picture.extract(inside).resize(500).jpeg({ quality: 70 }).toBuffer(), 'cut.jpg')
}

describe('a picture that looks like a listed one', { timeout: 120_000 }, () => {
  let opened: Model
  let server: ModeratedServer
  let mo: Member
  let ada: Member
  /** Whether pictures can be read. */
  let isReading = true
  /** What readings in the background wait for, after which they fail. */
  let held: (() => Promise<void>) | null = null
  const urgencies: (string | undefined)[] = []

  before(async () => {
    opened = await openDemoModel()
    const model: Model = {
      ...opened,
      read: async (image, options) => {
        urgencies.push(options?.urgency)
        if (held && options?.urgency === 'background') {
          await held()
          throw new InputError('queue/full')
        }
        return isReading
          ? opened.read(image, options)
          : Promise.reject(new InputError('queue/full'))
      },
    }
    server = await startModeratedServer({}, model)
    ;({ mo, ada } = server)
    await server.setUp({ mode: 'act', timeout: 0 })
  })
  after(async () => {
    await server.close()
    await opened.close()
  })

  const newcomer = (name: string) => {
    const { world } = server.sandbox
    const { id } = world.addUser(name, name)
    world.addMember(world.guilds.values().next().value!, id)
    return server.join(name, { channel: 'general' })
  }
  const test = async (image: Awaited<ReturnType<typeof meme>>) => {
    mo.switchTo('mod-log')
    return (await mo.slash('moderation hash test', { image })).content
  }
  const isDeleted = ({ id }: APIMessage) =>
    ada.until((event) => event.type === 'deleted' && event.id === id)

  it('is listed with its words, which are read less urgently than answers', async () => {
    ada.switchTo('general')
    const posted = await ada.upload(await meme(SCAM))
    mo.switchTo('general')
    await mo.menu(menus.mark, posted)
    await server.aCase(/put on the list of scams/)
    await isDeleted(posted)
    // For the comparison; and for the words that the case shows, before or after the deletion.
    assert.ok(urgencies.includes('background'))
    assert.equal(urgencies.filter((one) => one !== 'background' && one !== 'bulk').length, 0)
    assert.match(await test(await meme(SCAM)), /It is the same picture; the words agree\./)
    assert.ok(urgencies.includes('normal'))
  })

  it('is removed if the words agree, however it was cut', async () => {
    const kim = await newcomer('kim')
    const posted = await kim.upload(await cut(SCAM))
    const { content } = await server.aCase(new RegExp(posted.id))
    await isDeleted(posted)
    assert.match(content, /removed by itself/)
    assert.match(content, /staff here confirmed this picture; the words agree/)
  })

  it('is left alone with other words, of a member or of another scam', async () => {
    const lin = await newcomer('lou')
    const count = server.cases().length
    const posted = [
      await lin.upload(await meme({ words: 9 })),
      await lin.upload(await meme({ words: 14, voice: 'scam' })),
    ]
    // Removed after those two, which were posted before.
    await isDeleted(await (await newcomer('max')).upload(await cut(SCAM)))
    assert.equal(server.cases().length, count + 1)
    assert.ok(!posted.some((message) => server.isDeleted(message)))
    assert.match(await test(await meme({ words: 9 })), LEFT_ALONE)
  })

  it('asks a person where the words could not be read, or only one has words', async () => {
    const eve = await newcomer('eve')
    isReading = false
    const unread = await eve.upload(await cut(SCAM))
    const one = await server.aCase(new RegExp(unread.id))
    isReading = true
    assert.match(one.content, /the words could not be compared, so it is not removed/)
    const tom = await newcomer('tom')
    const blank = await tom.upload(await meme({ words: 0, voice: 'silent' }))
    const other = await server.aCase(new RegExp(blank.id))
    assert.match(other.content, /only one of the two has words that I can read, so it is not/)
    assert.ok(![unread, blank].some((message) => server.isDeleted(message)))
  })

  it('is removed without reading if it is the same in every detail', async () => {
    isReading = false
    const posted = await (await newcomer('rosa')).upload(await meme(SCAM, 'same.png'))
    const { content } = await server.aCase(new RegExp(posted.id))
    await isDeleted(posted)
    isReading = true
    assert.match(content, /confirmed this picture; the words could not be compared/)
  })

  it('is listed without words that cannot be read, until it is added again', async () => {
    const said: Said = { words: 40, voice: 'scam' }
    isReading = false
    ada.switchTo('general')
    const posted = await ada.upload(await bar(0, said))
    mo.switchTo('general')
    await mo.menu(menus.mark, posted)
    await server.aCase(/⚠ Listed without its words: they could not be read in time\./)
    isReading = true
    assert.match(
      await test(await bar(0, said)),
      /the same picture; the words could not be compared/,
    )
    await mo.slash('moderation hash add', { image: await bar(0, said) })
    assert.match(await test(await bar(0, said)), /the same picture; the words agree/)
  })

  it('gets its words from its case once another picture looks like it', async () => {
    const said: Said = { words: 3, voice: 'scam' }
    const other: Said = { words: 9 }
    isReading = false
    const posted = await (await newcomer('ann')).upload(await meme(said, 'first.png', 1))
    mo.switchTo('general')
    await mo.menu(menus.mark, posted)
    const caseMessage = await server.aCase(new RegExp(`${posted.id}[^]*⚠ Listed without its words`))
    isReading = true
    assert.match(await test(await meme(other, 'other.png', 1)), /the words could not be compared/)
    const count = server.cases().length
    const harmless = await (await newcomer('ben')).upload(await meme(other, 'other.png', 1))
    const again = await meme(other, 'other.png', 1)
    await until(async () => LEFT_ALONE.test(await test(again)), 20_000)
    // Removed after the other one, which was posted before.
    await isDeleted(await (await newcomer('cay')).upload(await meme(said, 'second.png', 1)))
    assert.equal(server.cases().length, count + 1)
    const now = server.cases().find(({ id }) => id === caseMessage.id)
    assert.doesNotMatch(now?.content ?? '', /⚠/)
    assert.ok(!server.isDeleted(harmless))
  })

  it('gets its words also where its case is being read when the other comes', async () => {
    const said: Said = { words: 3, voice: 'scam' }
    const other = await meme({ words: 9 }, 'other.png', 2)
    const begun = Promise.withResolvers<void>()
    const fails = Promise.withResolvers<void>()
    held = () => {
      begun.resolve()
      return fails.promise
    }
    const posted = await (await newcomer('dan')).upload(await meme(said, 'third.png', 2))
    mo.switchTo('general')
    const marked = mo.menu(menus.mark, posted)
    await begun.promise
    const harmless = await (await newcomer('fay')).upload(other)
    await wait(500) // it looks like an entry whose words are not known, and has them read
    held = null
    fails.resolve()
    await marked
    await until(async () => LEFT_ALONE.test(await test(other)), 20_000)
    assert.ok(!server.isDeleted(harmless))
  })

  it('does not hide other words when it is called harmless', async () => {
    const said: Said = { words: 50 }
    const sue = await newcomer('sue')
    const harmless = await (await newcomer('hal')).upload(await bar(1, said))
    mo.switchTo('general')
    await mo.menu(menus.allow, harmless)
    assert.match(await test(await bar(1, said)), /In the list as .*; the words agree/)
    const posted: APIMessage[] = []
    for (const [i, channel] of ['general', 'memes', 'after-hours'].entries()) {
      sue.switchTo(channel)
      await sue.upload(await bar(1, said))
      posted.push(await sue.upload(await bar(1, { words: 60 + i, voice: 'scam' })))
    }
    const { content } = await server.aCase(new RegExp(posted[2]!.id))
    assert.match(content, /Where \(3 messages\)/)
  })

  it('is mentioned in a case that something else opened', async () => {
    const jun = await newcomer('jun')
    const posted: APIMessage[] = []
    for (const [i, channel] of ['general', 'memes', 'after-hours'].entries()) {
      jun.switchTo(channel)
      posted.push(await jun.upload(await meme({ words: 20 + i })))
    }
    const { content } = await server.aCase(new RegExp(posted[2]!.id))
    assert.match(content, /the same picture in 3 channels/)
    assert.match(content, /a picture that staff here confirmed, but the words differ/)
    assert.ok(!posted.some((message) => server.isDeleted(message)))
  })

  it('loses its words with the data of the member who posted it', async () => {
    const records = await ada.slash('privacy export')
    const [exported] = records.attachments
    const text = await (await fetch(exported!.url)).text()
    assert.match(text, /moderation-words/)
    await deletePrivacy(ada)
    assert.match(await test(await meme(SCAM)), /the words could not be compared/)
  })
})
