/** Messages: sent, read, listed, edited, deleted, replied to. */

import assert from 'node:assert/strict'
import { Events, MessageFlags, MessageType, Routes } from 'discord.js'
import type { APIMessage } from 'discord.js'
import { typed } from '../../helpers/discord-client.ts'
import { refused } from '../contract.ts'
import type { Contract } from '../contract.ts'
import { idsOf, next } from '../stage.ts'
import type { Stage } from '../stage.ts'

/** Cases of messages. */
export function messageCases(contract: Contract): void {
  sendCases(contract)
  readCases(contract)
  editCases(contract)
  deleteCases(contract)
}

function send({ rest, general }: Stage, body: object): Promise<APIMessage> {
  return typed(rest.post(Routes.channelMessages(general.id), { body }))
}

function sendCases(contract: Contract): void {
  contract('sends a message', 'resources/message#create-message', async ({ general, client }) => {
    const message = await general.send('hello')
    assert.equal(message.content, 'hello')
    assert.equal(message.author.id, client.user.id)
    assert.equal(message.channelId, general.id)
    assert.equal(message.type, MessageType.Default)
    assert.equal(message.editedTimestamp, null)
  })

  contract(
    'announces a message to the bot that sent it',
    'events/gateway-events#message-create',
    async ({ general, client }) => {
      const heard = next(client, Events.MessageCreate, ({ content }) => content === 'echo')
      const sent = await general.send('echo')
      const [message] = await heard
      assert.equal(message.id, sent.id)
      assert.equal(message.guildId, general.guildId)
      assert.equal(message.member?.id, client.user.id)
    },
  )

  contract(
    'takes content of 2000 characters',
    'resources/message#create-message',
    async (stage) => {
      const smiles = '🙂'.repeat(2000)
      assert.equal((await stage.general.send(smiles)).content, smiles)
      const long = () => stage.general.send('x'.repeat(2001))
      await refused(stage, { status: 400, code: 50035, field: 'content' }, long)
    },
  )

  contract('refuses an empty message: 50006', 'resources/message#create-message', async (stage) => {
    for (const body of [{}, { content: '' }, { content: ' \n ' }, { embeds: [] }]) {
      await refused(stage, { status: 400, code: 50006 }, () => send(stage, body))
    }
  })

  contract('trims content', 'resources/message#create-message', async ({ general }) => {
    assert.equal((await general.send('  trimmed \n')).content, 'trimmed')
  })

  contract('gives a nonce back', 'resources/message#create-message', async (stage) => {
    const heard = next(stage.client, Events.MessageCreate, ({ nonce }) => nonce === 'n-1')
    assert.equal((await send(stage, { content: 'nonce', nonce: 'n-1' })).nonce, 'n-1')
    await heard
    const long = () => send(stage, { content: 'nonce', nonce: 'x'.repeat(26) })
    await refused(stage, { status: 400, code: 50035, field: 'nonce' }, long)
  })

  contract(
    'sends once what has the same enforced nonce',
    'resources/message#create-message',
    async (stage) => {
      const body = { content: 'once', nonce: 'n-2', enforce_nonce: true }
      const first = await send(stage, body)
      assert.equal((await send(stage, body)).id, first.id)
    },
  )

  contract('keeps flags that may be set', 'resources/message#create-message', async (stage) => {
    const flags = MessageFlags.SuppressNotifications | MessageFlags.SuppressEmbeds
    assert.equal((await send(stage, { content: 'quiet', flags })).flags, flags)
  })

  contract('replies', 'resources/message#message-reference-structure', async ({ general, ada }) => {
    const asked = await ada.say('question')
    const target = await general.messages.fetch(asked.id)
    const reply = await target.reply('answer')
    assert.equal(reply.type, MessageType.Reply)
    assert.deepEqual(reply.reference, {
      type: 0,
      channelId: general.id,
      guildId: general.guildId,
      messageId: asked.id,
    })
    assert.equal(reply.mentions.repliedUser?.id, ada.id)
    const fetched = await reply.fetchReference()
    assert.equal(fetched.content, 'question')
  })

  contract(
    'refuses a reply to what is not there, unless told not to',
    'resources/message#message-reference-structure',
    async (stage) => {
      const reference = { message_id: '1' }
      const body = { content: 'late', message_reference: reference }
      const expected = { status: 400, code: 50035, field: 'message_reference' }
      await refused(stage, expected, () => send(stage, body))
      const lenient = { ...reference, fail_if_not_exists: false }
      const sent = await send(stage, { content: 'late', message_reference: lenient })
      assert.equal(sent.type, MessageType.Default)
    },
  )
}

