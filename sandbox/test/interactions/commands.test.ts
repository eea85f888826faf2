/** Slash commands as members use them: options of every kind, and where they are offered. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  ApplicationCommandOptionType as Option,
  ApplicationCommandType,
  ChannelType,
  MessageFlags,
  PermissionFlagsBits,
  Routes,
} from 'discord.js'
import type { Client, Interaction } from 'discord.js'
import { Member } from '../../src/test-client/client.ts'
import { logIn, nextInteraction } from '../helpers/discord-client.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'
import type { WatchedSandbox } from '../helpers/watched-sandbox.ts'

let sandbox: WatchedSandbox
let client: Client<true>
let ada: Member

before(async () => {
  sandbox = await startWatchedSandbox({ rateLimits: 'off' })
  client = await logIn(sandbox)
  ada = await Member.connect(sandbox.url)
})

after(async () => {
  ada.close()
  await client.destroy()
  await sandbox.close()
})

const isSlash = (given: Interaction) => given.isChatInputCommand()
const isAutocomplete = (given: Interaction) => given.isAutocomplete()

/** Registers what discord.js itself would not let through. */
function put(body: unknown): Promise<unknown> {
  const path = Routes.applicationCommands(client.application.id)
  return client.rest.put(path, { body })
}

function slash(name: string, options: readonly object[] = []) {
  return { name, description: 'x', options }
}

const text = { type: 3, name: 'a', description: 'x' }

