/** Webhooks of channels, and their messages. */

import assert from 'node:assert/strict'
import { ChannelType, Events, Routes, WebhookClient } from 'discord.js'
import type { Webhook } from 'discord.js'
import { PNG } from '../../helpers/pictures.ts'
import { refused } from '../contract.ts'
import type { Contract } from '../contract.ts'
import { next } from '../stage.ts'
import type { Stage } from '../stage.ts'

/** Cases of webhooks. */
export function webhookCases(contract: Contract): void {
  resourceCases(contract)
  messageCases(contract)
}

function clientOf({ sandbox }: Stage, { id, token }: Webhook): WebhookClient {
  return new WebhookClient({ id, token: token ?? '' }, { rest: { api: sandbox.api } })
}

function resourceCases(contract: Contract): void {
  contract(
    'creates a webhook, lists it, renames and deletes it',
    'resources/webhook#create-webhook',
    async (stage) => {
      const { general, guild, client } = stage
      const heard = next(client, Events.WebhooksUpdate, ({ id }) => id === general.id)
      const webhook = await general.createWebhook({ name: 'Captain Hook' })
      await heard
      assert.equal(webhook.owner?.id, client.user.id)
      assert.equal((await general.fetchWebhooks()).get(webhook.id)?.name, 'Captain Hook')
      assert.ok((await guild.fetchWebhooks()).has(webhook.id))
      await webhook.edit({ name: 'Smee' })
      assert.equal((await client.fetchWebhook(webhook.id)).name, 'Smee')
      const path = Routes.webhook(webhook.id)
      await stage.rest.patch(path, { body: { name: 'Starkey' } })
      assert.equal((await client.fetchWebhook(webhook.id)).name, 'Starkey')
      await stage.rest.delete(path)
      await assert.rejects(client.fetchWebhook(webhook.id), { code: 10015 })
    },
  )

  contract(
    'refuses reserved names, and more than 15 in a channel: 30007',
    'resources/webhook#create-webhook-json-params',
    async (stage) => {
      const channel = await stage.guild.channels.create({ name: 'hooks' })
      const create = (name: string) =>
        stage.rest.post(Routes.channelWebhooks(channel.id), { body: { name } })
      await refused(stage, { status: 400, code: 50035, field: 'name' }, () => create('Clyde'))
      for (let i = 0; i < 15; i++) {
        await create(`hook ${i}`)
      }
      await refused(stage, { status: 400, code: 30007 }, () => create('one too many'))
    },
  )

  contract(
    'is read and deleted with its token alone',
    'resources/webhook#get-webhook-with-token',
    async (stage) => {
      const webhook = await stage.general.createWebhook({ name: 'Hook' })
      const path = Routes.webhook(webhook.id, webhook.token)
      const whole = await stage.rest.get(path, { auth: false })
      assert.equal(Object.hasOwn(Object(whole), 'user'), false)
      const wrong = Routes.webhook(webhook.id, 'wrong')
      await refused(stage, { status: 401, code: 50027 }, () =>
        stage.rest.get(wrong, { auth: false }),
      )
      await clientOf(stage, webhook).delete()
      await refused(stage, { status: 404, code: 10015 }, () =>
        stage.rest.get(path, { auth: false }),
      )
    },
  )
}

function messageCases(contract: Contract): void {
  contract(
    'sends under another name, with a file, as no member',
    'resources/webhook#execute-webhook',
    async (stage) => {
      const { general, client, ada } = stage
      const webhook = await general.createWebhook({ name: 'Hook' })
      const heard = next(client, Events.MessageCreate, (message) => message.webhookId !== null)
      const content = `@everyone <@${ada.id}>`
      const files = [{ attachment: PNG, name: 'cat.png' }]
      const sent = await clientOf(stage, webhook).send({ content, files, username: 'Wendy' })
      const [message] = await heard
      assert.equal(message.id, sent.id)
      assert.deepEqual([message.author.username, message.author.bot], ['Wendy', true])
      assert.equal(message.author.id, webhook.id)
      assert.equal(message.member, null)
      assert.equal(message.mentions.everyone, true)
      assert.equal(message.attachments.size, 1)
      const reply = await ada.reply(message, 'who are you?')
      assert.deepEqual(reply.mentions, [])
    },
  )

  contract(
    'edits, reads and deletes its own messages, and no others',
    'resources/webhook#edit-webhook-message',
    async (stage) => {
      const webhook = await stage.general.createWebhook({ name: 'Hook' })
      const hook = clientOf(stage, webhook)
      const { id } = await hook.send('one')
      await hook.editMessage(id, 'two')
      assert.equal((await hook.fetchMessage(id)).content, 'two')
      await hook.deleteMessage(id)
      const other = await stage.general.send('not by the webhook')
      for (const unknown of [id, other.id]) {
        await assert.rejects(hook.fetchMessage(unknown), { code: 10008 })
      }
    },
  )

  contract(
    'sends in a thread of its channel, and in no other channel',
    'resources/webhook#execute-webhook-query-string-params',
    async (stage) => {
      const { general, guild } = stage
      const hook = clientOf(stage, await general.createWebhook({ name: 'Hook' }))
      const thread = await general.threads.create({
        name: 'hooked',
        type: ChannelType.PublicThread,
      })
      const message = await hook.send({ content: 'in it', threadId: thread.id })
      assert.equal((await thread.messages.fetch(message.id)).content, 'in it')
      const elsewhere = await guild.channels.create({ name: 'elsewhere' })
      await refused(stage, { status: 404, code: 10003 }, () =>
        hook.send({ content: 'x', threadId: elsewhere.id }),
      )
    },
  )

  contract(
    'publishes a message of an announcement channel to one that follows it',
    'resources/message#message-reference-content-attribution-crosspost-messages',
    async ({ guild, general, client, sandbox, ada }) => {
      const news = await guild.channels.create({
        name: 'news',
        type: ChannelType.GuildAnnouncement,
      })
      const channelId = ada.channelId
      ada.switchTo(news.id)
      const source = await ada.upload({ name: 'cat.png', bytes: PNG }, 'news!')
      const heard = next(client, Events.MessageCreate, ({ flags }) => flags.has('IsCrosspost'))
      await ada.crosspost(source, general.id)
      ada.switchTo(channelId)
      const [message] = await heard
      assert.equal(message.content, 'news!')
      assert.equal(message.attachments.size, 1)
      assert.equal(message.reference?.messageId, source.id)
      assert.equal(message.author.username, `${guild.name} #news`)
      assert.notEqual(message.webhookId, null)
      assert.equal(sandbox.world.message(news.id, source.id).flags, 1)
    },
  )

  contract(
    'has a proxy bot post a member’s message again',
    'resources/webhook#webhook-object',
    async ({ client, ada }) => {
      const source = await ada.upload({ name: 'cat.png', bytes: PNG }, 'I am two')
      const heard = next(client, Events.MessageCreate, ({ webhookId }) => webhookId !== null)
      const deleted = next(client, Events.MessageDelete, ({ id }) => id === source.id)
      await ada.proxy(source, 'Other')
      const [message] = await heard
      await deleted
      assert.deepEqual(
        [message.author.username, message.content, message.attachments.size],
        ['Other', 'I am two', 1],
      )
      assert.equal(message.applicationId, null)
    },
  )
}
