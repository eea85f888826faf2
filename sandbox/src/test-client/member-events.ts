/** What the sandbox tells a member, and what in it answers what. */

import type { APIMessage, APIUser } from 'discord-api-types/v10'
import { MESSAGE_FLAG } from '../protocol/constants.ts'

/** A suggestion for an option. */
export type Choice = { readonly name: string; readonly value: string | number }

/** A channel as the member sees it. */
export type SeenChannel = {
  readonly id: string
  readonly name?: string
  readonly type: number
  readonly nsfw?: boolean
  /** This member's, as decimal text. */
  readonly permissions: string
}

/** A command as the member is offered it. */
export type SeenCommand = {
  readonly id: string
  readonly name: string
  readonly type: number
  readonly name_localized: string
  readonly description_localized: string
  /** Ids of channels. */
  readonly usable_in: readonly string[]
}

/** What the sandbox tells a member; `members-api/api.ts` says what each kind carries. */
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
  readonly id?: string
  readonly channel_id?: string
  readonly user_id?: string
  readonly message?: APIMessage
  readonly channel?: SeenChannel
  readonly commands?: readonly SeenCommand[]
  readonly choices?: readonly Choice[]
  /** Of a modal. */
  readonly custom_id?: string
  readonly title?: string
  readonly components?: readonly unknown[]
  /** Of the snapshot, which comes first. */
  readonly you?: { readonly id: string }
  readonly users?: readonly APIUser[]
  readonly channels?: readonly SeenChannel[]
  readonly messages?: readonly APIMessage[]
  readonly installed?: boolean
}

/** Whether the event is a message that is not waiting any more; given an id, one that answers it. */
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

/** The events in a line, for the sentence that nothing else came. */
export function describeEvents(events: readonly MemberEvent[]): string {
  return events
    .map(({ type, id, message }) => message?.content || `${type} ${id ?? ''}`)
    .join(' | ')
}
