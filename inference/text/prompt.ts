/** What a model is asked, before a family writes it in its own format. */

/** One past question and its answer. */
export type Turn = { readonly question: string; readonly answer: string }

/** The card's formats and defaults belong to the first two kinds. */
export type Prompt =
  | { readonly kind: 'describe'; readonly text?: string }
  | { readonly kind: 'ask'; readonly question: string; readonly history: readonly Turn[] }
  /** Exactly the text that the family's processor in transformers would be given. */
  | { readonly kind: 'raw'; readonly text: string }

/** Text to token ids, the beginning-of-text id first. */
export type Encode = (text: string) => number[]
