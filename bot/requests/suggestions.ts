/**
 * Questions that the model itself proposes for a picture.
 *
 * The card lists what the model can be asked; the model's own caption fills in the words. The model
 * then answers each candidate, and those it is surest of are proposed: a question whose answer it
 * would only guess is no good suggestion.
 */

import type { ModelCard } from '../../inference/package/model-card.ts'
import { questionPrompt } from '../../inference/families/index.ts'
import type { ImageInput, Model, RequestOptions, Turn } from '../../inference/contract/types.ts'

/** What any model can be asked. */
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
} satisfies ModelCard['questions']

/** Answering one takes a prefill and a few steps; a large model needs a second for it. */
const MAX_CANDIDATES = 14
/** Candidates sent at a time: the engine batches them, and others get their turn in between. */
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
 * What the model may be asked next, none of it asked before: questions that need the last answer
 * first, then those of the picture.
 *
 * @returns groups; of each pattern's forms at most one is to be proposed.
 */
export function candidates(card: ModelCard, { caption, history, asked }: Situation): string[][] {
  const { words, patterns, followUps } = card.questions ?? GENERAL
  const known = new Set(asked.map(normalizeText))
  const spoken = new Set(normalizeText(caption).split(' '))
  const found = Object.fromEntries(
    Object.entries(words).map(([kind, list]) => [kind, list.filter((word) => spoken.has(word))]),
  )
  const leaning = history.length > 0 ? followUps.map((question) => [question]) : []
  return [...leaning, ...patterns.map((pattern) => fillPattern(pattern, found))]
    .map((group) => group.filter((question) => !known.has(normalizeText(question))))
    .filter((group) => group.length > 0)
}

/**
 * Lets the model choose among the candidates: it answers them, and the surest come first.
 *
 * @param count at most so many.
 * @returns no two alike, the surest first.
 */
export async function suggestQuestions(
  model: Model,
  image: ImageInput,
  { situation, count, request = {} }: SuggestionOptions,
): Promise<SuggestedQuestion[]> {
  const groups = interleave(candidates(model.card, situation), MAX_CANDIDATES)
  const answered: { group: number; proposed: SuggestedQuestion }[] = []
  for (let i = 0; i < groups.length; i += AT_ONCE) {
    const some = groups.slice(i, i + AT_ONCE).map(async ({ group, question }) => {
      const proposed = await answerAndScore(model, image, { question, situation, request })
      return { group, proposed }
    })
    answered.push(...(await Promise.all(some)))
  }
  const sure = answered
    .filter(({ proposed }) => proposed.answer !== '')
    .toSorted((a, b) => b.proposed.logLikelihood - a.proposed.logLikelihood)
  const best = sure.filter(({ group }, i) => sure.findIndex((other) => other.group === group) === i)
  return best.slice(0, count).map(({ proposed }) => proposed)
}

type SuggestionOptions = {
  readonly situation: Situation
  readonly count: number
  readonly request?: RequestOptions
}

async function answerAndScore(
  model: Model,
  image: ImageInput,
  { question, situation, request }: Omit<SuggestionOptions, 'count'> & { question: string },
): Promise<SuggestedQuestion> {
  const { history } = situation
  const { text: answer } = await model.ask(image, question, { ...request, history })
  if (answer === '') {
    return { question, answer, logLikelihood: -Infinity }
  }
  const prompt = questionPrompt(model.card, question, history)
  const [score] = await model.score(image, { ...request, prompt, answers: [answer] })
  return { question, answer, logLikelihood: score?.logLikelihood ?? -Infinity }
}

/** One of each group in turn until there are enough. */
function interleave(groups: readonly string[][], most: number) {
  const taken: { group: number; question: string }[] = []
  const longest = Math.max(0, ...groups.map(({ length }) => length))
  for (let row = 0; row < longest; row++) {
    for (const [group, questions] of groups.entries()) {
      const question = questions[row]
      if (question !== undefined && taken.length < most) {
        taken.push({ group, question })
      }
    }
  }
  return taken
}

/** The forms of a pattern, each slot filled with a word that the caption has. */
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

/** For comparing: lower case, words only. */
export function normalizeText(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}
