/** Duplicate posts are answered with the first posting that still exists. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { APIMessage } from 'discord.js'
import type { Member } from 'loopback-discord/client'
import sharp from 'sharp'
import { drawTemplate } from '../../../../bench/moderation/templates.ts'
import { fingerprintOf, isSimilarInDetail } from '../../../../bot/pictures/fingerprint.ts'
import { Pictures } from '../../../../bot/pictures/pictures.ts'
import { EN } from '../../../../commands/i18n/en.ts'
import { editOut } from '../../../helpers/edit-out.ts'
import { hearts, scene, triangle } from '../../../helpers/demo-bot.ts'
import { kept } from '../../../helpers/held-bot.ts'
import {
  disguised,
  type ModeratedServer,
  startModeratedServer,
} from '../../../helpers/moderated-server.ts'

const meme = async (words: number) => ({
  name: `meme${words}.png`,
  bytes: new Uint8Array(await drawTemplate('meme', 0, { words })),
})

const bar = async (words: number) => ({
  name: `bar${words}.png`,
  bytes: new Uint8Array(await drawTemplate('caption bar', 0, { words })),
})

describe('/moderation reposts', () => {
  let server: ModeratedServer
  let lin: Member
  let memes: string

  before(async () => {
    server = await startModeratedServer()
    lin = await server.join('lin', { channel: 'memes' })
    server.ada.switchTo('memes')
    memes = lin.channelId
  })
  after(() => server.close())

  /** The bot's reply to a message. */
  const replyTo = async ({ id }: APIMessage): Promise<APIMessage> => {
    const { message } = await lin.until(
      (told) => told.message?.message_reference?.message_id === id,
    )
    return message!
  }
  const repliesTo = ({ id }: APIMessage) =>
    lin.events.filter((told) => told.message?.message_reference?.message_id === id).length

  it('answers a duplicate with the first posting, without a ping', async () => {
    const before = await server.ada.upload(hearts())
    const on = await server.mo.slash('moderation reposts', { channel: memes })
    assert.equal(on.content, EN.moderationRules.reposts.on(`<#${memes}>`))

    const first = await server.ada.upload(hearts())
    const other = await server.ada.upload(triangle())
    const again = await lin.upload(await disguised(hearts()))
    const reply = await replyTo(again)
    assert.match(reply.content, new RegExp(`/${memes}/${first.id}$`))
    assert.deepEqual(reply.mentions, [])
    for (const message of [before, first, other]) {
      assert.equal(repliesTo(message), 0)
    }
  })

  it('names the next one when the first is deleted', async () => {
    const first = await server.ada.upload(scene())
    const second = await lin.upload(await disguised(scene()))
    assert.match((await replyTo(second)).content, new RegExp(first.id))
    const another = await lin.upload(await disguised(scene(), 80))
    assert.match((await replyTo(another)).content, new RegExp(`${first.id}$`), 'the oldest')
    await server.ada.delete(first)
    const third = await server.ada.upload(await disguised(scene(), 70))
    assert.match((await replyTo(third)).content, new RegExp(`${second.id}$`))
  })

  it('forgets a picture that is edited out of its message', async () => {
    const stored = ({ id }: APIMessage) => kept(server.demo, id, ['moderation-first'])
    const first = await server.ada.say('two', await bar(30), await bar(31))
    for (let tries = 0; (await stored(first)).length < 2 && tries < 1000; tries++) {
      await wait(20)
    }
    assert.equal((await stored(first)).length, 2)
    editOut(server.demo.sandbox, first, 'bar30.png')
    for (let tries = 0; (await stored(first)).length > 1 && tries < 200; tries++) {
      await wait(20)
    }
    assert.equal((await stored(first)).length, 1)
    const again = await lin.upload(await bar(30))
    assert.match((await replyTo(await lin.upload(await bar(31)))).content, new RegExp(first.id))
    assert.equal(repliesTo(again), 0)
  })

  it('examines a picture once, even if its message is updated', async (t) => {
    const { world } = server.sandbox
    const compared = t.mock.method(Pictures.prototype, 'fingerprintAll')
    const posted = await server.ada.upload(await disguised(hearts(), 71))
    await replyTo(posted)
    world.update(world.messages.get(memes)!.get(posted.id)!, { content: 'haha' })
    await replyTo(await lin.upload(await disguised(hearts(), 72)))
    const { id } = posted.attachments[0]!
    const calls = compared.mock.calls.filter(({ arguments: [pictures] }) =>
      pictures.some(({ key }) => key === id),
    )
    assert.equal(calls.length, 1)
  })

  it('does not take other words on one template for a duplicate', async () => {
    await server.ada.upload(await meme(1))
    const other = await lin.upload(await meme(2))
    const again = await lin.upload(await meme(1))
    await replyTo(again)
    assert.equal(repliesTo(other), 0)
  })

  it('knows a copy by its words when its details have changed', async () => {
    const first = await server.ada.upload(await meme(5))
    const again = sharp(await drawTemplate('meme', 0, { words: 5 })).resize({ width: 260 })
    const bytes = new Uint8Array(
      await again.modulate({ brightness: 1.3 }).jpeg({ quality: 40 }).toBuffer(),
    )
    const [one, other] = await Promise.all(
      [(await meme(5)).bytes, bytes].map((of) => fingerprintOf(of)),
    )
    assert.ok(!isSimilarInDetail(one!, other!))
    const copy = await lin.upload({ name: 'small.jpg', bytes })
    assert.match((await replyTo(copy)).content, new RegExp(`/${first.id}$`))
  })

  it('stops when it is switched off, and deletes the pictures', async () => {
    const off = await server.mo.slash('moderation reposts', { channel: memes })
    assert.equal(off.content, EN.moderationRules.reposts.off(`<#${memes}>`))
    const quiet = await lin.upload(await disguised(hearts(), 80))
    await server.mo.slash('moderation reposts', { channel: memes })
    const message = await lin.upload(await disguised(hearts(), 81))
    const again = await server.ada.upload(hearts())
    assert.match((await replyTo(again)).content, new RegExp(`${message.id}$`))
    assert.equal(repliesTo(quiet) + repliesTo(message), 0)
  })
})
