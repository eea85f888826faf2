/** Refuses questions in a language that the model does not know. */

import { quoted } from '../../commands/answer-text.ts'
import { isChinese, mayBeIn } from '../../commands/i18n/question-language.ts'
import { InputError } from '../../config/errors.ts'
import type { Model } from '../../inference/contract/types.ts'
import type { ConversationStore } from '../memory/conversation-store.ts'
import { audienceOf } from '../requests/context.ts'
import { readingQuestion } from '../requests/questions/reading-question.ts'
import type { Request } from '../requests/request.ts'

/** Questions that a refusal suggests, at most. */
const MAX_EXAMPLES = 3

export class QuestionCheck {
  readonly #model: Pick<Model, 'card'>
  readonly #memory: Pick<ConversationStore, 'answer' | 'conversation'>

  constructor(
    model: Pick<Model, 'card'>,
    memory: Pick<ConversationStore, 'answer' | 'conversation'>,
  ) {
    this.#model = model
    this.#memory = memory
  }

  /**
   * @throws {InputError} if the request asks something in a language that the model does not know,
   *   with questions that were suggested about the same picture. A model whose card names no
   *   languages takes every question, and the reader answers its questions in each.
   */
  async demandKnown(request: Request): Promise<void> {
    const { languages } = this.#model.card
    const question = 'question' in request ? request.question : null
    if (
      question === null ||
      readingQuestion(question) !== null ||
      languages === undefined ||
      mayBeIn(languages, withoutEmoji(question))
    ) {
      return
    }
    throw new InputError('question/language', {
      languages,
      inChinese: isChinese(question),
      examples: request.kind === 'ask' ? await this.#suggested(request) : [],
    })
  }

  async #suggested(request: Extract<Request, { kind: 'ask' }>): Promise<string[]> {
    const { place, talk, asker } = request
    const conversation = await this.#memory.conversation(place, talk, audienceOf(request))
    const key = conversation?.answers.at(-1)?.key
    const answer = key === undefined ? undefined : await this.#memory.answer(place, key, asker)
    return (answer?.suggestions ?? [])
      .filter(({ part }) => answer?.parts[part]?.talk === talk)
      .slice(0, MAX_EXAMPLES)
      .map((suggestion) => quoted(suggestion.question))
  }
}

/** The name of a custom emoji is no word. */
function withoutEmoji(question: string): string {
  return question.replaceAll(/:\w+:/g, '')
}