function readCases(contract: Contract): void {
  contract(
    'reads one message',
    'resources/message#get-channel-message',
    async ({ general, ada }) => {
      const said = await ada.say('read me')
      const message = await general.messages.fetch({ message: said.id, force: true, cache: false })
      assert.equal(message.content, 'read me')
      assert.equal(message.author.id, ada.id)
    },
  )

  contract(
    'lists messages, newest first',
    'resources/message#get-channel-messages',
    async (stage) => {
      const sent = []
      for (const content of ['one', 'two', 'three']) {
        sent.push(await stage.general.send(content))
      }
      const ids = idsOf(sent)
      const list = (options: object) => stage.general.messages.fetch({ cache: false, ...options })
      assert.deepEqual(idsOf((await list({ limit: 3 })).values()), ids.toReversed())
      assert.deepEqual(idsOf((await list({ limit: 1, before: ids[2] })).values()), [ids[1]])
      assert.deepEqual(idsOf((await list({ limit: 1, after: ids[0] })).values()), [ids[1]])
      assert.deepEqual(idsOf((await list({ limit: 3, around: ids[1] })).values()), ids.toReversed())
    },
  )

  contract('lists 1 to 100 messages', 'resources/message#get-channel-messages', async (stage) => {
    const { rest, general } = stage
    for (const limit of ['0', '101']) {
      const query = new URLSearchParams({ limit })
      const act = () => rest.get(Routes.channelMessages(general.id), { query })
      await refused(stage, { status: 400, code: 50035, field: 'limit' }, act)
    }
  })
}

function editCases(contract: Contract): void {
  contract('edits', 'resources/message#edit-message', async ({ general, client }) => {
    const message = await general.send('before')
    const heard = next(client, Events.MessageUpdate, (_, { id }) => id === message.id)
    const edited = await message.edit('after')
    assert.equal(edited.content, 'after')
    assert.notEqual(edited.editedTimestamp, null)
    const [old, fresh] = await heard
    assert.deepEqual([old.id, fresh.content], [message.id, 'after'])
  })

  contract(
    'leaves out what an edit does not name',
    'resources/message#edit-message',
    async (stage) => {
      const sent = await send(stage, { content: 'kept', embeds: [{ title: 'gone' }] })
      const path = Routes.channelMessage(stage.general.id, sent.id)
      const edited = await typed<APIMessage>(stage.rest.patch(path, { body: { embeds: [] } }))
      assert.equal(edited.content, 'kept')
      assert.deepEqual(edited.embeds, [])
      await refused(stage, { status: 400, code: 50006 }, () =>
        stage.rest.patch(path, { body: { content: null } }),
      )
    },
  )

  contract(
    'refuses to edit what others wrote: 50005',
    'resources/message#edit-message',
    async (stage) => {
      const { id } = await stage.ada.say('mine')
      const act = () =>
        stage.rest.patch(Routes.channelMessage(stage.general.id, id), { body: { content: 'no' } })
      await refused(stage, { status: 403, code: 50005 }, act)
    },
  )

  contract(
    'suppresses the embeds of others’ messages',
    'resources/message#edit-message',
    async ({ ada, general }) => {
      const { id } = await ada.say('https://example.com')
      const message = await general.messages.fetch(id)
      const edited = await message.suppressEmbeds(true)
      assert.ok(edited.flags.has(MessageFlags.SuppressEmbeds))
    },
  )
}

function deleteCases(contract: Contract): void {
  contract('deletes', 'resources/message#delete-message', async (stage) => {
    const { general, client, ada } = stage
    const message = await general.send('short-lived')
    const heard = next(client, Events.MessageDelete, ({ id }) => id === message.id)
    await message.delete()
    await heard
    await ada.until((told) => told.type === 'deleted' && told.id === message.id)
    const gone = () => stage.rest.get(Routes.channelMessage(general.id, message.id))
    await refused(stage, { status: 404, code: 10008 }, gone)
  })

  contract(
    'deletes others’ messages in a guild',
    'resources/message#delete-message',
    async (stage) => {
      const { id } = await stage.ada.say('spam')
      await stage.general.messages.delete(id)
      await refused(stage, { status: 404, code: 10008 }, () => stage.general.messages.delete(id))
    },
  )
}
