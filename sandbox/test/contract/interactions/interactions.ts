/** Interactions: the events of commands, buttons, selects and modals. */

import assert from 'node:assert/strict'
import {
  ApplicationCommandOptionType as Option,
  ApplicationCommandType,
  ButtonStyle,
  ComponentType,
  Events,
  InteractionContextType,
  MessageFlags,
} from 'discord.js'
import type {
  ApplicationCommandDataResolvable,
  ChatInputCommandInteraction,
  Interaction,
} from 'discord.js'
import { PNG } from '../../helpers/pictures.ts'
import type { Contract } from '../contract.ts'
import { act, next } from '../stage.ts'
import type { Stage } from '../stage.ts'

const COMMANDS: readonly ApplicationCommandDataResolvable[] = [
  {
    name: 'use',
    description: 'Uses every kind of option',
    options: [
      { type: Option.String, name: 'text', description: 'Text' },
      { type: Option.Integer, name: 'count', description: 'Count', minValue: 1, maxValue: 5 },
      { type: Option.Boolean, name: 'yes', description: 'Yes or no' },
      { type: Option.User, name: 'who', description: 'Who' },
      { type: Option.Channel, name: 'where', description: 'Where' },
      { type: Option.Attachment, name: 'picture', description: 'Picture' },
      { type: Option.String, name: 'animal', description: 'Animal', autocomplete: true },
    ],
  },
  {
    name: 'memory',
    description: 'Memory',
    options: [{ type: Option.Subcommand, name: 'show', description: 'Shows' }],
  },
  { name: 'Describe', type: ApplicationCommandType.Message },
  { name: 'Greet', type: ApplicationCommandType.User },
]

/** Registered once for all cases of this file; guild commands leave the global ones alone. */
const registered = new WeakMap<Stage, Promise<unknown>>()

/** Does something as a person; resolves with the interaction that the bot hears of it. */
export async function interact(
  stage: Stage,
  action: string,
  body: object,
  options: Parameters<typeof act>[3] = {},
): Promise<Interaction> {
  const { client, guild } = stage
  const ready = registered.get(stage) ?? client.application.commands.set(COMMANDS, guild.id)
  registered.set(stage, ready)
  await ready
  const heard = next(client, Events.InteractionCreate)
  const { id } = await act(stage, action, body, options)
  const [interaction] = await heard
  assert.equal(interaction.id, id)
  return interaction
}

/** Uses `/use`. */
export async function use(
  stage: Stage,
  options: object = {},
  more: Parameters<typeof act>[3] = {},
): Promise<ChatInputCommandInteraction> {
  const interaction = await interact(stage, 'commands', { name: 'use', options }, more)
  assert.ok(interaction.isChatInputCommand())
  return interaction
}

/** Cases of interactions. */
export function interactionCases(contract: Contract): void {
  commandCases(contract)
  menuCases(contract)
  componentCases(contract)
}

function commandCases(contract: Contract): void {
  contract(
    'tells who used which command where',
    'interactions/receiving-and-responding#interaction-object',
    async (stage) => {
      const { client, guild, general, ada } = stage
      const interaction = await use(stage)
      assert.equal(interaction.applicationId, client.application.id)
      assert.deepEqual([interaction.guildId, interaction.channelId], [guild.id, general.id])
      assert.equal(interaction.user.id, ada.id)
      assert.ok(interaction.inCachedGuild())
      assert.ok(interaction.memberPermissions.has('SendMessages'))
      assert.ok(interaction.appPermissions.has('SendMessages'))
      assert.deepEqual([interaction.locale, interaction.guildLocale], ['en-US', 'en-US'])
      assert.equal(interaction.context, InteractionContextType.Guild)
      assert.equal(interaction.authorizingIntegrationOwners.guildId, guild.id)
      assert.equal(interaction.attachmentSizeLimit, 10 * 1024 * 1024)
      await interaction.reply('done')
    },
  )

  contract(
    'carries options of every kind',
    'interactions/receiving-and-responding#interaction-object-application-command-interaction-data-option-structure',
    async (stage) => {
      const { lin, general } = stage
      const given = { text: 'words', count: 3, yes: true, who: lin.id, where: general.id }
      const { options } = await use(stage, given)
      assert.deepEqual(
        [options.getString('text'), options.getInteger('count'), options.getBoolean('yes')],
        ['words', 3, true],
      )
      assert.equal(options.getUser('who')?.username, 'lin')
      assert.equal(options.getChannel('where')?.id, general.id)
      assert.equal(options.getString('animal'), null)
    },
  )

  contract(
    'resolves users with their membership',
    'interactions/receiving-and-responding#interaction-object-resolved-data-structure',
    async (stage) => {
      const { options } = await use(stage, { who: stage.lin.id })
      const member = options.getMember('who')
      assert.ok(member && 'joinedAt' in member)
    },
  )

  contract(
    'carries a file that can be fetched',
    'interactions/receiving-and-responding#interaction-object-resolved-data-structure',
    async (stage) => {
      const { options } = await use(stage, { picture: { file: 0 } }, { files: [PNG] })
      const picture = options.getAttachment('picture', true)
      assert.deepEqual([picture.size, picture.width, picture.height], [PNG.length, 2, 1])
      assert.equal(picture.ephemeral, true)
      const response = await fetch(picture.url)
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), PNG)
    },
  )

  contract(
    'names the subcommand',
    'interactions/application-commands#subcommands-and-subcommand-groups',
    async (stage) => {
      const interaction = await interact(stage, 'commands', { name: 'memory show', options: {} })
      assert.ok(interaction.isChatInputCommand())
      assert.equal(interaction.commandName, 'memory')
      assert.equal(interaction.options.getSubcommand(), 'show')
    },
  )

  contract(
    'tells of direct messages',
    'interactions/receiving-and-responding#interaction-object-interaction-context-types',
    async (stage) => {
      const { client, ada } = stage
      await client.application.commands.set([{ name: 'alone', description: 'In private' }])
      const { id: channel } = await act(stage, 'dms', {})
      const interaction = await interact(
        stage,
        'commands',
        { name: 'alone', options: {} },
        { channel },
      )
      assert.ok(interaction.isChatInputCommand())
      assert.equal(interaction.guildId, null)
      assert.equal(interaction.user.id, ada.id)
      assert.equal(interaction.context, InteractionContextType.BotDM)
      await interaction.reply('in private')
    },
  )
}

