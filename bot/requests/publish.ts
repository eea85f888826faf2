/** Publishes an answer: adds suggested questions, formats it, delivers it once and stores it. */

import { MessageFlags } from 'discord.js'
import { InputError } from '../../config/errors.ts'
import { beginsTalk, languageNote } from './answer-language.ts'
import { sentenceCase } from './captions.ts'
import { answerBody, type AnswerLayout, oneOf, wordsFile } from './answer-message.ts'
import type { ChannelRecord, Conversation } from '../memory/conversation.ts'
import { historyTo } from '../memory/conversation-reading.ts'
import { withConversation } from '../memory/conversation-changes.ts'
import type { AnswerRecord } from '../memory/records.ts'
import { errorCode, ERROR_CODES } from '../discord/api-errors.ts'
import type { Body, Delivery, PostedFile, SentMessage } from '../discord/reply.ts'
import { pictureLine } from '../messages/picture-line.ts'
import { withFrames } from '../pictures/ask-about.ts'
import { suggestQuestions } from '../suggestions/suggestions.ts'
import type { RequestDeps, AnswerPart, RequestContext } from './context.ts'
import type { Request } from './request.ts'

/** More would fill a channel with buttons. */
const SUGGESTIONS = 2
/** An answer does not wait longer than this for its suggestions; they are added later. */
const SUGGESTIONS_WAIT_MS = 700

/** Something failed after the answer was sent. The answer stays; the error is only logged. */
export class AfterAnswerError extends Error {
  override name = 'AfterAnswerError' as const
}

/** What belongs to an answer as a whole. */
export type AnswerDetails = {
  readonly question: string | null
  readonly style: AnswerRecord['style']
  readonly note?: string | undefined
  readonly key?: string
  readonly suggested?: AnswerRecord['suggestions']
  readonly quiet?: boolean
  /** Whether it says which picture it is about. */
  readonly named?: boolean
  /** The request that posted its pictures with alternative text, so the button for that is off. */
  readonly reposted?: string | null
  /** Whether it is one text about all of its pictures: that of the first part. */
  readonly together?: boolean
  /** Files that the answer shows: the pictures that were attached to a command, in order. */
  readonly files?: readonly PostedFile[]
}

type AnswerFiles = {
  readonly pictures: readonly PostedFile[]
  /** Words that the message has no room for; null: it has. */
  readonly words: PostedFile | null
}

/** @returns the body of an answer. @param hasWordsFile whether the file with long words goes along. */
type CreateBody = (suggestions: AnswerRecord['suggestions'], hasWordsFile: boolean) => Body

/** Delivers the parts of an answer. */
export async function publishAnswer(
  deps: RequestDeps,
  context: RequestContext,
  parts: readonly AnswerPart[],
  about: AnswerDetails,
): Promise<void> {
  const { request, text, delivery } = context
  const { locale } = request
  const { model } = deps
  const isStored = context.stores && parts.some(({ conversation }) => conversation !== null)
  const key = isStored ? (about.key ?? request.key) : null
  const layout = (
    createSuggestions: AnswerRecord['suggestions'],
    fileNote: string | undefined,
  ): AnswerLayout => ({
    key,
    parts,
    question: about.question,
    picture: about.named ? pictureLine(conversationsOf(parts), request.place, text) : null,
    suggestions: createSuggestions,
    // That a person opted out is nobody else's business.
    note: context.stores || !request.hidden ? about.note : text.answer.notRemembered,
    language: !about.quiet && parts.some(beginsTalk) ? languageNote(model.card, locale) : null,
    fileNote,
    together: about.together === true,
    again: request.kind !== 'alt-text' && about.together !== true && !isReading(about, parts),
    repost: about.style === 'alt' && conversationsOf(parts).length > 0 && !about.reposted,
  })
  const record = (suggestions: AnswerRecord['suggestions']) => ({
    ...recordOf(request, parts, about),
    suggestions: [...suggestions],
  })
  const flags =
    (about.quiet ? MessageFlags.SuppressNotifications : 0) |
    // Whoever asks has no preview of a link in the bot's message.
    (about.question === null ? 0 : MessageFlags.SuppressEmbeds)
  const files: AnswerFiles = {
    pictures: about.files ?? [],
    words: wordsFile(about.together ? oneOf(parts) : parts, context.text),
  }
  const { textInFile, textCut, restInFile, restCut } = text.answer
  const [inFile, noFile] = parts.some(({ words }) => words)
    ? [textInFile, textCut]
    : [restInFile, restCut]
  const body: CreateBody = (suggestions, hasWordsFile) => ({
    ...answerBody(
      layout(suggestions, files.words ? (hasWordsFile ? inFile : noFile) : undefined),
      text,
    ),
    ...(flags === 0 ? {} : { flags }),
  })
  if (key === null) {
    await deliver(delivery, { body, suggestions: [], files })
    return
  }
  const pendingSuggestions = about.suggested
    ? Promise.resolve(about.suggested)
    : about.quiet
      ? Promise.resolve([])
      : suggestions(deps, context, parts)
  await sendAndStore(deps, context, parts, { key, pendingSuggestions, record, body, files })
}

