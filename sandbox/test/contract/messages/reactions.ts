/** Reactions, pins, bulk deletes and the search. */

import assert from 'node:assert/strict'
import { Events, MessageType, Routes, SnowflakeUtil } from 'discord.js'
import type { APIMessage } from 'discord.js'
import { typed } from '../../helpers/discord-client.ts'
import { PNG } from '../../helpers/pictures.ts'
import { refused } from '../contract.ts'
import type { Contract } from '../contract.ts'
import { idsOf, next, nextRaw } from '../stage.ts'

/** Cases of what is done to messages besides writing them. */
export function reactionCases(contract: Contract): void {
  reacting(contract)
  clearing(contract)
  pinning(contract)
  bulkDeleting(contract)
  searching(contract)
}

function reacting(contract: Contract): void {
  contract('reacts', 'resources/message#create-reaction', async ({ general, client, rest }) => {
    const message = await general.send('react')
    const heard = next(
      client,
      Events.MessageReactionAdd,
      ({ message: { id } }) => id === message.id,
    )
    await message.react('👍')
    const [reaction, user] = await heard
    assert.deepEqual([reaction.emoji.name, user.id], ['👍', client.user.id])
    const raw = await typed<APIMessage>(rest.get(Routes.channelMessage(general.id, message.id)))
    const [counted] = raw.reactions ?? []
    assert.deepEqual(
      [counted?.emoji, counted?.count, counted?.me],
      [{ id: null, name: '👍' }, 1, true],
    )
  })

  contract(
    'refuses an unknown emoji: 10014',
    'resources/message#create-reaction',
    async (stage) => {
      const message = await stage.general.send('no emoji')
      const route = Routes.channelMessageOwnReaction(stage.general.id, message.id, 'word')
      await refused(stage, { status: 400, code: 10014 }, () => stage.rest.put(route))
    },
  )

  contract(
    'takes 20 different reactions: 30010',
    'topics/opcodes-and-status-codes#json-json-error-codes',
    async (stage) => {
      const message = await stage.general.send('many')
      const emojis = Array.from({ length: 21 }, (_, i) => String.fromCodePoint(0x1f600 + i))
      for (const emoji of emojis.slice(0, 20)) {
        await message.react(emoji)
      }
      await refused(stage, { status: 400, code: 30010 }, () => message.react(emojis[20]!))
    },
  )

  contract('lists who reacted', 'resources/message#get-reactions', async ({ general, client }) => {
    const message = await general.send('who')
    const reaction = await message.react('👀')
    const users = await reaction.users.fetch()
    assert.deepEqual([...users.keys()], [client.user.id])
  })
}

function clearing(contract: Contract): void {
  contract(
    'takes its own reaction back',
    'resources/message#delete-own-reaction',
    async ({ general, client, rest }) => {
      const message = await general.send('own')
      const reaction = await message.react('👍')
      const heard = next(
        client,
        Events.MessageReactionRemove,
        ({ message: { id } }) => id === message.id,
      )
      await reaction.users.remove()
      await heard
      const raw = await typed<APIMessage>(rest.get(Routes.channelMessage(general.id, message.id)))
      assert.deepEqual(raw.reactions ?? [], [])
    },
  )

  contract(
    'clears one emoji',
    'resources/message#delete-all-reactions-for-emoji',
    async ({ general, client }) => {
      const message = await general.send('one emoji')
      const reaction = await message.react('👍')
      await message.react('👎')
      const heard = nextRaw(
        client,
        'MESSAGE_REACTION_REMOVE_EMOJI',
        (d) => d['message_id'] === message.id,
      )
      await reaction.remove()
      await heard
      const fresh = await general.messages.fetch({ message: message.id, force: true, cache: false })
      assert.deepEqual([...fresh.reactions.cache.keys()], ['👎'])
    },
  )

  contract(
    'clears all reactions',
    'resources/message#delete-all-reactions',
    async ({ general, client }) => {
      const message = await general.send('all emojis')
      await message.react('👍')
      const heard = next(client, Events.MessageReactionRemoveAll, ({ id }) => id === message.id)
      await message.reactions.removeAll()
      await heard
    },
  )
}

