/** The request `ask`: answers a question in conversations that exist. */

import { InputError } from '../../../config/errors.ts'
import { historyTo } from '../../memory/conversation-reading.ts'
import { withTurn } from '../../memory/conversation-changes.ts'
import { withFrames } from '../../pictures/ask-about.ts'
import type { SeenPicture } from '../../pictures/moving-pictures.ts'
import { answerQuestion, type QuestionAnswer } from '../answers.ts'
import { wordsInstead } from '../captions.ts'
import { growing } from '../growing.ts'
import { publishAnswer } from '../publish.ts'
import type { RequestOf } from '../request.ts'
import {
  type RequestDeps,
  errorPart,
  audienceOf,
  type AnswerPart,
  seenOf,
  type RequestContext,
} from '../context.ts'
import { eachPart } from '../each-part.ts'
import { askTogether } from './together.ts'

/** Asks another question in a conversation, or the same one in several. */
export async function askQuestion(
  deps: RequestDeps,
  context: RequestContext,
  request: RequestOf<'ask'>,
): Promise<void> {
  const subjects = [request, ...request.others]
  if (request.together) {
    return askTogether(deps, context, request)
  }
  const parts = await eachPart(
    context,
    subjects,
    (subject, index) => answerPart(deps, context, request, { ...subject, index }),
    subjects.map(({ number }) => number),
  )
  await publishAnswer(deps, context, parts, {
    question: request.quoted ? request.question : null,
    style: 'caption',
    note: subjects.length > 1 ? context.text.answer.chooseByNumber : undefined,
    named: request.named,
  })
}

/** The answer to a question in one of its conversations. */
async function answerPart(
  deps: RequestDeps,
  context: RequestContext,
  request: RequestOf<'ask'>,
  { talk, turn: parent, index }: Pick<RequestOf<'ask'>, 'talk' | 'turn'> & { index: number },
): Promise<AnswerPart> {
  const { model, memory } = deps
  const { place, question, asker, key } = request
  const conversation = await memory.conversation(place, talk, audienceOf(request))
  if (!conversation) {
    throw new InputError('conversation/unknown')
  }
  const { spoiler } = conversation.picture
  const seen = await seenOf(deps, context, { ...conversation.picture, altText: null })
  const history = historyTo(conversation, parent)
  const isOnly = request.others.length === 0
  const growth = growing(context, {
    card: model.card,
    kind: 'ask',
    question: request.quoted ? question : null,
    spoiler: spoiler || !isOnly,
  })
  const about = { question, history, growth, caption: conversation.descriptions.at(-1) ?? '' }
  let answered: { readonly given: QuestionAnswer; readonly image: SeenPicture }
  try {
    answered = await withFrames(seen, (image) =>
      answerQuestion(model, image, { ...about, ...context }),
    )
  } catch (error) {
    const instead = await wordsInstead(model, seen, { ...context, error })
    return { ...errorPart(''), ...instead, spoiler, conversation }
  }
  const { image, given } = answered
  const { answer, lines, words, absent, unsure, caption } = given
  const turn = {
    id: index === 0 ? key : `${key}.${index}`,
    parent,
    question,
    answer,
    ...(absent && { absent }),
    by: asker,
    visibleTo: audienceOf(request),
    at: Date.now(),
  }
  const until = Date.now() + context.ttlMs
  return {
    lines,
    words,
    unsure,
    spoiler,
    frames: words ? 0 : image.frames.length,
    conversation: { ...conversation, turns: [...conversation.turns, turn] },
    turn: turn.id,
    image: words ? null : image,
    caption,
    change: (record) => withTurn(record, conversation.id, { turn, until }),
  }
}
