/** Buttons, selects and modals as members use them, through discord.js. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  ActionRowBuilder,
  ButtonBuilder,
  ButtonStyle,
  ChannelSelectMenuBuilder,
  ChannelType,
  ComponentType,
  MentionableSelectMenuBuilder,
  MessageFlags,
  ModalBuilder,
  RoleSelectMenuBuilder,
  StringSelectMenuBuilder,
  TextInputStyle,
  UserSelectMenuBuilder,
} from 'discord.js'
import type { Client, Interaction } from 'discord.js'
import { Member } from '../../src/test-client/client.ts'
import { logIn, nextInteraction } from '../helpers/discord-client.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'
import type { WatchedSandbox } from '../helpers/watched-sandbox.ts'

const TEXT = new TextEncoder().encode('a small file')

let sandbox: WatchedSandbox
let client: Client<true>
let ada: Member
let lin: Member

before(async () => {
  sandbox = await startWatchedSandbox({ rateLimits: 'off' })
  client = await logIn(sandbox)
  await client.application.commands.set([{ name: 'look', description: 'Looks' }])
  ada = await Member.connect(sandbox.url)
  lin = await Member.connect(sandbox.url, 'lin')
})

after(async () => {
  ada.close()
  lin.close()
  await client.destroy()
  await sandbox.close()
})

function next<T extends Interaction>(is: (given: Interaction) => given is T): Promise<T> {
  return nextInteraction(client, is)
}

const isButton = (given: Interaction) => given.isButton()
const isModal = (given: Interaction) => given.isModalSubmit()

function button(customId: string) {
  return new ActionRowBuilder<ButtonBuilder>().addComponents(
    new ButtonBuilder({ custom_id: customId, label: customId, style: ButtonStyle.Primary }),
  )
}

/** A modal's label with something in it. */
function labelled(component: object) {
  return { type: 18, label: 'x', component }
}

/** What a member puts into a file upload. */
function fileNamed(name: string) {
  return { files: [{ name, bytes: TEXT }] }
}

/** Sends a message of the bot's own with these components. */
async function post(components: readonly ActionRowBuilder[], content = 'look') {
  const channel = await client.channels.fetch(ada.channelId)
  assert.ok(channel?.isSendable())
  return channel.send({ content, components: components.map((row) => row.toJSON()) })
}

describe('a button', () => {
  it('answers with a message that points at its own', async () => {
    const message = await post([button('ask')])
    const arrived = next(isButton)
    const id = await ada.press(message, 'ask')
    const pressed = await arrived
    assert.equal(pressed.customId, 'ask')
    assert.equal(pressed.message.id, message.id)
    assert.equal(pressed.user.id, ada.id)
    assert.equal(pressed.component.type, ComponentType.Button)
    await pressed.reply('pressed')
    const answer = await ada.answer(id)
    assert.equal(answer.content, 'pressed')
    assert.equal(answer.type, 19)
    assert.equal(answer.message_reference?.message_id, message.id)
    assert.equal(answer.interaction_metadata?.type, 3)
  })

  it('changes its message, components and all', async () => {
    const message = await post([button('again')])
    const arrived = next(isButton)
    const id = await ada.press(message, 'again')
    await (await arrived).update({ content: 'changed', components: [] })
    await ada.outcome(id, 'acknowledged')
    const changed = await ada.changed(message, ({ content }) => content === 'changed')
    assert.deepEqual(changed.components, [])
  })

  it('changes its message later, after a deferred update', async () => {
    const message = await post([button('later')])
    const arrived = next(isButton)
    const id = await lin.press(message, 'later')
    const pressed = await arrived
    await pressed.deferUpdate()
    await lin.outcome(id, 'acknowledged')
    await pressed.editReply({ content: 'done' })
    const followUp = await pressed.followUp('and more')
    assert.notEqual(followUp.id, message.id)
    assert.equal((await ada.changed(message, (m) => m.content === 'done')).components?.length, 1)
    await pressed.deleteReply()
    await ada.until((told) => told.type === 'deleted' && told.id === message.id)
  })

  it('cannot be pressed where it is disabled, absent or not seen', async () => {
    const row = new ActionRowBuilder<ButtonBuilder>().addComponents(
      new ButtonBuilder({
        custom_id: 'off',
        label: 'x',
        style: ButtonStyle.Danger,
        disabled: true,
      }),
    )
    const message = await post([row])
    await assert.rejects(ada.press(message, 'off'), /COMPONENT_VALIDATION_FAILED/)
    await assert.rejects(ada.press(message, 'none'), /COMPONENT_VALIDATION_FAILED/)
    const member = sandbox.world.member(sandbox.world.guild.id, lin.id)
    assert.ok(member)
    member.timeoutUntilMs = Date.now() + 60_000
    await assert.rejects(lin.press(message, 'off'), /50013/)
    await assert.rejects(lin.use('look'), /10063/)
    member.timeoutUntilMs = null
    const quiet = next((given) => given.isChatInputCommand())
    const id = await ada.use('look')
    await (
      await quiet
    ).reply({ content: 'for you', components: [button('own')], flags: MessageFlags.Ephemeral })
    const answer = await ada.answer(id)
    await assert.rejects(lin.press(answer, 'own'), /10008/)
  })

  it('on an ephemeral message changes that, and its answer points nowhere', async () => {
    const asked = next((given) => given.isChatInputCommand())
    const id = await ada.use('look')
    const row = [button('mine')]
    await (
      await asked
    ).reply({ content: 'for you', components: row, flags: MessageFlags.Ephemeral })
    const own = await ada.answer(id)
    const arrived = next(isButton)
    const pressed = await ada.press(own, 'mine')
    await (await arrived).reply('for all')
    const answer = await ada.answer(pressed)
    assert.equal(answer.message_reference, undefined)
    assert.equal(answer.flags, 0)
  })
})

