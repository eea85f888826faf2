/** What the inference thread is asked for: plain data. */

import type {
  GenerationOptions,
  ImageInput,
  ImageTokens,
  Answer,
  ScoredAnswer,
  Turn,
} from '../types.ts'

/** Text after the image tokens; the card's formats and defaults belong to the first two kinds. */
export type Prompt =
  | { readonly kind: 'describe'; readonly text?: string }
  | { readonly kind: 'ask'; readonly question: string; readonly history: readonly Turn[] }
  | { readonly kind: 'raw'; readonly text: string }

export type GenerateRequest = {
  readonly kind: 'generate'
  readonly image: ImageInput
  readonly prompt: Prompt
  readonly options: GenerationOptions
}

export type ScoreRequest = {
  readonly kind: 'score'
  readonly image: ImageInput
  readonly prompt: string
  readonly answers: readonly string[]
}

export type EmbedRequest = { readonly kind: 'embed'; readonly image: ImageInput }

export type EngineRequest = GenerateRequest | ScoreRequest | EmbedRequest

export type EngineResult = Answer | readonly ScoredAnswer[] | ImageTokens
