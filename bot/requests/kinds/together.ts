/**
 * One answer about several pictures together. Each picture has a conversation of its own, and all of
 * these have the turn, so that it goes with any of the pictures (bot/memory/conversation-changes.ts).
 */

import { InputError } from '../../../config/errors.ts'
import type { ImageSource, Model } from '../../../inference/contract/types.ts'
import { asksForDescription } from '../../../inference/domain/description-question.ts'
import { picturesOf } from '../../../inference/package/model-card.ts'
import { withConversation, withTurn } from '../../memory/conversation-changes.ts'
import type { ChannelRecord, Conversation, TurnRecord } from '../../memory/conversation.ts'
import { historyTo } from '../../memory/conversation-reading.ts'
import { shownOrNamed } from '../../messages/shown-files.ts'
import { answerTogether, type QuestionAnswer } from '../answers.ts'
import {
  type AnswerPart,
  assertMayDescribe,
  audienceOf,
  type RequestContext,
  type RequestDeps,
  sourceOf,
} from '../context.ts'
import { growing } from '../growing.ts'
import { publishAnswer } from '../publish.ts'
import { readingQuestion } from '../questions/reading-question.ts'
import type { RequestOf } from '../request.ts'

/**
 * Whether a question about these pictures gets one answer about all: where the model takes so many, and
 * the question is not for the words or the description of each.
 */
export function isAnsweredTogether(
  { card }: Pick<Model, 'card'>,
  { question, pictures }: Pick<RequestOf<'look'>, 'question' | 'pictures'>,
): boolean {
  return (
    question !== null &&
    pictures.length > 1 &&
    pictures.length <= picturesOf(card) &&
    readingQuestion(question) === null &&
    !asksForDescription(card, { question, history: [] })
  )
}

/** Answers the question about new pictures, which begins their conversations. */
export async function lookTogether(
  deps: RequestDeps,
  context: RequestContext,
  request: RequestOf<'look'>,
): Promise<void> {
  const { key, asker, pictures } = request
  const question = request.question ?? ''
  const images: ImageSource[] = []
  for (const picture of pictures) {
    await assertMayDescribe(deps, picture, asker)
    images.push(await sourceOf(deps, context, picture))
  }
  const growth = growthOf(deps, context, request, pictures)
  const about = { question, history: [], growth, ...context }
  const answered = await answerTogether(deps.model, images, about)
  const ids = images.map((_, index) => `${key}.${index}`)
  const turn = turnOf(request, { question, parent: null, answered, ids })
  const conversations = pictures.map((shown, index): Conversation => {
    const { altText: _, ...picture } = shown
    return {
      id: ids[index]!,
      picture: { ...picture, hash: images[index]!.key },
      by: asker,
      visibleTo: turn.visibleTo,
      at: turn.at,
      until: turn.at + context.ttlMs,
      descriptions: [],
      turns: [turn],
      answers: [],
    }
  })
  const parts = partsOf(conversations, turn, answered, (record, conversation) =>
    withConversation(record, conversation),
  )
  await publishAnswer(deps, context, parts, {
    question: request.quoted ? request.question : null,
    style: request.style,
    together: true,
    ...(await shownOrNamed(deps, context, request, parts)),
  })
}

/** Answers the next question in conversations that were about several pictures together. */
export async function askTogether(
  deps: RequestDeps,
  context: RequestContext,
  request: RequestOf<'ask'>,
): Promise<void> {
  const { place, question, turn: parent } = request
  const conversations: Conversation[] = []
  const images: ImageSource[] = []
  for (const { talk } of [request, ...request.others]) {
    const conversation = await deps.memory.conversation(place, talk, audienceOf(request))
    if (!conversation) {
      throw new InputError('conversation/unknown')
    }
    conversations.push(conversation)
    images.push(await sourceOf(deps, context, { ...conversation.picture, altText: null }))
  }
  const history = historyTo(conversations[0]!, parent)
  const shown = conversations.map(({ picture }) => picture)
  const growth = growthOf(deps, context, request, shown)
  const answered = await answerTogether(deps.model, images, {
    question,
    history,
    growth,
    ...context,
  })
  const ids = conversations.map(({ id }) => id)
  const turn = turnOf(request, { question, parent, answered, ids })
  const until = turn.at + context.ttlMs
  const after = conversations.map((one) => ({ ...one, turns: [...one.turns, turn] }))
  const parts = partsOf(after, turn, answered, (record, { id }) =>
    withTurn(record, id, { turn, until }),
  )
  await publishAnswer(deps, context, parts, {
    question: request.quoted ? question : null,
    style: 'caption',
    named: request.named,
    together: true,
  })
}

function growthOf(
  { model }: RequestDeps,
  context: RequestContext,
  { quoted, question }: RequestOf<'look'> | RequestOf<'ask'>,
  pictures: readonly { readonly spoiler: boolean }[],
) {
  return growing(context, {
    card: model.card,
    kind: 'ask',
    question: quoted ? question : null,
    spoiler: pictures.some(({ spoiler }) => spoiler),
  })
}

function turnOf(
  request: RequestOf<'look'> | RequestOf<'ask'>,
  about: {
    readonly question: string
    readonly parent: string | null
    readonly answered: QuestionAnswer
    readonly ids: readonly string[]
  },
): TurnRecord {
  const { question, parent, answered, ids } = about
  return {
    id: `${request.key}.all`,
    parent,
    question,
    answer: answered.answer,
    ...(answered.absent && { absent: true }),
    together: [...ids],
    by: request.asker,
    visibleTo: audienceOf(request),
    at: Date.now(),
  }
}

/** A part for each picture; the first has the text. */
function partsOf(
  conversations: readonly Conversation[],
  { id: turn }: TurnRecord,
  { lines, unsure }: QuestionAnswer,
  change: (record: ChannelRecord, conversation: Conversation) => ChannelRecord,
): AnswerPart[] {
  return conversations.map((conversation, index) => ({
    lines: index === 0 ? lines : [],
    unsure: index === 0 && unsure,
    spoiler: conversation.picture.spoiler,
    conversation,
    turn,
    image: null,
    caption: '',
    change: (record) => change(record, conversation),
  }))
}
