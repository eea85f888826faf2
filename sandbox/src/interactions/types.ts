/** What an interaction is, as it is kept. */

import type { Json } from '../protocol/field-checks.ts'
import type { Modal } from '../messages/modal-components.ts'
import type { Message } from '../world/message.ts'
import type { Channel } from '../world/types.ts'

/** How far the application has got with answering. */
export type InteractionState = 'waiting' | 'deferred' | 'answered' | 'failed'

/** What a member did, and where. */
export type MemberAction = {
  /** An interaction type: 2 command, 3 component, 4 autocomplete, 5 modal. */
  readonly type: number
  readonly userId: string
  readonly channel: Channel
  /** The member's language, such as `zh-CN`. */
  readonly locale: string
  /** By integration type (`0` guild, `1` user): whose installation let it happen. */
  readonly owners: Readonly<Record<string, string>>
  /** The interaction's data as the gateway sends it. */
  readonly data: Json
  readonly commandName?: string
  readonly commandType?: number
  readonly targetId?: string
  /** The message whose component was used, also of the modal that it opened. */
  readonly source?: Message
  /** Of a modal: the interaction that opened it. */
  readonly opener?: Interaction
}

/** An interaction as it is kept. */
export type Interaction = MemberAction & {
  readonly id: string
  readonly token: string
  readonly createdMs: number
  state: InteractionState
  /** The message of the first answer, or the one that it updated. */
  originalId: string | null
  followUps: number
  /** The modal that was the answer. */
  modal: Modal | null
  /** Messages this token may edit. */
  readonly messageIds: Set<string>
}
