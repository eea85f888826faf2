/**
 * A small bot on the loopback Discord that uses every element of Discord's interface once, so that
 * tests see the page draw those that Sightseer does not use.
 */

import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  Client,
  Events,
  GatewayIntentBits,
  MessageFlags,
  Partials,
  Routes,
} from 'discord.js'
import type {
  AutocompleteInteraction,
  ChatInputCommandInteraction,
  Interaction,
  MessageComponentInteraction,
  ModalSubmitInteraction,
  RESTPostAPIApplicationCommandsJSONBody,
} from 'discord.js'
import type { Sandbox } from '../../src/server.ts'
import { FORM, PARTS } from './page-bot-pieces.ts'

/** What it registers. */
export const COMMANDS: readonly RESTPostAPIApplicationCommandsJSONBody[] = [
  {
    name: 'order',
    name_localizations: { 'zh-CN': '点单' },
    description: 'Orders something',
    description_localizations: { 'zh-CN': '点一份东西' },
    options: [
      {
        type: ApplicationCommandOptionType.String,
        name: 'dish',
        description: 'What to cook',
        required: true,
        autocomplete: true,
      },
      {
        type: ApplicationCommandOptionType.String,
        name: 'size',
        description: 'How much of it',
        choices: [
          { name: 'Small one', value: 's' },
          { name: 'Large one', value: 'l' },
        ],
      },
      {
        type: ApplicationCommandOptionType.Integer,
        name: 'count',
        description: 'How many',
        min_value: 1,
        max_value: 5,
      },
      { type: ApplicationCommandOptionType.Boolean, name: 'hot', description: 'Whether it is hot' },
      { type: ApplicationCommandOptionType.User, name: 'guest', description: 'Who eats it' },
      {
        type: ApplicationCommandOptionType.Channel,
        name: 'place',
        description: 'Where to serve it',
      },
    ],
  },
  {
    name: 'look',
    description: 'Looks at a picture',
    options: [
      {
        type: ApplicationCommandOptionType.Attachment,
        name: 'image',
        description: 'The picture',
        required: true,
      },
    ],
  },
  {
    name: 'notes',
    name_localizations: { 'zh-CN': '笔记' },
    description: 'Notes',
    options: [
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'show',
        description: 'Shows the notes',
      },
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'clear',
        description: 'Clears the notes',
      },
    ],
  },
  { name: 'whisper', description: 'Answers to you alone' },
  { name: 'ponder', description: 'Thinks until it is told to go on' },
  { name: 'silence', description: 'Never answers' },
  { name: 'parts', description: 'Shows buttons and selects' },
  { name: 'form', description: 'Opens a form' },
  { name: 'Inspect message', type: ApplicationCommandType.Message },
  { name: 'Inspect person', type: ApplicationCommandType.User },
]

/** A running bot. */
export type PageBot = {
  readonly client: Client<true>
  /** Lets the oldest `/ponder` go on. */
  go(): void
  /** Sends a message of any form to a channel. */
  post(channelId: string, body: object): Promise<void>
  close(): Promise<void>
}

/** Connects it and registers its commands. */
export async function startPageBot(sandbox: Sandbox): Promise<PageBot> {
  const client = new Client({
    intents: [
      GatewayIntentBits.Guilds,
      GatewayIntentBits.GuildMessages,
      GatewayIntentBits.MessageContent,
      GatewayIntentBits.DirectMessages,
    ],
    partials: [Partials.Channel],
    rest: { api: sandbox.api },
  })
  const waiting: (() => void)[] = []
  const pause = () => new Promise<void>((resolve) => waiting.push(resolve))
  client.on(Events.InteractionCreate, (interaction) => void answer(interaction, pause))
  client.on(Events.MessageCreate, (message) => {
    if (message.author.bot || message.content !== 'ping') {
      return
    }
    void message.channel.sendTyping().then(() => message.reply('pong'))
  })
  const ready = new Promise<Client<true>>((resolve) => client.once(Events.ClientReady, resolve))
  await client.login(sandbox.token)
  const connected = await ready
  await connected.rest.put(Routes.applicationCommands(connected.application.id), { body: COMMANDS })
  return {
    client: connected,
    go: () => waiting.shift()?.(),
    post: async (channelId, body) => {
      await connected.rest.post(Routes.channelMessages(channelId), { body })
    },
    close: () => client.destroy(),
  }
}

async function answer(interaction: Interaction, pause: () => Promise<void>): Promise<void> {
  if (interaction.isAutocomplete()) {
    return suggest(interaction)
  }
  if (interaction.isChatInputCommand()) {
    return run(interaction, pause)
  }
  if (interaction.isMessageContextMenuCommand()) {
    await interaction.reply(`Inspected: ${interaction.targetMessage.content}`)
  } else if (interaction.isUserContextMenuCommand()) {
    await interaction.reply(`Inspected ${interaction.targetUser.username}`)
  } else if (interaction.isModalSubmit()) {
    return takeForm(interaction)
  } else if (interaction.isMessageComponent()) {
    return press(interaction)
  }
}

async function suggest(interaction: AutocompleteInteraction): Promise<void> {
  const typed = interaction.options.getFocused()
  await interaction.respond(
    ['soup', 'salad', 'stew'].map((dish) => ({ name: `${dish} (${typed})`, value: dish })),
  )
}

async function run(
  interaction: ChatInputCommandInteraction,
  pause: () => Promise<void>,
): Promise<void> {
  const { options, commandName } = interaction
  if (commandName === 'order') {
    const given = options.data.map(({ name, value }) => `${name}=${String(value)}`)
    await interaction.reply(`${given.join(' ')} locale=${interaction.locale}`)
  } else if (commandName === 'look') {
    const { name, size } = options.getAttachment('image', true)
    await interaction.reply(`Saw ${name}, ${size} bytes`)
  } else if (commandName === 'notes') {
    await interaction.reply(`notes ${options.getSubcommand()}`)
  } else if (commandName === 'whisper') {
    await interaction.reply({ content: 'Psst', flags: MessageFlags.Ephemeral })
  } else if (commandName === 'ponder') {
    await interaction.deferReply()
    await pause()
    await interaction.editReply('Thought about it')
  } else if (commandName === 'parts') {
    await interaction.reply(PARTS)
  } else if (commandName === 'form') {
    await interaction.showModal(FORM)
  }
}

async function press(interaction: MessageComponentInteraction): Promise<void> {
  if (interaction.customId === 'ask') {
    await interaction.showModal(FORM)
  } else if (interaction.customId === 'ignore') {
    return
  } else if (interaction.isAnySelectMenu()) {
    await interaction.reply(`Chose ${interaction.values.join(',')} of ${interaction.customId}`)
  } else {
    await interaction.update({ content: 'Pressed once', components: [] })
  }
}

async function takeForm(interaction: ModalSubmitInteraction): Promise<void> {
  const text = interaction.fields.getTextInputValue('question')
  const kind = interaction.fields.getStringSelectValues('kind').join(',')
  const files = interaction.fields.getUploadedFiles('picture')?.map(({ name }) => name) ?? []
  await interaction.reply(`Form: ${text} / ${kind} / ${files.join(',')}`)
}
