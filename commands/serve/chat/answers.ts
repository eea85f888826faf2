/** Answers the chats of the HTTP API. */

import { imageSourceOf } from '../../../inference/contract/image-source.ts'
import type {
  Answer,
  GenerationOptions,
  ImageSource,
  Model,
  RequestOptions,
  Step,
} from '../../../inference/contract/types.ts'
import { judgePicture } from '../../../inference/domain/judge-picture.ts'
import type { Judgment } from '../../../inference/domain/judgment.ts'
import { missingThing } from '../../../inference/domain/presence.ts'
import { InputError } from '../../../config/errors.ts'
import { sentenceOf } from '../../i18n/catalog.ts'
import { EN } from '../../i18n/en.ts'
import type { Conversation } from './conversation.ts'
import { generationOf } from './generation.ts'
import type { ChatRequest } from '../schemas.ts'

/** One of the answers to a request. */
export type Choice = Pick<Answer, 'finish' | 'tokenIds' | 'promptTokens' | 'logprobs'> & {
  readonly text: string
  /** Why the model says nothing of the picture, in the place of its text; null: it does. */
  readonly refusal: string | null
  readonly judgment: Judgment
}

export type ChatCall = Pick<RequestOptions, 'signal' | 'tenant' | 'user' | 'deadline' | 'detail'>

/** Told of each new token of a choice while its text may be shown. */
export type OnStep = (choice: number, step: Step) => void

/**
 * Answers in the order of the choices. Where the model knows only some pictures, a picture outside of
 * them is refused, and a question about something that is not there is answered with that.
 *
 * @param onStep not told where the text may still be refused or change.
 */
export async function answerChat(
  model: Model,
  request: ChatRequest,
  conversation: Conversation,
  caller: ChatCall,
  onStep?: OnStep,
): Promise<Choice[]> {
  const call = { ...caller, detail: conversation.detail }
  const sources = await Promise.all(conversation.pictures.map(imageSourceOf))
  const count = request.n ?? 1
  const options = Array.from({ length: count }, (_, i) => generationOf(request, i))
  const instead = await insteadOf(model, sources, conversation, call)
  if (instead !== null) {
    return options.map(() => instead)
  }
  return Promise.all(
    options.map(async (own, i) => {
      const follow = onStep && isFinalAsShown(model, conversation, own)
      const answer = await generate(model, sources, conversation, {
        ...own,
        ...call,
        ...(follow && { onStep: (step) => onStep(i, step) }),
      })
      const isOutside = answer.judgment.verdict === 'outside'
      return isOutside ? refusal(model, answer.judgment) : { ...answer, refusal: null }
    }),
  )
}

/**
 * Whether a text never changes what was shown of it: a client cannot take back what it was sent. With
 * beams the best text so far may change, and a caption may be refused at its end.
 */
function isFinalAsShown(
  { card }: Model,
  { question }: Conversation,
  { beams, sample }: GenerationOptions,
): boolean {
  const defaults = question === null ? card.defaults.describe : card.defaults.ask
  const isOne = (beams ?? (sample === true ? 1 : (defaults.beams ?? 1))) === 1
  return isOne && (question !== null || card.domain === undefined)
}

type Generating = GenerationOptions & RequestOptions & { readonly onStep?: (step: Step) => void }

function generate(
  model: Model,
  sources: readonly ImageSource[],
  { question, history, system }: Conversation,
  options: Generating,
): Promise<Answer> {
  const told = { ...options, ...(system !== null && { system }) }
  return question === null
    ? model.describe(sources, told)
    : model.ask(sources, question, { ...told, history })
}

/** What is said without asking the model the question; null: it is to be asked. */
async function insteadOf(
  model: Model,
  sources: readonly ImageSource[],
  { question }: Conversation,
  call: ChatCall,
): Promise<Choice | null> {
  if (question === null) {
    return null
  }
  const judged = await Promise.all(sources.map((source) => judgePicture(model, source, call)))
  const outside = judged.find(({ judgment: { verdict } }) => verdict === 'outside')
  if (outside !== undefined) {
    return refusal(model, outside.judgment)
  }
  const [source, ...others] = sources
  const { judgment, caption } = judged[0]!
  // What one picture of several lacks, another may have.
  if (source === undefined || others.length > 0) {
    return null
  }
  const asked = { question, caption: caption ?? '', ...call }
  const missing = await missingThing(model, source, asked)
  return missing === null
    ? null
    : { ...NO_TOKENS, text: EN.answer.notThere(missing), refusal: null, judgment }
}

const NO_TOKENS = { finish: 'stop', tokenIds: [], promptTokens: 0 } as const

function refusal({ card }: Model, judgment: Judgment): Choice {
  const knows = card.domain?.knows ?? null
  const text = sentenceOf(new InputError('image/outside-domain', { knows }), EN)
  return { ...NO_TOKENS, text, refusal: text, judgment }
}