function recordOf(
  { kind, asker, hidden, asked }: Request,
  parts: readonly AnswerPart[],
  { style, named = false, reposted = null, together = false }: AnswerDetails,
): Omit<AnswerRecord, 'suggestions'> {
  const answers = parts.some(({ turn }) => turn) ? 'ask' : 'describe'
  return {
    asker,
    kind: kind === 'alt-text' ? 'alt' : answers,
    style,
    hidden,
    asked,
    named,
    reposted,
    ...(together && { together }),
    // A part without a conversation keeps its index, so that buttons number the pictures correctly.
    parts: parts.map(({ conversation, turn, number = null }) => ({
      talk: conversation?.id ?? '',
      turn,
      number,
    })),
  }
}

/** Sends an answer, then stores it. Late suggestions are added to both afterwards. */
async function sendAndStore(
  deps: RequestDeps,
  context: RequestContext,
  parts: readonly AnswerPart[],
  answer: {
    readonly key: string
    readonly pendingSuggestions: Promise<AnswerRecord['suggestions']>
    readonly record: (suggestions: AnswerRecord['suggestions']) => AnswerRecord
    readonly body: CreateBody
    readonly files: AnswerFiles
  },
): Promise<void> {
  const { memory } = deps
  const { request, delivery, tracked, ttlMs } = context
  const { key, pendingSuggestions, record, body, files } = answer
  pendingSuggestions.catch(() => {}) // awaited below, unless the delivery fails first
  const readySuggestions = await Promise.race([pendingSuggestions, later(SUGGESTIONS_WAIT_MS)])
  let hasWordsFile = false
  await memory.whileDelivering(request.place, async () => {
    const suggestions = readySuggestions ?? []
    const sent = await deliver(delivery, { body, suggestions, files })
    hasWordsFile = sent.hasWordsFile
    tracked.delivered = true
    await afterAnswer(async () => {
      const message = sent.id
      tracked.dependOn([`message/${message}`])
      const placed = parts.map((part, i) => withShownPicture(part, i, sent, request))
      const change = (before: ChannelRecord) =>
        placed.reduce((next, part) => part.change(next), before)
      const remembered = { key, message, answer: record(readySuggestions ?? []), change, ttlMs }
      await tracked.write(() => memory.remember(request.place, remembered))
    })
  })
  if (readySuggestions === undefined) {
    await afterAnswer(async () => {
      const suggestions = await pendingSuggestions
      await tracked.write(() => memory.addSuggestions(request.place, key, { suggestions, ttlMs }))
      await delivery.revise(body(suggestions, hasWordsFile))
    })
  }
}

/**
 * Sends an answer: without its pictures if they are too large for the place, and without any file if
 * that is refused too.
 *
 * @returns the message, of whose attachments only the pictures are left.
 */
