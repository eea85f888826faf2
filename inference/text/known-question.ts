/**
 * Questions in the words that a model was made to understand. A small model reads others as noise: to
 * the demo, "is there a dog?" was "yes", and "is there a heart in this photo?" was "4". A card without a
 * vocabulary says nothing of words, and its questions stay as they are.
 */

/** What a card says of words. */
export type VocabularyCard = {
  readonly questions?:
    | {
        readonly vocabulary?: readonly string[] | undefined
        readonly synonyms?: Readonly<Record<string, string>> | undefined
      }
    | undefined
}

/** A question as it is put to the model. */
export type KnownQuestion = {
  readonly question: string
  /** The first words that the model does not know, in lower case, each once; none: it knows all. */
  readonly unknown: readonly string[]
}

/** Words that change nothing about what is asked. */
const FILLERS = new Set(
  `please pls plz hey hi hello ok okay so well oh um just only really actually exactly maybe currently now sightseer bot
  shown visible located`.split(/\s+/),
)
/** What stands before a question. */
const ASKING = new RegExp(
  String.raw`^(?:(?:can|would|will) you )?(?:please )?(?:tell me|say|show me|let me know)(?= (?:what|which|where|how|is|are)\b)|^(?:do you know|i want to know)(?= (?:what|which|where|how)\b)`,
)
/** "what color the star is", after "tell me". */
const INDIRECT = /^(where|how \S+|(?:what|which)(?: \S+)?) ((?:the|a|an) .+?) (is|are)$/
const THIS_PICTURE = /\b(?:this|that|my|our) picture\b/g

/** A custom emoji, such as `:wave:`. */
const EMOJI_NAME = /:\w+:/g

/** Of the words that a sentence names. */
const MAX_WORDS = 3

/** A question without the words that change nothing, if it has others than the vocabulary's. */
export function knownQuestion(card: VocabularyCard, question: string): KnownQuestion {
  const spelled = inKnownWords(card, question)
  if (spelled === null) {
    return { question, unknown: [] }
  }
  const text = spelled.join(' ').replace(THIS_PICTURE, 'the picture')
  const direct = text.replace(ASKING, '').trim().replace(INDIRECT, '$1 $3 $2')
  return {
    question: direct === '' ? question : `${direct}?`,
    unknown: unknownOf(card, wordsOf(direct)),
  }
}

/** As `knownQuestion`, for a text that pictures are compared with. */
export function knownText(
  card: VocabularyCard,
  text: string,
): Omit<KnownQuestion, 'question'> & { readonly text: string } {
  const spelled = inKnownWords(card, text)
  return spelled === null || spelled.length === 0
    ? { text, unknown: [] }
    : { text: spelled.join(' '), unknown: unknownOf(card, spelled) }
}

/**
 * The words of a text, those of other spellings as the vocabulary has them, without those that change
 * nothing; null: the model knows the text as it is, or nothing is known of its words.
 */
function inKnownWords({ questions }: VocabularyCard, text: string): string[] | null {
  if (questions?.vocabulary === undefined) {
    return null
  }
  const said = text.replaceAll(EMOJI_NAME, ' ')
  const words = wordsOf(said)
  const isKnown = knownBy(questions.vocabulary)
  if (said === text && words.every(isKnown)) {
    return null
  }
  const synonyms = new Map(Object.entries(questions.synonyms ?? {}))
  const spelled = words.map((word) => (isKnown(word) ? word : (synonyms.get(word) ?? word)))
  return spelled.filter((word) => isKnown(word) || !FILLERS.has(word))
}

function knownBy(vocabulary: readonly string[]): (word: string) => boolean {
  const known = new Set(vocabulary)
  return (word) => word.split("'").every((part, i) => i > 0 || known.has(part))
}

function unknownOf({ questions }: VocabularyCard, words: readonly string[]): string[] {
  const isKnown = knownBy(questions?.vocabulary ?? [])
  return [...new Set(words.filter((word) => !isKnown(word)))].slice(0, MAX_WORDS)
}

/** The words of a text in lower case, such as `what's` */
function wordsOf(text: string): string[] {
  return (
    text
      .toLowerCase()
      .replaceAll('’', "'")
      .match(/[\p{L}\p{N}]+(?:'\p{L}+)?/gu) ?? []
  )
}
