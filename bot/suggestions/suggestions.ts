/**
 * Suggests questions about a picture. A model that follows instructions writes them itself
 * (bot/suggestions/model-questions.ts). For any other, the model card lists patterns of questions; the words of the
 * model's own caption fill them in. The model answers each candidate, and those with the highest
 * likelihood are suggested, because a question that it would guess at is not useful. Neither is one
 * whose answer is known already (bot/suggestions/known-answers.ts).
 */

import { type AnyCard, followsInstructions } from '../../inference/package/model-card.ts'
import { normalizeText } from '../../inference/text/normalize-text.ts'
import { askAbout } from '../pictures/ask-about.ts'
import type { SeenPicture } from '../pictures/moving-pictures.ts'
import { isNoAnswer, modelQuestions } from './model-questions.ts'
import { isKnown, type QuestionWords, referentOf } from './known-answers.ts'
import type { ImageInput, Model, RequestOptions, Turn } from '../../inference/contract/types.ts'

/** The patterns for models whose card has none. */
const GENERAL = {
  words: {
    person: ['man', 'woman', 'boy', 'girl', 'person', 'child'],
    people: ['men', 'women', 'people', 'children', 'boys', 'girls'],
    animal: ['dog', 'cat', 'horse', 'bird', 'cow', 'sheep', 'elephant', 'bear', 'zebra', 'giraffe'],
    thing: ['car', 'bus', 'train', 'truck', 'boat', 'plane', 'bike', 'house', 'building', 'table'],
  },
  patterns: [
    'what is the {person} doing?',
    'what is the {person} wearing?',
    'how many {people} are there?',
    'what are the {people} doing?',
    'what is the {animal} doing?',
    'what color is the {animal}?',
    'what color is the {thing}?',
    'what is in the background?',
    'where was this taken?',
    'is this indoors or outdoors?',
    'what time of day is it?',
    'what is the weather like?',
  ],
  followUps: ['what color is it?', 'why?'],
  noAnswers: ['nothing', 'none', 'nobody', 'no one', 'unknown', 'not sure'],
} satisfies AnyCard['questions']

/** Answering one takes a prefill and a few steps; a large model needs a second for it. */
const MAX_CANDIDATES = 14
/** Candidates sent at a time: the engine batches them, and serves other requests in between. */
const AT_ONCE = 4

/** A question with the model's own answer. */
export type SuggestedQuestion = {
  readonly question: string
  readonly answer: string
  /** Natural logarithm of the answer's probability; at most 0. */
  readonly logLikelihood: number
}

/** What the candidates are made for. */
export type Situation = {
  /** The model's description of the picture; empty if there is none. */
  readonly caption: string
  /** The conversation up to here, oldest first. */
  readonly history: readonly Turn[]
  /** Every question ever asked about the picture. */
  readonly asked: readonly string[]
}

/**
 * Candidates that were not asked before: follow-ups of the last answer first, where that is about
 * one thing, then questions about the picture.
 *
 * @returns groups, one a pattern; at most one question of each is suggested.
 */
export function candidates(
  card: Pick<AnyCard, 'questions'>,
  { caption, history, asked }: Situation,
): string[][] {
  const questions = questionsOf(card)
  const { words, patterns, followUps } = questions
  const askedQuestions = new Set(asked.map(normalizeText))
  const captionWords = new Set(normalizeText(caption).split(' '))
  const matchingWords = Object.fromEntries(
    Object.entries(words).map(([kind, list]) => [
      kind,
      list.filter((word) => captionWords.has(word)),
    ]),
  )
  const referent = referentOf(questions, history.at(-1))
  const followUpGroups = referent === null ? [] : followUps.map((question) => [question])
  return [...followUpGroups, ...patterns.map((pattern) => fillPattern(pattern, matchingWords))]
    .map((group) => group.filter((question) => !askedQuestions.has(normalizeText(question))))
    .filter((group) => group.length > 0)
}

/**
 * Answers the candidates, each with its likelihood.
 *
 * @param count questions to return, at most.
 *
 * @returns distinct questions, the highest likelihood first.
 */
