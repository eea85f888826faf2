/** What the messages of a chat ask for. */

import type { Turn } from '../../../inference/contract/types.ts'
import type { Detail } from '../../../inference/image/tiles.ts'
import { MAX_SYSTEM_PROMPT } from '../../../config/environment.ts'
import { type AnyCard, picturesOf, takesSystem } from '../../../inference/package/model-card.ts'
import { ApiError } from '../api-error.ts'
import { pictureOf } from '../pictures.ts'
import type { Message } from '../schemas.ts'

/** A question about pictures after past turns; null: they are to be described. */
export type Conversation = {
  /** One or more, in their order. */
  readonly pictures: readonly Uint8Array[]
  /** Of all of them. */
  readonly detail: Detail
  readonly question: string | null
  readonly history: readonly Turn[]
  /** From the first message; null: the operator's, if there is one. */
  readonly system: string | null
}

type Content = Message['content']

function isSystem({ role }: Message): boolean {
  return role === 'system' || role === 'developer'
}

/**
 * The models here see the pictures before all questions, whichever message has them.
 *
 * @throws {ApiError} if the messages ask for what they cannot do.
 */
export function conversationOf(card: AnyCard, messages: readonly Message[]): Conversation {
  const last = messages.at(-1)
  if (last?.role !== 'user') {
    throw new ApiError('The last message has to be of the user.', {
      code: 'invalid_messages',
      param: `messages.${messages.length - 1}.role`,
    })
  }
  const system = systemIn(card, messages)
  const said = system === null ? messages : messages.slice(1)
  const { turns, unanswered } = turnsOf(said.slice(0, -1))
  return {
    ...picturesIn(card, messages),
    question: joined(unanswered, textOf(last.content)) || null,
    history: turns,
    system,
  }
}

/**
 * The text of a first message for the system.
 *
 * @throws {ApiError} if the model has no place for one, or another message is one, or it is too long.
 */
function systemIn(card: AnyCard, messages: readonly Message[]): string | null {
  const [first] = messages
  const most = first !== undefined && isSystem(first) && takesSystem(card) ? 1 : 0
  const refused = messages.findIndex((message, i) => isSystem(message) && i >= most)
  if (refused >= 0) {
    throw new ApiError(
      takesSystem(card)
        ? 'Only the first message can be a system message.'
        : 'This model takes no system messages.',
      { code: 'unsupported_role', param: `messages.${refused}.role` },
    )
  }
  const text = most === 1 && first !== undefined ? textOf(first.content) : null
  if (text !== null && text.length > MAX_SYSTEM_PROMPT) {
    throw new ApiError(`A system message has at most ${MAX_SYSTEM_PROMPT} characters.`, {
      code: 'string_above_max_length',
      param: 'messages.0.content',
    })
  }
  return text
}

/** @throws {ApiError} if there is none, or more than the model takes at that detail. */
function picturesIn(
  card: AnyCard,
  messages: readonly Message[],
): Pick<Conversation, 'pictures' | 'detail'> {
  const parts = messages.flatMap(({ content }, i) =>
    Array.isArray(content)
      ? content.flatMap((part, j) => {
          if (part.type !== 'image_url') {
            return []
          }
          const { image_url: image } = part
          const { url, detail = null } = typeof image === 'string' ? { url: image } : image
          return [{ url, detail, param: `messages.${i}.content.${j}.image_url` }]
        })
      : [],
  )
  const [first] = parts
  if (first === undefined) {
    throw new ApiError('There is no picture in the messages; this model talks about pictures.', {
      code: 'image_missing',
      param: 'messages',
    })
  }
  const detail = first.detail ?? 'auto'
  const other = parts.find((part) => (part.detail ?? 'auto') !== detail)
  if (other !== undefined) {
    throw new ApiError('All pictures of a request have the same detail.', {
      code: 'invalid_value',
      param: `${other.param}.detail`,
    })
  }
  const most = picturesOf(card, detail)
  const tooMany = parts[most]
  if (tooMany !== undefined) {
    throw new ApiError(
      `There are ${parts.length} pictures; this model takes ${most === 1 ? 'one' : most}.`,
      { code: 'too_many_images', param: tooMany.param },
    )
  }
  return { pictures: parts.map(({ url, param }) => pictureOf(url, param)), detail }
}

/** Past questions with their answers. Questions without an answer in between are asked as one. */
function turnsOf(messages: readonly Message[]): {
  readonly turns: readonly Turn[]
  readonly unanswered: string
} {
  const turns: Turn[] = []
  let question = ''
  for (const { role, content } of messages) {
    const words = textOf(content)
    if (role === 'user') {
      question = joined(question, words)
    } else if (question !== '') {
      turns.push({ question, answer: words })
      question = ''
    }
  }
  return { turns, unanswered: question }
}

function joined(...texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join(' ')
}

function textOf(content: Content): string {
  if (typeof content === 'string') {
    return content.trim()
  }
  const texts = (content ?? []).map((part) => (part.type === 'text' ? part.text.trim() : ''))
  return joined(...texts)
}
