/** Actions of members: the events that the bot receives, and the permissions that are checked. */

import assert from 'node:assert/strict'
import {
  ApplicationIntegrationType,
  Events,
  InteractionContextType,
  MessageReferenceType,
  MessageType,
  PermissionFlagsBits,
} from 'discord.js'
import type { Contract } from '../contract.ts'
import { act, next } from '../stage.ts'

/** Cases of people. */
export function peopleCases(contract: Contract): void {
  deedCases(contract)
  directCases(contract)
  permissionCases(contract)
  installedCases(contract)
}

function deedCases(contract: Contract): void {
  contract('hears people edit', 'events/gateway-events#message-update', async (stage) => {
    const { id } = await stage.ada.say('tpyo')
    const heard = next(stage.client, Events.MessageUpdate, (_, fresh) => fresh.id === id)
    await act(stage, 'edit', { message_id: id, content: 'typo' })
    const [, fresh] = await heard
    assert.equal(fresh.content, 'typo')
    assert.notEqual(fresh.editedTimestamp, null)
  })

  contract('hears people delete', 'events/gateway-events#message-delete', async (stage) => {
    const said = await stage.ada.say('regretted')
    const heard = next(stage.client, Events.MessageDelete, ({ id }) => id === said.id)
    await act(stage, 'delete', { message_id: said.id })
    await heard
  })

  contract('hears people react', 'events/gateway-events#message-reaction-add', async (stage) => {
    const { client, general, lin } = stage
    const message = await general.send('react to me')
    const heard = next(client, Events.MessageReactionAdd, (_, user) => user.id === lin.id)
    await act(stage, 'react', { message_id: message.id, emoji: '🎉', on: true }, { as: lin.id })
    const [reaction] = await heard
    assert.deepEqual([reaction.message.id, reaction.emoji.name], [message.id, '🎉'])
    const gone = next(client, Events.MessageReactionRemove, (_, user) => user.id === lin.id)
    await act(stage, 'react', { message_id: message.id, emoji: '🎉', on: false }, { as: lin.id })
    await gone
  })

  contract('hears people type', 'events/gateway-events#typing-start', async (stage) => {
    const { client, ada } = stage
    const heard = next(client, Events.TypingStart, ({ user }) => user.id === ada.id)
    await act(stage, 'typing', {})
    const [typing] = await heard
    assert.equal(typing.channel.id, stage.general.id)
  })

  contract('hears people start threads', 'events/gateway-events#thread-create', async (stage) => {
    const heard = next(stage.client, Events.ThreadCreate, ({ name }) => name === 'by ada')
    await act(stage, 'threads', { name: 'by ada' })
    const [thread] = await heard
    assert.equal(thread.ownerId, stage.ada.id)
  })

  contract(
    'carries what was forwarded',
    'resources/message#message-reference-types',
    async (stage) => {
      const { client, ada, general } = stage
      const said = await ada.say('forward me')
      const heard = next(
        client,
        Events.MessageCreate,
        ({ reference }) => reference?.type === MessageReferenceType.Forward,
      )
      const message = await general.messages.fetch(said.id)
      const forwarded = await message.forward(general)
      const [{ content, messageSnapshots }] = await heard
      assert.equal(content, '')
      assert.equal(messageSnapshots.first()?.content, 'forward me')
      assert.equal(forwarded.reference?.messageId, said.id)
    },
  )
}

function directCases(contract: Contract): void {
  contract('talks in private', 'resources/user#create-dm', async (stage) => {
    const { client, lin } = stage
    const user = await client.users.fetch(lin.id)
    const sent = await user.send('in private')
    assert.equal(sent.guildId, null)
    await act(stage, 'messages', { content: 'answer' }, { as: lin.id, channel: sent.channelId })
    const history = await sent.channel.messages.fetch({ limit: 1 })
    const [answer] = [...history.values()]
    assert.deepEqual(
      [answer?.content, answer?.author.id, answer?.type],
      ['answer', lin.id, MessageType.Default],
    )
  })

  contract('hears direct messages', 'events/gateway#list-of-intents', async (stage) => {
    const { client, lin } = stage
    const user = await client.users.fetch(lin.id)
    const { id: channel } = await user.createDM()
    const heard = next(client, Events.MessageCreate, ({ content }) => content === 'psst')
    await act(stage, 'messages', { content: 'psst' }, { as: lin.id, channel })
    const [message] = await heard
    assert.deepEqual([message.guildId, message.channelId], [null, channel])
  })
}

function permissionCases(contract: Contract): void {
  contract(
    'offers a command to those who may use it',
    'interactions/application-commands#application-command-permissions-object-using-default-permissions',
    async (stage) => {
      const { client, guild } = stage
      const command = await client.application.commands.create(
        {
          name: 'moderate',
          description: 'For moderators',
          defaultMemberPermissions: PermissionFlagsBits.ManageMessages,
        },
        guild.id,
      )
      const use = (as: string) => act(stage, 'commands', { name: 'moderate', options: {} }, { as })
      await assert.rejects(use('ada'))
      const heard = next(client, Events.InteractionCreate)
      await use('mo')
      const [interaction] = await heard
      assert.ok(interaction.isChatInputCommand() && interaction.commandName === 'moderate')
      await interaction.reply('moderated')
      await client.application.commands.delete(command, guild.id)
    },
  )

  contract(
    'keeps people out of channels they may not write in',
    'topics/permissions#permission-overwrites',
    async (stage) => {
      const { guild } = stage
      const channel = await guild.channels.create({ name: 'announcements' })
      await channel.permissionOverwrites.create(guild.roles.everyone, { SendMessages: false })
      const say = (as: string) =>
        act(stage, 'messages', { content: 'x' }, { as, channel: channel.id })
      await assert.rejects(say('ada'), /50013/)
    },
  )
}

function installedCases(contract: Contract): void {
  contract(
    'goes where people take it',
    'interactions/receiving-and-responding#interaction-object-authorizing-integration-owners-object',
    async (stage) => {
      const { client, ada } = stage
      const command = await client.application.commands.create({
        name: 'anywhere',
        description: 'Works anywhere',
        integrationTypes: [ApplicationIntegrationType.UserInstall],
        contexts: [InteractionContextType.Guild, InteractionContextType.PrivateChannel],
      })
      const use = () => act(stage, 'commands', { name: 'anywhere', options: {} })
      await assert.rejects(use())
      await act(stage, 'install', { on: true })
      const heard = next(client, Events.InteractionCreate)
      await use()
      const [interaction] = await heard
      assert.equal(interaction.authorizingIntegrationOwners.userId, ada.id)
      assert.ok(interaction.isChatInputCommand())
      await interaction.reply('anywhere')
      await act(stage, 'install', { on: false })
      await command.delete()
    },
  )
}
