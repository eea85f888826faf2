/** The requests `look` and `alt-text`: describes pictures, which begins their conversations. */

import type { FoundPicture } from '../../../commands/picture.ts'
import type { Catalog } from '../../../commands/i18n/words.ts'
import { picturesOf } from '../../../inference/package/model-card.ts'
import type { StreamOptions } from '../../../inference/contract/types.ts'
import { withFrames } from '../../pictures/ask-about.ts'
import type { SeenPicture } from '../../pictures/moving-pictures.ts'
import type { Conversation } from '../../memory/conversation.ts'
import { withConversation } from '../../memory/conversation-changes.ts'
import { answerQuestion, type QuestionAnswer } from '../answers.ts'
import {
  altTextWith,
  type Description,
  describePicture,
  quoteOf,
  wordsInstead,
} from '../captions.ts'
import { growing } from '../growing.ts'
import { publishAnswer } from '../publish.ts'
import { shownOrNamed } from '../../messages/shown-files.ts'
import type { RequestOf } from '../request.ts'
import {
  type RequestDeps,
  assertMayDescribe,
  audienceOf,
  type AnswerPart,
  seenOf,
  type RequestContext,
} from '../context.ts'
import { eachPart } from '../each-part.ts'
import { isAnsweredTogether, lookTogether } from './together.ts'

/** Pictures described in one answer, at most. */
const MAX_PICTURES = 10

/** Describes pictures or, with a question, answers that about each. */
export async function describePictures(
  deps: RequestDeps,
  context: RequestContext,
  request: RequestOf<'look'>,
): Promise<void> {
  const { text } = context
  const pictures = request.pictures.slice(0, MAX_PICTURES)
  if (isAnsweredTogether(deps.model, request)) {
    return lookTogether(deps, context, request)
  }
  const parts = await eachPart(context, pictures, (picture, index) =>
    describePart(deps, context, request, { picture, index }),
  )
  await publishAnswer(deps, context, parts, {
    question: request.quoted ? request.question : null,
    style: request.style,
    note: noteOf(deps, request, text),
    ...(await shownOrNamed(deps, context, request, parts)),
  })
}

/** What is said of pictures that were left out, or that were to be compared and were not. */
function noteOf(
  { model }: RequestDeps,
  { pictures, compared }: RequestOf<'look'>,
  { answer }: Catalog,
): string | undefined {
  const omitted = pictures.length - MAX_PICTURES
  if (omitted > 0) {
    return answer.leftOut(omitted)
  }
  const most = picturesOf(model.card)
  return compared && pictures.length > most ? answer.notTogether(most) : undefined
}

/** A silent reply with alt text for someone's pictures. */
export async function writeAltText(
  deps: RequestDeps,
  context: RequestContext,
  request: RequestOf<'alt-text'>,
): Promise<void> {
  const { pictures, numbers, ...rest } = request
  const look = {
    ...rest,
    kind: 'look' as const,
    pictures,
    style: 'alt' as const,
    question: null,
    quoted: false,
    named: false,
    shows: null,
    compared: false,
  }
  const [first, ...others] = await eachPart(
    context,
    pictures.slice(0, MAX_PICTURES),
    (picture, index) => describePart(deps, context, look, { picture, index }),
    numbers,
  )
  if (first) {
    const altTextPart = { ...first, lines: [context.text.answer.altText(first.lines[0] ?? '')] }
    await publishAnswer(deps, context, [altTextPart, ...others], {
      question: null,
      style: 'alt',
      quiet: true,
    })
  }
}

async function describePart(
  deps: RequestDeps,
  context: RequestContext,
  request: RequestOf<'look'>,
  { picture, index }: { readonly picture: FoundPicture; readonly index: number },
): Promise<AnswerPart> {
  await assertMayDescribe(deps, picture, request.asker)
  const seen = await seenOf(deps, context, picture)
  const growth = growing(context, {
    card: deps.model.card,
    kind: request.question === null ? 'describe' : 'ask',
    question: request.quoted ? request.question : null,
    // One of several has a number before it, and alternative text more than what the model says.
    spoiler: picture.spoiler || request.pictures.length > 1 || request.style === 'alt',
  })
  const { given, image } = await withFrames(seen, (as) =>
    saidOf(deps, context, request, { image: as, growth }),
  )
  const { lines, words, quote, unsure, asked, caption, answered, isRead } = given
  const id = `${request.key}.${index}`
  const now = Date.now()
  const visibleTo = audienceOf(request)
  const turn = answered && {
    id,
    parent: null,
    question: answered.question,
    answer: answered.answer,
    ...(answered.absent && { absent: true }),
    by: request.asker,
    visibleTo,
    at: now,
  }
  const conversation: Conversation = {
    id,
    picture: pictureRecord(picture, image),
    by: request.asker,
    visibleTo,
    at: now,
    until: now + context.ttlMs,
    descriptions: answered || caption === '' ? [] : [caption],
    ...(quote && { quote }),
    turns: turn ? [turn] : [],
    answers: [],
  }
  return {
    lines,
    words,
    unsure,
    asked,
    spoiler: picture.spoiler,
    frames: isRead ? 0 : image.frames.length,
    conversation,
    turn: turn?.id ?? null,
    // The model has nothing to suggest about a picture that it does not know or was not shown.
    image: isRead ? null : image,
    caption,
    change: (record) => withConversation(record, conversation),
  }
}

/** What a conversation keeps of its picture. */
function pictureRecord(shown: FoundPicture, { key, total }: SeenPicture): Conversation['picture'] {
  const { altText: _, ...picture } = shown
  return { ...picture, hash: key, ...(total > 1 && { frames: total }) }
}

/** What is said of a picture. */
type Said = Description & {
  /** The question and its answer; null: nothing was asked, or the model knows no such pictures. */
  readonly answered: (Pick<QuestionAnswer, 'answer' | 'absent'> & { question: string }) | null
  /** Whether only its words were read. */
  readonly isRead: boolean
}

/** Describes a picture, answers the question about it or, where the model cannot, reads it. */
async function saidOf(
  { model }: RequestDeps,
  { options, text, inLanguage }: RequestContext,
  { question, style, asked: isAsked }: RequestOf<'look'>,
  { image, growth }: { readonly image: SeenPicture; readonly growth: StreamOptions },
): Promise<Said> {
  try {
    if (question === null) {
      const description = await describePicture(model, image, {
        style,
        options,
        text,
        inLanguage,
        growth,
      })
      return { ...description, answered: null, isRead: style === 'text' }
    }
    const about = { question, history: [], caption: '', text, options, inLanguage, growth }
    const answered = await answerQuestion(model, image, about)
    return {
      ...answered,
      asked: [],
      answered: { ...answered, question },
      isRead: answered.words !== undefined,
    }
  } catch (error) {
    if (!isAsked && style !== 'alt') {
      throw error
    }
    const instead = await wordsInstead(model, image, { error, options, text })
    const quote = quoteOf(instead.words)
    const read = { quote, caption: '', asked: [], unsure: false, answered: null, isRead: true }
    return isAsked ? { ...instead, ...read } : { ...read, lines: [altTextWith('', quote, text)] }
  }
}