export async function suggestQuestions(
  model: AskedModel,
  image: ImageInput | SeenPicture,
  { situation, count, request = {}, inLanguage = '' }: SuggestionOptions,
): Promise<SuggestedQuestion[]> {
  const questions = questionsOf(model.card)
  const isAskedItself = followsInstructions(model.card)
  const proposals = isAskedItself
    ? (await modelQuestions(model, image, { ...situation, request, inLanguage })).map((one) => [
        one,
      ])
    : candidates(model.card, situation)
  const groups = interleave(proposals, MAX_CANDIDATES)
  const scored: { group: number; proposed: SuggestedQuestion }[] = []
  for (let i = 0; i < groups.length; i += AT_ONCE) {
    const batch = groups.slice(i, i + AT_ONCE).map(async ({ group, question }) => {
      const asked = { question, situation, request, inLanguage }
      const proposed = await answerAndScore(model, image, asked)
      return { group, proposed }
    })
    scored.push(...(await Promise.all(batch)))
  }
  const ranked = scored
    .filter(({ proposed }) => !isKnown(questions, proposed, situation))
    .filter(({ proposed }) => !isAskedItself || !isNoAnswer(proposed.answer))
    .toSorted((a, b) => b.proposed.logLikelihood - a.proposed.logLikelihood)
  const best = ranked.filter(
    ({ group }, i) => ranked.findIndex((other) => other.group === group) === i,
  )
  return best.slice(0, count).map(({ proposed }) => proposed)
}

function questionsOf({
  questions,
}: Pick<AnyCard, 'questions'>): QuestionWords & NonNullable<AnyCard['questions']> {
  return questions ?? GENERAL
}

type SuggestionOptions = {
  readonly situation: Situation
  readonly count: number
  readonly request?: RequestOptions
  /** Ends what the model is told, for questions in another language than English. Default: nothing. */
  readonly inLanguage?: string
}

/** What suggesting questions needs of a model. */
type AskedModel = Pick<Model, 'card' | 'ask' | 'score'>

/**
 * Asks as it will be asked when somebody presses the button. Beam search tells no probabilities, and neither
 * do some servers: there a second request scores the answer, about the still of a moving picture.
 */
async function answerAndScore(
  model: AskedModel,
  image: ImageInput | SeenPicture,
  {
    question,
    situation,
    request,
    inLanguage = '',
  }: Omit<SuggestionOptions, 'count'> & { question: string },
): Promise<SuggestedQuestion> {
  const { history } = situation
  const isGreedy = (model.card.defaults.ask.beams ?? 1) === 1
  const asked = question + inLanguage
  const generated = await askAbout(model, image, asked, {
    ...request,
    history,
    ...(isGreedy && { logprobs: 0 }),
  })
  const { text: answer, finish, logprobs } = generated
  if (answer === '') {
    return { question, answer, logLikelihood: -Infinity }
  }
  if (logprobs) {
    const said = finish === 'stop' ? logprobs.slice(0, -1) : logprobs
    return { question, answer, logLikelihood: said.reduce((sum, one) => sum + one.logprob, 0) }
  }
  const behind = { question: asked, history, answers: [answer] }
  const [score] = await model.score(image, { ...request, ...behind })
  return { question, answer, logLikelihood: score?.logLikelihood ?? -Infinity }
}

/** Takes one question of each group in turn, up to the limit. */
function interleave(groups: readonly string[][], limit: number) {
  const picks: { group: number; question: string }[] = []
  const longest = Math.max(0, ...groups.map(({ length }) => length))
  for (let row = 0; row < longest; row++) {
    for (const [group, questions] of groups.entries()) {
      const question = questions[row]
      if (question !== undefined && picks.length < limit) {
        picks.push({ group, question })
      }
    }
  }
  return picks
}

/** Fills the slots of a pattern with the words of the caption, in all combinations. */
function fillPattern(
  pattern: string,
  words: Readonly<Record<string, readonly string[]>>,
): string[] {
  const slot = /\{([a-z]+)(?:\.\d)?\}/.exec(pattern)
  if (!slot) {
    return [pattern]
  }
  const kind = slot[1]!
  return (words[kind] ?? []).flatMap((word) => {
    const rest = (words[kind] ?? []).filter((other) => other !== word)
    return fillPattern(pattern.replaceAll(slot[0], word), { ...words, [kind]: rest })
  })
}
