/** `Again`: generates another wording, if the model has one. */

import { InputError } from '../../../config/errors.ts'
import type { Conversation } from '../../memory/conversation.ts'
import { historyTo } from '../../memory/conversation-reading.ts'
import { withDescription, withTurn } from '../../memory/conversation-changes.ts'
import {
  describeDifferently,
  samplingOptions,
  formatCaption,
  TEMPERATURES,
  withQuote,
  wordsInstead,
} from '../captions.ts'
import { askAbout, withFrames } from '../../pictures/ask-about.ts'
import type { SeenPicture } from '../../pictures/moving-pictures.ts'
import { publishAnswer } from '../publish.ts'
import type { AnswerRecord } from '../../memory/records.ts'
import { requireInside } from '../../../inference/domain/judge-picture.ts'
import { normalizeText } from '../../../inference/text/normalize-text.ts'
import type { RequestOf } from '../request.ts'
import {
  type RequestDeps,
  errorPart,
  audienceOf,
  type AnswerPart,
  seenOf,
  unchanged,
  type RequestContext,
} from '../context.ts'

/** Replaces an answer with another wording, in the same message. */
export async function regenerate(
  deps: RequestDeps,
  context: RequestContext,
  request: RequestOf<'again'>,
): Promise<void> {
  const { memory } = deps
  const { place } = request
  const answer = await memory.answer(place, request.answer, request.asker)
  if (!answer) {
    throw new InputError('conversation/unknown')
  }
  if (answer.together) {
    throw new InputError('answer/no-other') // it has no button for that
  }
  const parts: AnswerPart[] = []
  let changed = false
  for (const { talk: conversationId, turn, number } of answer.parts) {
    const conversation = await memory.conversation(place, conversationId, audienceOf(request))
    const isKnown = turn === null || conversation?.turns.some(({ id }) => id === turn)
    if (!conversation || !isKnown) {
      parts.push(errorPart(context.text.errors['conversation/unknown'], number))
      continue
    }
    const part = await regeneratePart(deps, context, answer, { conversation, turn })
    changed ||= part !== null
    const shown = part ?? (await unchangedPart(deps, context, answer, { conversation, turn }))
    parts.push({ ...shown, number })
  }
  if (!changed) {
    throw new InputError('answer/no-other')
  }
  const asked =
    parts.length === 1
      ? parts[0]?.conversation?.turns.find(({ id }) => id === parts[0]?.turn)
      : undefined
  await publishAnswer(deps, context, parts, {
    question: asked?.question ?? null,
    style: answer.style,
    named: answer.named,
    reposted: answer.reposted,
    key: request.answer,
    suggested: answer.suggestions,
  })
}

type PartOf = { readonly conversation: Conversation; readonly turn: string | null }

/** Another wording of one part; null if the model has none. */
async function regeneratePart(
  deps: RequestDeps,
  context: RequestContext,
  answer: AnswerRecord,
  part: PartOf,
): Promise<AnswerPart | null> {
  const seen = await seenOf(deps, context, { ...part.conversation.picture, altText: null })
  const reworded = await withFrames(seen, (image) =>
    rewordedPart(deps, context, answer, { ...part, image }),
  )
  return reworded.given
}

async function rewordedPart(
  deps: RequestDeps,
  context: RequestContext,
  { style }: AnswerRecord,
  { conversation, turn, image }: PartOf & { readonly image: SeenPicture },
): Promise<AnswerPart | null> {
  const { model } = deps
  const until = Date.now() + context.ttlMs
  const asked = conversation.turns.find(({ id }) => id === turn)
  const { spoiler } = conversation.picture
  const base = { spoiler, turn, image, frames: image.frames.length }
  if (style === 'text' || isOnlyRead(deps, conversation, asked)) {
    return null // there is one reading
  }
  if (!asked) {
    const said = conversation.descriptions
    const other = await describeDifferently(model, image, { said, style, ...context })
    if (!other) {
      return null
    }
    const { lines, caption, asked: listed } = other
    const change: AnswerPart['change'] = (record) =>
      withDescription(record, conversation.id, { text: caption, until })
    const quoting = withQuote(lines, { style, quote: conversation.quote ?? '', text: context.text })
    return { ...base, lines: quoting, conversation, caption, asked: listed, change }
  }
  if (asked.absent) {
    return null // there is no other answer about what is not there
  }
  const history = historyTo(conversation, asked.parent)
  for (const temperature of TEMPERATURES) {
    const options = { ...context.options, ...samplingOptions(temperature), history }
    const question = asked.question + context.inLanguage
    const { text: answer, judgment } = await askAbout(model, image, question, options)
    requireInside(model.card, judgment)
    if (answer !== '' && normalizeText(answer) !== normalizeText(asked.answer)) {
      const turn = { ...asked, answer }
      const change: AnswerPart['change'] = (record) =>
        withTurn(record, conversation.id, { turn, until })
      return { ...base, lines: [answer], conversation, caption: '', change }
    }
  }
  return null
}

/** A part that has no other wording, unchanged. */
async function unchangedPart(
  deps: RequestDeps,
  context: RequestContext,
  { style }: AnswerRecord,
  { conversation, turn }: PartOf,
): Promise<AnswerPart> {
  const image = await seenOf(deps, context, { ...conversation.picture, altText: null })
  const asked = conversation.turns.find(({ id }) => id === turn)
  const caption = conversation.descriptions.at(-1) ?? ''
  const { options, text } = context
  const error = new InputError('image/outside-domain', {
    knows: deps.model.card.domain?.knows ?? null,
  })
  const shown = isOnlyRead(deps, conversation, asked)
    ? await wordsInstead(deps.model, image, { error, options, text })
    : asked
      ? { lines: [asked.answer] }
      : await formatCaption(deps.model, image, { caption, style, options })
  const quote = asked ? '' : (conversation.quote ?? '')
  const lines = isOnlyRead(deps, conversation, asked)
    ? shown.lines
    : withQuote(shown.lines, { style, quote, text })
  return {
    ...shown,
    lines,
    spoiler: conversation.picture.spoiler,
    conversation,
    turn,
    image,
    caption,
    change: unchanged,
  }
}

/** Whether only the words of a picture were shown, since the model does not know such pictures. */
function isOnlyRead(
  { model }: RequestDeps,
  { descriptions }: Conversation,
  asked: object | undefined,
): boolean {
  return model.card.domain !== undefined && asked === undefined && descriptions.length === 0
}
