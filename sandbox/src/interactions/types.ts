/** The types of interactions. */

import type { Json } from '../protocol/field-checks.ts'
import type { Modal } from '../messages/components/modal-components.ts'
import type { Message } from '../world/message.ts'
import type { Channel } from '../world/types.ts'

/** The state of the application's response. */
export type InteractionState = 'waiting' | 'deferred' | 'answered' | 'failed'

/** A member's action and its channel. */
export type MemberAction = {
  /** An interaction type: 2 command, 3 component, 4 autocomplete, 5 modal. */
  readonly type: number
  readonly userId: string
  readonly channel: Channel
  /** The member's language, such as `zh-CN`. */
  readonly locale: string
  /** By integration type (`0` guild, `1` user): who authorized it by an installation. */
  readonly owners: Readonly<Record<string, string>>
  /** The interaction's data as the gateway sends it. */
  readonly data: Json
  readonly commandName?: string
  readonly commandType?: number
  readonly targetId?: string
  /** The message whose component was used, also for the modal that it opened. */
  readonly source?: Message
  /** For a modal: the interaction that opened it. */
  readonly opener?: Interaction
}

/** A stored interaction. */
export type Interaction = MemberAction & {
  readonly id: string
  readonly token: string
  readonly createdMs: number
  state: InteractionState
  /** The message of the first response, or the one that it updated. */
  originalId: string | null
  followUps: number
  /** The modal of the response. */
  modal: Modal | null
  /** The messages that this token can edit. */
  readonly messageIds: Set<string>
}
