/** Reactions, pins and bulk deletion, by discord.js's real client. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { AuditLogEvent, Events, SnowflakeUtil } from 'discord.js'
import type { Message } from 'discord.js'
import { PERMISSION } from '../../src/world/permissions.ts'
import { addReaction, readEmoji, removeReaction } from '../../src/messages/reactions.ts'
import { startGuildClient } from '../helpers/world.ts'
import type { GuildClient } from '../helpers/world.ts'

const DAY_MS = 86_400_000

/** Ids that no message has, made just now. */
function recent(count: number): string[] {
  return Array.from({ length: count }, () =>
    String(SnowflakeUtil.generate({ timestamp: Date.now() })),
  )
}

describe('reactions', () => {
  let stage: GuildClient
  let message: Message

  before(async () => {
    stage = await startGuildClient()
    message = await stage.channel('general').send('react to this')
  })

  after(() => stage.close())

  function kept() {
    return stage.sandbox.world.message(message.channelId, message.id)
  }

  it('are added, listed and taken back, and told of', async () => {
    const added = once(stage.client, Events.MessageReactionAdd)
    addReaction(stage.sandbox.world, kept(), readEmoji('👍'), stage.id('ada'))
    const [reaction, user] = await added
    assert.deepEqual([reaction.emoji.name, user.id], ['👍', stage.id('ada')])
    await message.react('👍')
    const fresh = await message.fetch(true)
    const thumbs = fresh.reactions.resolve('👍')!
    assert.deepEqual([thumbs.count, thumbs.me], [2, true])
    const users = await thumbs.users.fetch()
    assert.deepEqual(
      [...users.keys()].toSorted(),
      [stage.client.user.id, stage.id('ada')].toSorted(),
    )
    const removed = once(stage.client, Events.MessageReactionRemove)
    await thumbs.users.remove(stage.id('ada'))
    assert.equal((await removed)[1].id, stage.id('ada'))
    await thumbs.users.remove()
    assert.deepEqual(kept().reactions, [])
  })

  it('of one emoji, and all, are cleared', async () => {
    await message.react('🐈')
    await message.react('❤')
    const fresh = await message.fetch(true)
    const cleared = once(stage.client, Events.MessageReactionRemoveEmoji)
    await fresh.reactions.resolve('🐈')!.remove()
    assert.equal((await cleared)[0].emoji.name, '🐈')
    const all = once(stage.client, Events.MessageReactionRemoveAll)
    await fresh.reactions.removeAll()
    await all
    assert.deepEqual(kept().reactions, [])
  })

  it('are emojis: 10014, and at most 20 of them: 30010', async () => {
    await assert.rejects(message.react('x'), { code: 10014 })
    const emojis = '😀 😁 😂 😃 😄 😅 😆 😇 😈 😉 😊 😋 😌 😍 😎 😏 😐 😑 😒 😓'.split(' ')
    const { world } = stage.sandbox
    for (const emoji of emojis) {
      addReaction(world, kept(), readEmoji(emoji), stage.id('ada'))
    }
    await assert.rejects(message.react('🤖'), { code: 30010 })
    await message.react('😀')
    await message.reactions.removeAll()
  })

  it('of others are taken away by moderators only', () => {
    const { world } = stage.sandbox
    const emoji = readEmoji('👀')
    addReaction(world, kept(), emoji, stage.id('ada'))
    const { id } = stage.client.user
    assert.throws(() => removeReaction(world, kept(), emoji, stage.id('ada'), stage.id('lin')), {
      code: 50013,
    })
    removeReaction(world, kept(), emoji, stage.id('ada'), id)
  })

  it('may be joined where starting one is not allowed', () => {
    const { world } = stage.sandbox
    const channel = world.channel(message.channelId)
    const everyone = stage.guild.id
    addReaction(world, kept(), readEmoji('🎉'), stage.id('mo'))
    const deny = PERMISSION.addReactions
    channel.overwrites.set(everyone, { id: everyone, type: 0, allow: 0n, deny })
    addReaction(world, kept(), readEmoji('🎉'), stage.id('lin'))
    assert.throws(() => addReaction(world, kept(), readEmoji('👎'), stage.id('lin')), {
      code: 50013,
    })
    channel.overwrites.delete(everyone)
  })
})

describe('pins', () => {
  let stage: GuildClient

  before(async () => {
    stage = await startGuildClient()
  })

  after(() => stage.close())

  it('are set, announced, listed and lifted', async () => {
    const channel = stage.channel('general')
    const message = await channel.send('keep this')
    const changed = once(stage.client, Events.ChannelPinsUpdate)
    await message.pin()
    await changed
    const { items, hasMore } = await channel.messages.fetchPins()
    assert.deepEqual(
      items.map((item) => item.message.id),
      [message.id],
    )
    assert.equal(hasMore, false)
    const [announcement] = (await channel.messages.fetch({ limit: 1 })).values()
    assert.deepEqual([announcement?.type, announcement?.reference?.messageId], [6, message.id])
    assert.equal((await message.fetch(true)).pinned, true)
    await message.unpin()
    assert.equal((await channel.messages.fetchPins()).items.length, 0)
    await assert.rejects(announcement!.pin(), { code: 50021 })
  })
})

describe('bulk deletion', () => {
  let stage: GuildClient

  before(async () => {
    stage = await startGuildClient()
  })

  after(() => stage.close())

  it('deletes many at once, told of in one event, with the reason kept', async () => {
    const channel = stage.channel('memes')
    const ids: string[] = []
    for (const content of ['one', 'two', 'three']) {
      ids.push((await channel.send(content)).id)
    }
    const deleted = once(stage.client, Events.MessageBulkDelete)
    const path = `/channels/${channel.id}/messages/bulk-delete` as const
    await stage.client.rest.post(path, { body: { messages: ids }, reason: 'clean up' })
    assert.deepEqual([...(await deleted)[0].keys()], ids)
    assert.equal((await channel.messages.fetch()).size, 0)
    const log = await stage.guild.fetchAuditLogs({ type: AuditLogEvent.MessageBulkDelete })
    const [entry] = log.entries.values()
    assert.deepEqual([entry?.reason, entry?.extra.count], ['clean up', 3])
  })

  it('takes 2 to 100 distinct messages of the last two weeks', async () => {
    const { rest } = stage.client
    const path = `/channels/${stage.channel('memes').id}/messages/bulk-delete` as const
    const send = (messages: readonly string[]) =>
      stage.sandbox.wrongly(() => rest.post(path, { body: { messages } }))
    await assert.rejects(send(recent(1)), { code: 50016 })
    await assert.rejects(send(recent(101)), { code: 50016 })
    const [one = ''] = recent(1)
    await assert.rejects(send([one, one]), { code: 50035 })
    const old = String(SnowflakeUtil.generate({ timestamp: Date.now() - 15 * DAY_MS }))
    await assert.rejects(send([one, old]), { code: 50034 })
    await rest.post(path, { body: { messages: recent(2) } })
  })
})
