/**
 * Interactions: a member uses a command, the application answers by a token.
 *
 * The first answer must come within 3 s (later: 10062), only once (40060), and the token then
 * lives 15 min (50027). Source: developers/interactions/receiving-and-responding.mdx.
 */

import { randomBytes } from 'node:crypto'
import {
  FIRST_RESPONSE_MS,
  MAX_FILE_BYTES,
  MESSAGE_FLAG,
  OPTION_TYPE,
  TOKEN_LIFE_MS,
} from './constants.ts'
import { refuse } from './errors.ts'
import type { Upload } from './files.ts'
import { channelPermissions } from './permissions.ts'
import { renderChannel, renderMember } from './render.ts'
import { renderUser, type World } from './world.ts'

/** A dead token is remembered this long, to answer 50027 and not 10015. In milliseconds. */
const MEMORY_MS = 60 * 60 * 1000

/** How far the application has got with answering. */
export type InteractionState = 'waiting' | 'deferred' | 'answered' | 'failed'

/** An interaction as it is kept. */
export type Interaction = {
  readonly id: string
  readonly token: string
  readonly userId: string
  readonly channelId: string
  readonly guildId: string | null
  readonly commandName: string
  readonly createdMs: number
  state: InteractionState
  /** The first answer's message. */
  originalId: string | null
  ephemeral: boolean
  /** Messages this token may edit. */
  readonly messageIds: Set<string>
}

/** What a member gave for an option: a plain value, or a file for an attachment option. */
export type OptionValue = string | number | boolean | Upload

/** Keeps every interaction and its clocks. */
export class Interactions {
  readonly #world: World
  readonly #byToken = new Map<string, Interaction>()

  constructor(world: World) {
    this.#world = world
  }

  /**
   * A member uses a slash command.
   *
   * @throws {ApiError} 10063 for an unknown command or option.
   */
  async slash(
    userId: string,
    channelId: string,
    commandName: string,
    options: Readonly<Record<string, OptionValue>>,
  ): Promise<Interaction> {
    const { application, guild } = this.#world
    const channel = this.#world.channel(channelId)
    const commands = [guild.id, ''].flatMap((scope) => application.commands.get(scope) ?? [])
    const command = commands.find((c) => c.name === commandName && c.type === 1)
    if (!command) throw refuse('unknownCommand')
    const attachments: Record<string, object> = {}
    const values: object[] = []
    for (const [name, value] of Object.entries(options)) {
      const type = command.options.find((option) => option.name === name)?.type
      if (type === undefined) throw refuse('unknownCommand')
      if (type === OPTION_TYPE.attachment && typeof value === 'object') {
        const file = await this.#world.cdn.add(
          this.#world.nextId(),
          `ephemeral-attachments/${application.id}`,
          value,
        )
        attachments[file.id] = this.#world.cdn.describe(file)
        values.push({ name, type, value: file.id })
      } else {
        values.push({ name, type, value })
      }
    }
    const data = {
      id: command.id,
      name: command.name,
      type: 1,
      ...(values.length > 0 ? { options: values } : {}),
      ...(Object.keys(attachments).length > 0 ? { resolved: { attachments } } : {}),
      ...(commands.indexOf(command) < (application.commands.get(guild.id)?.length ?? 0)
        ? { guild_id: guild.id }
        : {}),
    }
    return this.#create(userId, channel.id, channel.guildId, commandName, data)
  }

  #create(
    userId: string,
    channelId: string,
    guildId: string | null,
    commandName: string,
    data: object,
  ): Interaction {
    const { clock } = this.#world
    const interaction: Interaction = {
      id: this.#world.nextId(),
      token: randomBytes(48).toString('base64url'),
      userId,
      channelId,
      guildId,
      commandName,
      createdMs: clock.now(),
      state: 'waiting',
      originalId: null,
      ephemeral: false,
      messageIds: new Set(),
    }
    this.#byToken.set(interaction.token, interaction)
    clock.after(FIRST_RESPONSE_MS, () => {
      if (interaction.state !== 'waiting') return
      interaction.state = 'failed'
      this.#world.tell({ name: 'INTERACTION_FAILED', interactionId: interaction.id, userId })
    })
    clock.after(TOKEN_LIFE_MS, () => this.#expire(interaction))
    const payload = renderInteraction(this.#world, interaction, data)
    this.#world.tell({ name: 'INTERACTION_CREATE', data: payload, guildId })
    return interaction
  }

  #expire(interaction: Interaction): void {
    this.#world.clock.after(MEMORY_MS, () => this.#byToken.delete(interaction.token))
    if (interaction.state !== 'deferred') return
    interaction.state = 'failed'
    const messages = this.#world.messages.get(interaction.channelId)
    const message = messages?.get(interaction.originalId ?? '')
    if (!message) return
    const flags = message.flags & ~MESSAGE_FLAG.loading
    this.#world.update(message, { content: 'The application did not respond', flags })
  }

  /**
   * The interaction that still waits for its first answer.
   *
   * @throws {ApiError} 10062 or 40060.
   */
  unanswered(id: string, token: string): Interaction {
    const interaction = this.#byToken.get(token)
    if (!interaction || interaction.id !== id || interaction.state === 'failed') {
      throw refuse('unknownInteraction')
    }
    if (interaction.state !== 'waiting') throw refuse('alreadyAcknowledged')
    return interaction
  }

  /**
   * The answered interaction whose token still lives.
   *
   * @throws {ApiError} 10015 or 50027.
   */
  answered(applicationId: string, token: string): Interaction {
    const interaction = this.#byToken.get(token)
    if (!interaction || applicationId !== this.#world.application.id) throw refuse('unknownWebhook')
    if (interaction.createdMs + TOKEN_LIFE_MS <= this.#world.clock.now())
      throw refuse('invalidToken')
    if (interaction.originalId === null) throw refuse('unknownWebhook')
    return interaction
  }
}

function renderInteraction(world: World, interaction: Interaction, data: object): object {
  const { userId, guildId, channelId } = interaction
  const owners: Record<string, string> = guildId === null ? { '0': '0' } : { '0': guildId }
  const channel = world.channel(channelId)
  const permissions = (id: string) => String(channelPermissions(world, channel, id))
  const member = world.member(guildId, userId)
  return {
    id: interaction.id,
    application_id: world.application.id,
    type: 2,
    token: interaction.token,
    version: 1,
    data,
    channel_id: channelId,
    channel: { ...renderChannel(world, channel), permissions: permissions(userId) },
    app_permissions: permissions(world.application.bot.id),
    locale: 'en-US',
    entitlements: [],
    attachment_size_limit: MAX_FILE_BYTES,
    authorizing_integration_owners: owners,
    context: guildId === null ? 1 : 0,
    ...(!member
      ? { user: renderUser(world.user(userId)) }
      : {
          guild_id: guildId,
          guild_locale: 'en-US',
          guild: { id: guildId, locale: 'en-US', features: [] },
          member: { ...renderMember(world, member), permissions: permissions(userId) },
        }),
  }
}
