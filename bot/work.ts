/** What a request is carried out with, and a picture's share of its answer. */

import type { Client } from 'discord.js'
import type { Catalogue } from '../commands/i18n/words.ts'
import type { ImageTokens, Model, RequestOptions, Urgency } from '../inference/types.ts'
import type { AnswerPart } from './answers.ts'
import type { Reader, Talk } from './channel-record.ts'
import type { Delivery } from './delivery.ts'
import type { Eyes, Seeing } from './eyes.ts'
import type { Settings } from './guild-settings.ts'
import type { Job } from './job-record.ts'
import type { Memory } from './memory.ts'
import type { People } from './people.ts'
import type { Pictures } from './pictures/pictures.ts'
import type { Request } from './requests.ts'

/** Built once; what answering needs of the rest of the bot. */
export type AnsweringParts = {
  readonly client: Client
  readonly model: Model
  /** Whether the model is open; until then, requests wait for it. */
  readonly isOpen: () => boolean
  readonly eyes: Eyes
  readonly pictures: Pictures
  readonly memory: Memory
  readonly people: People
  readonly settings: Settings
}

/** What one request is carried out with. */
export type Work = {
  readonly request: Request
  readonly delivery: Delivery
  readonly text: Catalogue
  readonly options: RequestOptions
  readonly ttlMs: number
  /** False for people who opted out. */
  readonly remembers: boolean
}

/** One picture's share of an answer. */
export type Part = AnswerPart & {
  readonly talk: Talk | null
  readonly turn: string | null
  readonly image: ImageTokens | null
  readonly caption: string
}

/** Who will see the answer; it is made of nothing that they may not see. */
export function audienceOf({ hidden, asker }: Pick<Request, 'hidden' | 'asker'>): Reader {
  return hidden ? asker : null
}

/** A part that says why there is no answer. */
export function apology(sentence: string): Part {
  return { lines: [sentence], spoiler: false, talk: null, turn: null, image: null, caption: '' }
}

/** What the engine is told of a request. */
export function optionsOf(
  { kind, asker, place }: Request,
  { answer, diesAt }: Job,
  { signal, delivery, text }: { signal: AbortSignal; delivery: Delivery; text: Catalogue },
): RequestOptions {
  return {
    signal,
    urgency: urgencyOf(kind, answer),
    user: asker,
    tenant: place.guildId ?? asker,
    deadline: diesAt,
    onPosition: (ahead) => delivery.progress(text.waiting.place(ahead + 1)),
  }
}

/** Alt text that nobody waits for comes last; a message may wait longer than an interaction. */
function urgencyOf(kind: Request['kind'], answer: Job['answer']): Urgency {
  if (kind === 'alt-text') {
    return 'background'
  }
  return answer.to === 'message' ? 'normal' : 'interactive'
}

/** How a picture is looked at for a request. */
export function seeingOf({ request, ttlMs, options, remembers }: Work): Seeing {
  return { place: request.place, ttlMs, options, keep: remembers }
}

/** The picture of a talk, as the model has it. */
export function seeAgain({ eyes }: AnsweringParts, work: Work, talk: Talk): Promise<ImageTokens> {
  return eyes.seeAgain({ ...talk.picture, altText: null }, seeingOf(work))
}