function pinning(contract: Contract): void {
  contract('pins and unpins', 'resources/message#pin-message', async ({ general, client }) => {
    const message = await general.send('pin me')
    const told = next(
      client,
      Events.MessageCreate,
      ({ type }) => type === MessageType.ChannelPinnedMessage,
    )
    const heard = next(client, Events.ChannelPinsUpdate, ({ id }) => id === general.id)
    await message.pin()
    await heard
    const [note] = await told
    assert.equal(note.reference?.messageId, message.id)
    const { items } = await general.messages.fetchPins()
    assert.deepEqual(
      items.map((pin) => pin.message.id),
      [message.id],
    )
    await message.unpin()
    assert.equal((await general.messages.fetchPins()).items.length, 0)
  })
}

function bulkDeleting(contract: Contract): void {
  contract(
    'deletes in bulk',
    'resources/message#bulk-delete-messages',
    async ({ general, client }) => {
      const messages = [await general.send('a'), await general.send('b')]
      const heard = next(client, Events.MessageBulkDelete)
      await general.bulkDelete(messages)
      const [deleted] = await heard
      assert.deepEqual([...deleted.keys()].toSorted(), idsOf(messages).toSorted())
    },
  )

  contract(
    'deletes 2 to 100 in bulk: 50016',
    'resources/message#bulk-delete-messages',
    async (stage) => {
      const { id } = await stage.general.send('single')
      const many = Array.from({ length: 101 }, (_, i) => String(BigInt(id) + BigInt(i)))
      for (const messages of [[id], many]) {
        const act = () =>
          stage.rest.post(Routes.channelBulkDelete(stage.general.id), { body: { messages } })
        await refused(stage, { status: 400, code: 50016 }, act)
      }
    },
  )

  contract(
    'deletes nothing older than two weeks in bulk: 50034',
    'resources/message#bulk-delete-messages',
    async (stage) => {
      const { id } = await stage.general.send('young')
      const fifteenDaysMs = 15 * 24 * 60 * 60 * 1000
      const old = String(SnowflakeUtil.generate({ timestamp: Date.now() - fifteenDaysMs }))
      const body = { messages: [id, old] }
      const act = () => stage.rest.post(Routes.channelBulkDelete(stage.general.id), { body })
      await refused(stage, { status: 400, code: 50034 }, act)
    },
  )
}

function searching(contract: Contract): void {
  contract('finds messages', 'resources/message#search-guild-messages', async (stage) => {
    const { rest, guild, general, ada } = stage
    const said = await ada.upload({ name: 'needle.png', bytes: new Uint8Array(PNG) }, 'haystack')
    await ada.say('haystack without')
    const query = new URLSearchParams({ author_id: ada.id, has: 'image', content: 'haystack' })
    const found = await typed<{ total_results: number; messages: APIMessage[][] }>(
      rest.get(`/guilds/${guild.id}/messages/search`, { query }),
    )
    assert.equal(found.total_results, 1)
    assert.deepEqual(
      found.messages.flat().map(({ id, channel_id: channel }) => [id, channel]),
      [[said.id, general.id]],
    )
  })

  contract(
    'finds at most 25 at once',
    'resources/message#search-guild-messages-query-string-params',
    async (stage) => {
      for (const [key, value] of [
        ['limit', '26'],
        ['offset', '9976'],
      ] as const) {
        const query = new URLSearchParams({ [key]: value })
        const act = () => stage.rest.get(`/guilds/${stage.guild.id}/messages/search`, { query })
        await refused(stage, { status: 400, code: 50035, field: key }, act)
      }
    },
  )
}