async function deliver(
  delivery: Delivery,
  {
    body,
    suggestions,
    files: { pictures, words },
  }: {
    readonly body: CreateBody
    readonly suggestions: AnswerRecord['suggestions']
    readonly files: AnswerFiles
  },
): Promise<SentMessage & { readonly hasWordsFile: boolean }> {
  const wordsFiles = words === null ? [] : [words]
  const attempts = [
    ...(pictures.length > 0 ? [{ pictures, wordsFiles }] : []),
    ...(wordsFiles.length > 0 ? [{ pictures: [], wordsFiles }] : []),
  ]
  for (const attempt of attempts) {
    try {
      const files = [...attempt.pictures, ...attempt.wordsFiles]
      const sent = await delivery.finishWith(body(suggestions, true), files)
      const attachments = sent.attachments.slice(0, attempt.pictures.length)
      return { ...sent, attachments, hasWordsFile: wordsFiles.length > 0 }
    } catch (error) {
      const { requestTooLarge, missingPermissions } = ERROR_CODES
      const code = errorCode(error)
      // Pictures are only shown where that is allowed (bot/messages/shown-files.ts).
      if (code !== requestTooLarge && (code !== missingPermissions || words === null)) {
        throw error
      }
    }
  }
  const sent = await delivery.finishWith(body(suggestions, false), [])
  return { ...sent, attachments: [], hasWordsFile: false }
}

/**
 * A picture that was attached to a command is found in the answer that shows it from now on: its own
 * link ends sooner, and it is deleted with that message.
 */
function withShownPicture(
  part: AnswerPart,
  index: number,
  { id, attachments }: SentMessage,
  { asker, place }: Request,
): AnswerPart {
  const { conversation } = part
  const shown = attachments[index]
  if (!shown || conversation === null || conversation.picture.source !== null) {
    return part
  }
  const source = { channelId: place.channelId, messageId: id, authorId: asker }
  const { url, size } = shown
  const picture = { ...conversation.picture, key: shown.id, url, size, source }
  const placed = { ...conversation, picture }
  return { ...part, conversation: placed, change: (record) => withConversation(record, placed) }
}

/** Whether an answer only has words of pictures, of which there is one reading. */
function isReading({ style }: AnswerDetails, parts: readonly AnswerPart[]): boolean {
  return style === 'text' || parts.every(({ words }) => words !== undefined)
}

function conversationsOf(parts: readonly AnswerPart[]): Conversation[] {
  return parts.flatMap(({ conversation }) => conversation ?? [])
}

/** Suggested questions, divided among the pictures. Spoilers and failed parts have none. */
async function suggestions(
  { model }: RequestDeps,
  context: RequestContext,
  parts: readonly AnswerPart[],
): Promise<AnswerRecord['suggestions']> {
  const suggestibleParts = parts.some(({ spoiler }) => spoiler) ? [] : parts.slice(0, SUGGESTIONS)
  const share = parts.length === 1 ? SUGGESTIONS : 1
  const suggested: AnswerRecord['suggestions'] = []
  const { onPosition: _, ...options } = context.options
  for (const [
    part,
    { conversation, turn, image, caption, asked = [] },
  ] of suggestibleParts.entries()) {
    if (conversation && image) {
      try {
        const situation = {
          caption: caption || (await model.describe(image, options)).text,
          // What is not there is nothing to ask on about.
          history: isAbsent(conversation, turn) ? [] : historyTo(conversation, turn),
          asked: [...asked, ...conversation.turns.map(({ question }) => question)],
        }
        const { given } = await withFrames({ frames: [], total: 1, ...image }, (as) =>
          suggestQuestions(model, as, {
            situation,
            count: share,
            request: options,
            inLanguage: context.inLanguage,
          }),
        )
        suggested.push(...given.map(({ question }) => ({ part, question: sentenceCase(question) })))
      } catch (error) {
        // A full queue or a passed deadline must not fail the answer itself.
        if (!(error instanceof InputError)) {
          throw error
        }
      }
    }
  }
  return suggested
}

function isAbsent({ turns }: Conversation, turn: string | null): boolean {
  return turns.some(({ id, absent }) => id === turn && absent === true)
}

/** @throws {AfterAnswerError} whose cause is what `work` throws. */
async function afterAnswer(finish: () => Promise<void>): Promise<void> {
  try {
    await finish()
  } catch (cause) {
    throw new AfterAnswerError('an answer could not be finished', { cause })
  }
}

function later(ms: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), ms).unref()
  })
}