function menuCases(contract: Contract): void {
  contract(
    'resolves the message of a context menu',
    'interactions/application-commands#message-commands',
    async (stage) => {
      const said = await stage.lin.say('describe me')
      const interaction = await interact(stage, 'menu', { name: 'Describe', target_id: said.id })
      assert.ok(interaction.isMessageContextMenuCommand())
      assert.equal(interaction.targetMessage.content, 'describe me')
      assert.equal(interaction.targetMessage.author.id, stage.lin.id)
    },
  )

  contract(
    'resolves the user of a context menu',
    'interactions/application-commands#user-commands',
    async (stage) => {
      const interaction = await interact(stage, 'menu', { name: 'Greet', target_id: stage.lin.id })
      assert.ok(interaction.isUserContextMenuCommand())
      assert.equal(interaction.targetUser.username, 'lin')
      assert.ok(interaction.targetMember)
    },
  )
}

function rows() {
  return [
    {
      type: ComponentType.ActionRow as const,
      components: [
        {
          type: ComponentType.Button as const,
          style: ButtonStyle.Primary as const,
          label: 'P',
          custom_id: 'press',
        },
      ],
    },
    {
      type: ComponentType.ActionRow as const,
      components: [
        {
          type: ComponentType.StringSelect as const,
          custom_id: 'choose',
          max_values: 2,
          options: ['a', 'b', 'c'].map((value) => ({ label: value, value })),
        },
      ],
    },
  ]
}

function componentCases(contract: Contract): void {
  contract('hears a button', 'components/reference#button', async (stage) => {
    const message = await stage.general.send({ content: 'press', components: rows() })
    const body = { message_id: message.id, custom_id: 'press' }
    const interaction = await interact(stage, 'components', body)
    assert.ok(interaction.isButton())
    assert.deepEqual([interaction.customId, interaction.message.id], ['press', message.id])
    assert.equal(interaction.message.content, 'press')
    await interaction.update({ content: 'pressed', components: [] })
    const fresh = await stage.general.messages.fetch({ message: message.id, force: true })
    assert.deepEqual([fresh.content, fresh.components.length], ['pressed', 0])
  })

  contract(
    'hears a choice',
    'components/reference#string-select-string-select-interaction-response-structure',
    async (stage) => {
      const message = await stage.general.send({ content: 'choose', components: rows() })
      const body = { message_id: message.id, custom_id: 'choose', values: ['a', 'c'] }
      const interaction = await interact(stage, 'components', body)
      assert.ok(interaction.isStringSelectMenu())
      assert.deepEqual(interaction.values, ['a', 'c'])
      await interaction.deferUpdate()
      await interaction.editReply({ content: 'chosen' })
      const fresh = await stage.general.messages.fetch({ message: message.id, force: true })
      assert.equal(fresh.content, 'chosen')
    },
  )

  contract(
    'answers a button with a message of its own',
    'interactions/receiving-and-responding#interaction-response-object-interaction-callback-type',
    async (stage) => {
      const message = await stage.general.send({ content: 'ask', components: rows() })
      const body = { message_id: message.id, custom_id: 'press' }
      const interaction = await interact(stage, 'components', body)
      assert.ok(interaction.isButton())
      const { resource } = await interaction.reply({
        content: 'only you',
        flags: MessageFlags.Ephemeral,
        withResponse: true,
      })
      assert.ok(resource?.message?.flags.has(MessageFlags.Ephemeral))
    },
  )
}
