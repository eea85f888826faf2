/**
 * Interactions: a member uses a command or component, the application responds with a token.
 *
 * The first response must come within 3 s (later: 10062) and only once (40060); the token is
 * valid for 15 min (50027). Source: developers/interactions/receiving-and-responding.mdx.
 */

import { randomBytes } from 'node:crypto'
import type { Json } from '../protocol/field-checks.ts'
import {
  FIRST_RESPONSE_MS,
  INTERACTION_TYPE,
  MESSAGE_FLAG,
  TOKEN_LIFE_MS,
} from '../protocol/constants.ts'
import { refuse } from '../protocol/errors.ts'
import { renderInteraction } from '../render/interaction.ts'
import type { MessageOrigin } from '../world/message.ts'
import type { MemberAction, Interaction } from './types.ts'
import { can } from '../world/permissions.ts'
import type { World } from '../world/world.ts'

/** An expired token is kept this long, to return 50027 and not 10015. In milliseconds. */
const MEMORY_MS = 60 * 60 * 1000

/** Maximum follow-ups if the application is installed only to the user's account. */
const MAX_USER_FOLLOW_UPS = 5

/** Stores the interactions and their timers. */
export class Interactions {
  readonly #world: World
  readonly #byToken = new Map<string, Interaction>()
  readonly #byId = new Map<string, Interaction>()

  constructor(world: World) {
    this.#world = world
  }

  /** Creates an interaction from a member's action and dispatches it. */
  create(action: MemberAction): Interaction {
    const interaction: Interaction = {
      ...action,
      id: this.#world.nextId(),
      token: randomBytes(48).toString('base64url'),
      createdMs: this.#world.clock.now(),
      state: 'waiting',
      originalId: null,
      followUps: 0,
      modal: null,
      messageIds: new Set(),
    }
    this.restore(interaction)
    const data = renderInteraction(this.#world, interaction)
    this.#world.emit({ name: 'INTERACTION_CREATE', data, guildId: action.channel.guildId })
    return interaction
  }

  /** Adds a saved interaction and starts its timers, counted from its creation. */
  restore(interaction: Interaction): void {
    const { clock } = this.#world
    const age = clock.now() - interaction.createdMs
    this.#byToken.set(interaction.token, interaction)
    this.#byId.set(interaction.id, interaction)
    clock.after(Math.max(FIRST_RESPONSE_MS - age, 0), () => {
      if (interaction.state !== 'waiting') {
        return
      }
      interaction.state = 'failed'
      this.emitToMember(interaction, { type: 'failed' })
    })
    clock.after(Math.max(TOKEN_LIFE_MS - age, 0), () => this.#expire(interaction))
  }

  /** The interaction with that id, as long as it is kept. */
  get(id: string): Interaction | undefined {
    return this.#byId.get(id)
  }

  /** Emits an event of the interaction to its member only. */
  emitToMember(interaction: Interaction, event: { readonly type: string } & Json): void {
    const { id, userId } = interaction
    this.#world.emit({ name: 'MEMBER_EVENT', userId, event: { ...event, id } })
  }

  #expire(interaction: Interaction): void {
    this.#world.clock.after(MEMORY_MS, () => {
      this.#byToken.delete(interaction.token)
      this.#byId.delete(interaction.id)
    })
    if (interaction.state !== 'deferred') {
      return
    }
    interaction.state = 'failed'
    const messages = this.#world.messages.get(interaction.channel.id)
    const message = messages?.get(interaction.originalId ?? '')
    if (!message || (message.flags & MESSAGE_FLAG.loading) === 0) {
      return
    }
    const flags = message.flags & ~MESSAGE_FLAG.loading
    this.#world.update(message, { content: 'The application did not respond', flags })
  }

  /**
   * The interaction that waits for its first response.
   *
   * @throws {ApiError} 10062 or 40060.
   */
  unanswered(id: string, token: string): Interaction {
    const interaction = this.#byToken.get(token)
    if (!interaction || interaction.id !== id || interaction.state === 'failed') {
      throw refuse('unknownInteraction')
    }
    if (interaction.state !== 'waiting') {
      throw refuse('alreadyAcknowledged')
    }
    return interaction
  }

  /**
   * The interaction that has a response and whose token is valid.
   *
   * @throws {ApiError} 10015 or 50027.
   */
  answered(applicationId: string, token: string): Interaction {
    const interaction = this.#byToken.get(token)
    if (!interaction || applicationId !== this.#world.application.id) {
      throw refuse('unknownWebhook')
    }
    if (interaction.createdMs + TOKEN_LIFE_MS <= this.#world.clock.now()) {
      throw refuse('invalidToken')
    }
    if (interaction.originalId === null) {
      throw refuse('unknownWebhook')
    }
    return interaction
  }

  /**
   * Counts one more follow-up.
   *
   * @throws {ApiError} 40094 after five if only the user installed the application.
   */
  countFollowUp(interaction: Interaction): void {
    const limited = interaction.owners['0'] === undefined
    if (limited && interaction.followUps >= MAX_USER_FOLLOW_UPS) {
      throw refuse('tooManyFollowUps')
    }
    interaction.followUps += 1
  }

  /** The interaction whose modal this member has open, or undefined. */
  withModal(id: string, userId: string): Interaction | undefined {
    const interaction = this.#byId.get(id)
    return interaction?.userId === userId && interaction.modal ? interaction : undefined
  }
}

/**
 * Whether the response is forced to be ephemeral: only the user installed the application, and
 * the member lacks Use External Apps.
 */
export function isForcedEphemeral(
  world: World,
  { owners, channel, userId }: MemberAction,
): boolean {
  if (channel.guildId === null || owners['0'] !== undefined) {
    return false
  }
  return !can(world, channel, userId, 'useExternalApps')
}

/** The origin of a message that responds to this interaction. */
export function originOf(interaction: Interaction): MessageOrigin {
  return {
    interactionId: interaction.id,
    type: interaction.type,
    userId: interaction.userId,
    commandName: interaction.commandName ?? null,
    commandType: interaction.commandType ?? null,
    targetId: interaction.targetId ?? null,
    owners: interaction.owners,
    sourceMessageId:
      interaction.type === INTERACTION_TYPE.component ? (interaction.source?.id ?? null) : null,
    originalId: interaction.originalId,
    triggeredBy: interaction.opener ? originOf(interaction.opener) : null,
  }
}