describe('a slash command', () => {
  const OPTIONS = [
    { ...text, name: 'words', min_length: 2, max_length: 5 },
    { ...text, name: 'pick', choices: [{ name: 'A', value: 'a' }] },
    { type: Option.Integer, name: 'count', description: 'x', min_value: 1, max_value: 3 },
    { type: Option.Number, name: 'ratio', description: 'x' },
    { type: Option.Boolean, name: 'yes', description: 'x' },
    { type: Option.User, name: 'who', description: 'x' },
    { type: Option.Role, name: 'role', description: 'x' },
    { type: Option.Mentionable, name: 'any', description: 'x' },
    {
      type: Option.Channel,
      name: 'where',
      description: 'x',
      channel_types: [ChannelType.GuildText],
    },
    { type: Option.Attachment, name: 'file', description: 'x', file_types: ['image'] },
  ]
  const bytes = new TextEncoder().encode('not really a picture')

  before(async () => {
    const sub = { type: Option.Subcommand, name: 'show', description: 'x', options: OPTIONS }
    const group = { type: Option.SubcommandGroup, name: 'of', description: 'x', options: [sub] }
    const guess = { ...text, name: 'guess', autocomplete: true, required: true }
    const number = { type: 4, name: 'number', description: 'x', autocomplete: true }
    await put([
      slash('use', OPTIONS),
      slash('deep', [group]),
      slash('find', [guess, number]),
      { ...slash('staff'), default_member_permissions: String(PermissionFlagsBits.ManageMessages) },
      { ...slash('admin'), default_member_permissions: '0' },
      { ...slash('grown'), nsfw: true },
      { ...slash('mine'), integration_types: [1], contexts: [0, 1, 2] },
      { ...slash('here'), contexts: [0] },
      { name: 'Mine too', type: ApplicationCommandType.Message, integration_types: [1] },
    ])
    await ada.commands('use')
  })

  it('carries every kind of option, resolved', async () => {
    const heard = nextInteraction(client, isSlash)
    const { guild } = sandbox.world
    await ada.use('use', {
      words: 'word',
      pick: 'a',
      count: 2,
      ratio: 0.5,
      yes: true,
      who: ada.id,
      role: guild.id,
      any: guild.id,
      where: ada.channelId,
      file: { name: 'cat.png', bytes },
    })
    const used = await heard
    assert.equal(used.options.getString('words'), 'word')
    assert.equal(used.options.getInteger('count'), 2)
    assert.equal(used.options.getNumber('ratio'), 0.5)
    assert.equal(used.options.getBoolean('yes'), true)
    assert.equal(used.options.getUser('who')?.username, 'ada')
    assert.ok(used.options.getMember('who'))
    assert.equal(used.options.getRole('role')?.name, '@everyone')
    assert.ok(used.options.getMentionable('any'))
    assert.equal(used.options.getChannel('where')?.name, 'general')
    const file = used.options.getAttachment('file', true)
    assert.deepEqual(Buffer.from(await (await fetch(file.url)).arrayBuffer()), Buffer.from(bytes))
    await used.reply('used')
  })

  it('is not sent with options that Discord would not take', async () => {
    const use = (options: Parameters<Member['use']>[1]) => ada.use('use', options)
    await assert.rejects(use({ words: 'x' }), /between 2 and 5/)
    await assert.rejects(use({ pick: 'b' }), /one of the choices/)
    await assert.rejects(use({ count: 4 }), /less than or equal to 3/)
    await assert.rejects(use({ count: 1.5 }), /not int/)
    await assert.rejects(use({ who: '1' }), /cannot be chosen/)
    await assert.rejects(use({ file: { name: 'a.pdf', bytes } }), /FILE_TYPE/)
    await assert.rejects(use({ unknown: 1 }), /no option/)
    await assert.rejects(ada.use('find', {}), /BASE_TYPE_REQUIRED/)
  })

  it('is found under its group and subcommand', async () => {
    const heard = nextInteraction(client, isSlash)
    const id = await ada.use('deep of show', { count: 1 })
    const used = await heard
    assert.equal(used.options.getSubcommandGroup(), 'of')
    assert.equal(used.options.getSubcommand(), 'show')
    assert.equal(used.options.getInteger('count'), 1)
    await used.reply('deep')
    assert.equal((await ada.answer(id)).interaction?.name, 'deep of show')
    await assert.rejects(ada.use('deep', {}), /10063/)
    await assert.rejects(ada.use('deep of none', {}), /10063/)
  })

  it('suggests while one types, texts or numbers, at most 25', async () => {
    const heard = nextInteraction(client, isAutocomplete)
    const suggested = ada.autocomplete('find', 'guess', { guess: 'ca' })
    const typed = await heard
    assert.deepEqual(typed.options.getFocused(true), {
      name: 'guess',
      type: 3,
      value: 'ca',
      focused: true,
    })
    const tooMany = Array.from({ length: 26 }, (_, i) => ({ name: `${i}`, value: `${i}` }))
    await assert.rejects(
      sandbox.wrongly(() => typed.respond(tooMany)),
      { code: 50035 },
    )
    typed.responded = false
    await typed.respond([{ name: 'Cat', value: 'cat' }])
    assert.deepEqual(await suggested, [{ name: 'Cat', value: 'cat' }])

    const next = nextInteraction(client, isAutocomplete)
    const numbers = ada.autocomplete('find', 'number', { number: '4', guess: 'x' })
    const asked = await next
    const wrong = [{ name: 'four', value: 'four' }]
    await assert.rejects(
      sandbox.wrongly(() => asked.respond(wrong)),
      { code: 50035 },
    )
    asked.responded = false
    await asked.respond([{ name: 'four', value: 4 }])
    assert.deepEqual(await numbers, [{ name: 'four', value: 4 }])
    await assert.rejects(ada.autocomplete('use', 'words', {}), /no autocomplete/)
  })

  it('is offered to those who may use it, and where it may be used', async () => {
    const mo = await Member.connect(sandbox.url, 'mo')
    await assert.rejects(ada.use('staff'), /10063/)
    await mo.use('staff')
    await assert.rejects(mo.use('admin'), /10063/)
    await assert.rejects(ada.use('grown'), /10063/)
    ada.switchTo('after-hours')
    await ada.use('grown')
    await ada.openDirect()
    await assert.rejects(ada.use('here'), /10063/)
    ada.switchTo('general')
    await ada.use('here')
    mo.close()
  })

  it('belongs to a user who installed it, in channels where the bot is not', async () => {
    await assert.rejects(ada.use('mine'), /10063/)
    const lin = await Member.connect(sandbox.url, 'lin')
    await lin.install()
    await lin.openDirect(ada.id)
    const heard = nextInteraction(client, isSlash)
    const id = await lin.use('mine')
    const used = await heard
    assert.equal(used.context, 2)
    const { guildId, userId } = used.authorizingIntegrationOwners
    assert.deepEqual([guildId, userId], [null, lin.id])
    await used.reply('between us')
    assert.equal((await lin.answer(id)).content, 'between us')
    for (const text of ['1', '2', '3', '4', '5']) {
      await used.followUp(text)
    }
    await assert.rejects(used.followUp('6'), { code: 40094 })
    await lin.install(false)
    await assert.rejects(lin.use('mine'), /10063/)
    lin.close()
  })

  it('answers ephemerally where external applications are not let speak', async () => {
    const { world } = sandbox
    const everyone = world.guild.roles.get(world.guild.id)
    assert.ok(everyone)
    const before = everyone.permissions
    everyone.permissions = before & ~PermissionFlagsBits.UseExternalApps
    await ada.install()
    const heard = nextInteraction(client, isSlash)
    const id = await ada.use('mine')
    await (await heard).reply('quietly')
    assert.equal((await ada.answer(id)).flags, MessageFlags.Ephemeral)
    everyone.permissions = before
    await ada.install(false)
  })

  it('is shown in the member’s language', async () => {
    await put([
      {
        ...slash('look'),
        name_localizations: { 'zh-CN': '看' },
        description_localizations: { 'zh-CN': '看图' },
      },
    ])
    const reader = await Member.connect(sandbox.url, 'ada', { locale: 'zh-CN' })
    const { commands } = await reader.until((told) => told.commands?.length === 1)
    assert.equal(commands?.[0]?.name_localized, '看')
    assert.equal(commands?.[0]?.description_localized, '看图')
    const heard = nextInteraction(client, isSlash)
    await reader.use('look')
    assert.equal((await heard).locale, 'zh-CN')
    reader.close()
  })
})
