/** Replies and forwards: what they can refer to, and what a forward keeps. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Routes } from 'discord.js'
import type { APIMessage, REST } from 'discord.js'
import { Member } from '../../src/test-client/client.ts'
import { restOf, typed } from '../helpers/discord-client.ts'
import { PNG } from '../helpers/pictures.ts'
import { refusedAt } from '../helpers/refusals.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'
import type { WatchedSandbox } from '../helpers/watched-sandbox.ts'

let sandbox: WatchedSandbox
let rest: REST
let ada: Member

before(async () => {
  sandbox = await startWatchedSandbox({ rateLimits: 'off' })
  rest = restOf(sandbox)
  ada = await Member.connect(sandbox.url)
})

after(async () => {
  ada.close()
  await sandbox.close()
})

function send(body: object): Promise<APIMessage> {
  return typed(rest.post(Routes.channelMessages(ada.channelId), { body }))
}

function get({ channel_id: channel, id }: APIMessage): Promise<APIMessage> {
  return typed(rest.get(Routes.channelMessage(channel, id)))
}

/** The system message that pinning makes. */
async function pinNotice(): Promise<APIMessage> {
  const { id } = await send({ content: 'pin me' })
  await rest.put(Routes.channelMessagesPin(ada.channelId, id))
  const event = await ada.until(({ message }) => message?.message_reference?.message_id === id)
  return event.message!
}

describe('a reply', () => {
  it('refers to a message that exists, unless it may fail', async () => {
    const missing = { message_id: '1' }
    await refusedAt(
      sandbox,
      send({ content: 'x', message_reference: missing }),
      'message_reference',
      'MESSAGE_REFERENCE_UNKNOWN_MESSAGE',
    )
    const lenient = { ...missing, fail_if_not_exists: false }
    assert.equal((await send({ content: 'x', message_reference: lenient })).type, 0)
  })

  it('cannot refer to a system message', async () => {
    const { id } = await pinNotice()
    const reply = send({ content: 'x', message_reference: { message_id: id } })
    await refusedAt(sandbox, reply, 'message_reference', 'Cannot reply to a system message')
    await assert.rejects(ada.reply({ id }, 'x'), /REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE/)
  })
})

describe('a forward', () => {
  it('cannot show a system message', async () => {
    await assert.rejects(ada.forward(await pinNotice(), 'memes'), /50021/)
  })

  it('has the stickers of its source', async () => {
    const source = await send({ sticker_ids: ['749054660769218631'] })
    const forward = await ada.forward(source, 'memes')
    const [snapshot] = forward.message_snapshots ?? []
    assert.deepEqual(snapshot?.message.sticker_items, source.sticker_items)
  })

  it('keeps the files of its source when that is deleted, until it is deleted itself', async () => {
    const source = await ada.upload({ name: 'cat.png', bytes: PNG })
    const forward = await ada.forward(source, 'memes')
    await ada.delete(source)
    const [snapshot] = (await get(forward)).message_snapshots ?? []
    const url = snapshot?.message.attachments[0]?.url ?? ''
    const response = await fetch(url)
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), PNG)
    await rest.delete(Routes.channelMessage(forward.channel_id, forward.id))
    assert.equal((await fetch(url)).status, 404)
  })

  it('leaves the files of its source there when it is deleted first', async () => {
    const source = await ada.upload({ name: 'cat.png', bytes: PNG })
    const forward = await ada.forward(source, 'memes')
    await rest.delete(Routes.channelMessage(forward.channel_id, forward.id))
    const { attachments } = await get(source)
    assert.equal((await fetch(attachments[0]?.url ?? '')).status, 200)
  })
  it('forwards what was there, once and for all', async () => {
    const source = await ada.upload({ name: 'cat.png', bytes: PNG }, 'my cat')
    const forwarded = await ada.forward(source, 'memes')
    assert.equal(forwarded.content, '')
    assert.equal(forwarded.message_reference?.type, 1)
    assert.equal(forwarded.flags, 1 << 14)
    const [snapshot] = forwarded.message_snapshots ?? []
    assert.equal(snapshot?.message.content, 'my cat')
    assert.equal(snapshot.message.attachments[0]?.filename, 'cat.png')
    await ada.edit(source, 'another')
    const path = Routes.channelMessage(forwarded.channel_id, forwarded.id)
    const later = await typed<APIMessage>(rest.get(path))
    assert.equal(later.message_snapshots?.[0]?.message.content, 'my cat')
    const reference = { type: 1, message_id: '1', channel_id: ada.channelId }
    await assert.rejects(send({ message_reference: reference }), { code: 160014 })
  })
})
