/** What the messages of a chat ask for. */

import type { Turn } from '../../../inference/contract/types.ts'
import { ApiError } from '../api-error.ts'
import { pictureOf } from '../pictures.ts'
import type { Message } from '../schemas.ts'

/** A question about one picture after past turns; null: the picture is to be described. */
export type Conversation = {
  readonly picture: Uint8Array
  readonly question: string | null
  readonly history: readonly Turn[]
}

type Content = Message['content']

/**
 * The models here see one picture, and have no place for instructions besides the questions.
 *
 * @throws {ApiError} if the messages ask for what they cannot do.
 */
export function conversationOf(messages: readonly Message[]): Conversation {
  const last = messages.at(-1)
  if (last?.role !== 'user') {
    throw new ApiError('The last message has to be of the user.', {
      code: 'invalid_messages',
      param: `messages.${messages.length - 1}.role`,
    })
  }
  const system = messages.findIndex(({ role }) => role === 'system' || role === 'developer')
  if (system >= 0) {
    throw new ApiError('This model takes no system messages.', {
      code: 'unsupported_role',
      param: `messages.${system}.role`,
    })
  }
  const { turns, unanswered } = turnsOf(messages.slice(0, -1))
  return {
    picture: onlyPicture(messages),
    question: joined(unanswered, textOf(last.content)) || null,
    history: turns,
  }
}

function onlyPicture(messages: readonly Message[]): Uint8Array {
  const pictures = messages.flatMap(({ content }, i) =>
    Array.isArray(content)
      ? content.flatMap((part, j) =>
          part.type === 'image_url'
            ? [{ image: part.image_url, param: `messages.${i}.content.${j}.image_url` }]
            : [],
        )
      : [],
  )
  const [first, second] = pictures
  if (first === undefined) {
    throw new ApiError('There is no picture in the messages; this model talks about one picture.', {
      code: 'image_missing',
      param: 'messages',
    })
  }
  if (second !== undefined) {
    throw new ApiError(`There are ${pictures.length} pictures; this model takes one.`, {
      code: 'too_many_images',
      param: second.param,
    })
  }
  const { image, param } = first
  return pictureOf(typeof image === 'string' ? image : image.url, param)
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
