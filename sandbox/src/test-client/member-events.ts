/** The events that a member receives, and how they relate to interactions. */

import type { APIMessage, APIUser } from 'discord-api-types/v10'
import { MESSAGE_FLAG } from '../protocol/constants.ts'
import type { BotModels } from '../world/types.ts'

/** An autocomplete choice of an option. */
export type Choice = { readonly name: string; readonly value: string | number }

/** A channel in the member's view. */
export type SeenChannel = {
  readonly id: string
  readonly name?: string
  readonly type: number
  readonly nsfw?: boolean
  /** This member's permissions, as decimal text. */
  readonly permissions: string
}

/** A command in the member's view. */
export type SeenCommand = {
  readonly id: string
  readonly name: string
  readonly type: number
  readonly name_localized: string
  readonly description_localized: string
  /** Ids of channels. */
  readonly usable_in: readonly string[]
}

/** An event that a member receives; `members-api/api.ts` lists the fields of each type. */
export type MemberEvent = {
  readonly type:
    | 'snapshot'
    | 'message'
    | 'deleted'
    | 'typing'
    | 'channel'
    | 'channel_gone'
    | 'member'
    | 'commands'
    | 'choices'
    | 'modal'
    | 'acknowledged'
    | 'failed'
    | 'about'
  readonly id?: string
  readonly channel_id?: string
  readonly user_id?: string
  readonly message?: APIMessage
  readonly channel?: SeenChannel
  readonly commands?: readonly SeenCommand[]
  readonly choices?: readonly Choice[]
  /** Set for a modal. */
  readonly custom_id?: string
  readonly title?: string
  readonly components?: readonly unknown[]
  /** Set for the snapshot, which comes first. */
  readonly you?: { readonly id: string }
  readonly users?: readonly APIUser[]
  readonly channels?: readonly SeenChannel[]
  readonly messages?: readonly APIMessage[]
  /** Set for the snapshot and for `about`: what the bot can answer with. */
  readonly models?: Pick<BotModels, 'names' | 'current'> | null
  readonly installed?: boolean
}

/** Whether the event is a message that the application has responded with; with an id, one that responds to that interaction. */
export function isFinished(event: MemberEvent, interactionId?: string): boolean {
  if (event.type !== 'message' || ((event.message?.flags ?? 0) & MESSAGE_FLAG.loading) !== 0) {
    return false
  }
  return interactionId === undefined || event.message?.interaction_metadata?.id === interactionId
}

/** Whether the event is the outcome of this interaction. */
export function isOutcome(
  event: MemberEvent,
  interactionId: string,
  type: MemberEvent['type'],
): boolean {
  return event.type === type && event.id === interactionId
}

/** The events in one line, for the message of a timeout. */
export function describeEvents(events: readonly MemberEvent[]): string {
  return events
    .map(({ type, id, message }) => message?.content || `${type} ${id ?? ''}`)
    .join(' | ')
}