describe('a select', () => {
  it('sends the values chosen among its options', async () => {
    const select = new StringSelectMenuBuilder({
      custom_id: 'style',
      options: ['a', 'b', 'c'].map((value) => ({ label: value, value })),
      max_values: 2,
    })
    const message = await post([new ActionRowBuilder({ components: [select] })])
    await assert.rejects(ada.select(message, 'style', ['z']), /cannot be chosen/)
    await assert.rejects(ada.select(message, 'style', ['a', 'b', 'c']), /between 1 and 2/)
    await assert.rejects(ada.select(message, 'style', []), /between 1 and 2/)
    const arrived = next((given) => given.isStringSelectMenu())
    await ada.select(message, 'style', ['b', 'c'])
    const chosen = await arrived
    assert.deepEqual(chosen.values, ['b', 'c'])
    await chosen.deferUpdate()
  })

  it('resolves users, roles, mentionables and channels', async () => {
    const rows = [
      new UserSelectMenuBuilder({ custom_id: 'user' }),
      new RoleSelectMenuBuilder({ custom_id: 'role' }),
      new MentionableSelectMenuBuilder({ custom_id: 'mentionable', max_values: 2 }),
      new ChannelSelectMenuBuilder({
        custom_id: 'channel',
        channel_types: [ChannelType.GuildText],
      }),
    ].map((select) => new ActionRowBuilder({ components: [select] }))
    const message = await post(rows)
    const role = sandbox.world.guild.id

    const users = next((given) => given.isUserSelectMenu())
    await ada.select(message, 'user', [lin.id])
    assert.equal((await users).users.get(lin.id)?.username, 'lin')
    assert.ok((await users).members.has(lin.id))
    await (await users).deferUpdate()

    const roles = next((given) => given.isRoleSelectMenu())
    await ada.select(message, 'role', [role])
    assert.equal((await roles).roles.get(role)?.name, '@everyone')

    const both = next((given) => given.isMentionableSelectMenu())
    await ada.select(message, 'mentionable', [role, lin.id])
    assert.ok((await both).users.has(lin.id) && (await both).roles.has(role))

    const channels = next((given) => given.isChannelSelectMenu())
    await ada.select(message, 'channel', [ada.channelId])
    assert.equal((await channels).channels.has(ada.channelId), true)
    await assert.rejects(ada.select(message, 'user', [role]), /cannot be chosen/)
  })
})

describe('a modal', () => {
  it('opens from a button and sends its text, back to the message', async () => {
    const message = await post([button('question')])
    const arrived = next(isButton)
    const id = await ada.press(message, 'question')
    await (
      await arrived
    ).showModal(
      new ModalBuilder({
        custom_id: 'ask:1',
        title: 'Ask',
        components: [
          {
            type: ComponentType.Label,
            label: 'Question',
            component: {
              type: ComponentType.TextInput,
              custom_id: 'text',
              style: TextInputStyle.Short,
              min_length: 2,
              max_length: 10,
            },
          },
        ],
      }),
    )
    const modal = await ada.modal(id)
    assert.equal(modal.title, 'Ask')
    await assert.rejects(ada.submit(modal, {}), /BASE_TYPE_REQUIRED/)
    await assert.rejects(ada.submit(modal, { text: 'x' }), /between 2 and 10/)
    await assert.rejects(lin.submit(modal, { text: 'what?' }), /10062/)
    const sent = next(isModal)
    const submitted = await ada.submit(modal, { text: 'what?' })
    const filled = await sent
    assert.equal(filled.customId, 'ask:1')
    assert.equal(filled.fields.getTextInputValue('text'), 'what?')
    assert.equal(filled.message?.id, message.id)
    assert.ok(filled.isFromMessage())
    await filled.update('asked')
    assert.equal((await ada.changed(message, (m) => m.content === 'asked')).id, message.id)
    await ada.outcome(submitted, 'acknowledged')
  })

  it('opens from a command, takes files and choices, and cannot answer a modal', async () => {
    const asked = next((given) => given.isChatInputCommand())
    const id = await ada.use('look')
    const upload = { type: 19, custom_id: 'files', max_values: 2, file_types: ['image'] }
    const choice = {
      type: 3,
      custom_id: 'style',
      options: [{ label: 'Short', value: 'short' }],
    }
    const command = await asked
    await client.rest.post(`/interactions/${command.id}/${command.token}/callback`, {
      body: {
        type: 9,
        data: { custom_id: 'm', title: 'Files', components: [labelled(upload), labelled(choice)] },
      },
      auth: false,
    })
    const modal = await ada.modal(id)
    await assert.rejects(
      ada.submit(modal, { files: fileNamed('a.pdf'), style: ['short'] }),
      /FILE_TYPE/,
    )
    await assert.rejects(ada.submit(modal, { files: fileNamed('a.png'), style: ['no'] }), /chosen/)
    const sent = next(isModal)
    const submitted = await ada.submit(modal, { files: fileNamed('a.png'), style: ['short'] })
    const filled = await sent
    assert.deepEqual(filled.fields.getStringSelectValues('style'), ['short'])
    const [uploaded] = filled.fields.getUploadedFiles('files', true).values()
    assert.equal(uploaded?.name, 'a.png')
    assert.equal(await (await fetch(uploaded.url)).text(), 'a small file')
    await assert.rejects(
      client.rest.post(`/interactions/${filled.id}/${filled.token}/callback`, {
        body: { type: 9, data: { custom_id: 'm', title: 'x', components: [labelled(upload)] } },
        auth: false,
      }),
      { code: 50035 },
    )
    await filled.reply('thanks')
    assert.equal((await ada.answer(submitted)).interaction_metadata?.type, 5)
  })
})
