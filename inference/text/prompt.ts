/** A prompt before a model family formats it. */

/** One past question and its answer. */
export type Turn = { readonly question: string; readonly answer: string }

/** The card has formats and defaults for `describe` and `ask`. */
export type Prompt =
  | { readonly kind: 'describe'; readonly text?: string }
  | { readonly kind: 'ask'; readonly question: string; readonly history: readonly Turn[] }
  /** The exact text that the family's processor in transformers would get. */
  | { readonly kind: 'raw'; readonly text: string }

/** Converts text to token ids, with those that begin and end every text. */
export type Encode = (text: string) => number[]
