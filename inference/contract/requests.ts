/** What the inference thread is asked for: plain data. */

import type {
  Answer,
  EncodeTimings,
  GenerationOptions,
  EmbeddedImage,
  ScoredAnswer,
  TextMatch,
} from './types.ts'
import type { Detail } from '../image/tiles.ts'
import type { PictureText } from '../ocr/read-picture.ts'
import type { AnswerPrompt, Prompt } from '../text/prompt.ts'

/** A picture by its content hash; its file comes along only where the engine asked for it. */
export type EngineImage = {
  /** SHA-256 of the file, hexadecimal. */
  readonly key: string
  readonly bytes: Uint8Array | null
  /** Default `auto`. */
  readonly detail?: Detail
}

export type GenerateRequest = {
  readonly kind: 'generate'
  /** Those of the prompt, in their order; one or more, and the same one may be there twice. */
  readonly images: readonly EngineImage[]
  readonly prompt: Prompt
  readonly options: GenerationOptions
}

export type ScoreRequest = {
  readonly kind: 'score'
  readonly image: EngineImage
  readonly prompt: AnswerPrompt
  readonly answers: readonly string[]
}

/** Encodes a picture for later requests. */
export type EncodeRequest = {
  readonly kind: 'encode'
  readonly image: EngineImage
}

/** Encodes a picture and gives its tokens. */
export type EmbedRequest = {
  readonly kind: 'embed'
  readonly image: EngineImage
}

/** Reads the text in a picture. */
export type ReadRequest = {
  readonly kind: 'read'
  readonly image: EngineImage
}

/** Compares texts with a picture. */
export type MatchRequest = {
  readonly kind: 'match'
  readonly image: EngineImage
  readonly texts: readonly string[]
}

/** Gives the vector of a text, which those of pictures are compared with. */
export type EmbedTextRequest = { readonly kind: 'embed-text'; readonly text: string }

export type EngineRequest =
  | GenerateRequest
  | ScoreRequest
  | EncodeRequest
  | EmbedRequest
  | ReadRequest
  | MatchRequest
  | EmbedTextRequest

/** The pictures of a request, in order. */
export function imagesOf(request: EngineRequest): readonly EngineImage[] {
  if ('images' in request) {
    return request.images
  }
  return 'image' in request ? [request.image] : []
}

/** The same request with other pictures. @param change called for each, in order. */
export async function withImages<Request extends EngineRequest>(
  request: Request,
  change: (image: EngineImage) => Promise<EngineImage>,
): Promise<Request> {
  if ('images' in request) {
    return { ...request, images: await Promise.all(request.images.map(change)) }
  }
  return 'image' in request ? { ...request, image: await change(request.image) } : request
}

/** What each kind of request gives. */
export type EngineResults = {
  readonly generate: Answer
  readonly score: readonly ScoredAnswer[]
  readonly encode: EncodeTimings
  readonly embed: EmbeddedImage
  readonly read: PictureText
  readonly match: readonly TextMatch[]
  /** float32 [width], of length 1. */
  readonly 'embed-text': Float32Array
}

export type EngineResult = EngineResults[keyof EngineResults]
