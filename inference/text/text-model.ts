/** Converts ordinary text, without special tokens, to ids and back. */

export type TextModel = {
  /** The ids of a text that is not empty. @param beginsText false: a special token is before it. */
  encode(text: string, beginsText?: boolean): number[]
  /** The text of ids that are not special; at least one, and all of the vocabulary. */
  decode(ids: readonly number[]): string
  /** Whether the vocabulary has an id. */
  has(id: number): boolean
}
