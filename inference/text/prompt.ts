/** A prompt before a model family formats it. */

/** One past question and its answer. */
export type Turn = { readonly question: string; readonly answer: string }

/**
 * The card has formats and defaults for `describe` and `ask`. `system` stands before the conversation, where
 * the card has a place for it and there is no exact text.
 */
export type Prompt =
  | { readonly kind: 'describe'; readonly text?: string; readonly system?: string }
  | (Question & { readonly system?: string })
  | ExactText

/** What answers stand behind: a question after past turns, oldest first, or a whole text. */
export type AnswerPrompt = Question | ExactText

type Question = {
  readonly kind: 'ask'
  readonly question: string
  readonly history: readonly Turn[]
}

/** The exact text that the family's processor in transformers would get. */
type ExactText = { readonly kind: 'raw'; readonly text: string }

/** A part of a text that is encoded as a whole. */
export type TextPiece = {
  readonly text: string
  /** It is part of a format: special tokens in it, such as "</s>", are tokens. What people write is not. */
  readonly isFormat: boolean
}

/** Converts text to token ids, with those that begin and end every text. */
export type Encode = (text: string | readonly TextPiece[]) => number[]

/** The same of whole texts, in which there are no special tokens. */
export type EncodeText = (text: string) => number[]
