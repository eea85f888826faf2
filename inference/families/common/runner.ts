/**
 * An open model as the engine sees it: images in, logits out. What happens in between is the
 * family's own.
 *
 *     file -> preprocess -> Pixels -> encode -> ImageFeatures -> bridge -> ImageTokens
 *     prompt -> prepare; + image tokens -> layOut -> segments -> prefill -> step, step, … (or score)
 */

import type { DecodingCall } from '../../image/decoding/job.ts'
import type { Detail, Grid } from '../../image/tiles.ts'
import type { KvCache } from '../../kv/kv-cache.ts'
import type { Prompt } from '../../text/prompt.ts'

/** A decoded image, ready for the vision tower: float32 [tiles, 3, side, side], unitless. */
export type Pixels = {
  readonly data: Float32Array
  readonly shape: readonly [tiles: number, channels: 3, height: number, width: number]
  /** How the image was cut. Absent: every image is one tile. */
  readonly grid?: Grid
}

/**
 * What the vision tower makes of an image: float32 [tokens, width], of all its tiles. Depends on the
 * image alone.
 */
export type ImageFeatures = {
  readonly data: Float32Array
  readonly shape: readonly [tokens: number, width: number]
  /** That of the pixels. */
  readonly grid?: Grid
}

/**
 * An image as the decoder takes it: float32 [tokens, width], of all its tiles, as wide as a token embedding.
 * Where layers of the decoder look at images, a single row of all their keys and values; it stands at one
 * position.
 */
export type ImageTokens = {
  readonly data: Float32Array
  readonly shape: readonly [tokens: number, width: number]
  /** That of the pixels; a prompt may say where its tiles are. */
  readonly grid?: Grid
}

/** What texts are compared with: float32 [vectors, width], rows of length 1. */
export type ImageVectors = {
  readonly data: Float32Array
  readonly shape: readonly [vectors: number, width: number]
}

/** The tokens of an image and the key that it is recognized by: equal keys, equal tokens. */
export type KeyedImage = { readonly key: string; readonly tokens: ImageTokens }

/** What stands at consecutive positions of a sequence: text ids, or the tokens of an image. */
export type InputSegment =
  | { readonly kind: 'ids'; readonly ids: readonly number[] }
  | ({ readonly kind: 'image' } & KeyedImage)

/**
 * A prompt that an encoder reads as a whole, and the decoder looks at: one position of the sequence.
 * Its key begins with those of its images, each before a colon: equal keys, equal prompts.
 */
export type EncodedSegment = {
  readonly kind: 'encoded'
  readonly key: string
  readonly input: readonly InputSegment[]
}

export type Segment = InputSegment | EncodedSegment

/** A prompt in its final form. Images may stand anywhere in it, and there may be several. */
export type PromptLayout = {
  readonly segments: readonly Segment[]
  /**
   * The prompt as transformers' `generate` sees it, of an encoder and decoder the decoder's: where the family has a placeholder id for
   * image tokens, that id once for each. Repetition penalties and n-gram rules see these.
   */
  readonly ids: readonly number[]
}

/** Decodes images, and runs the vision tower and the bridge to the decoder. */
export type ImageEncoder = {
  /**
   * In which detail a picture is seen in a prompt with so many pictures, where one is wanted: equal details,
   * equal pixels.
   */
  detailFor(wanted: Detail, pictures: number): Detail
  /**
   * Decodes an image file, in another process.
   *
   * @throws {InputError} if the bytes are not a usable image.
   * @throws the signal's reason once it is aborted.
   */
  preprocess(bytes: Uint8Array, call?: DecodingCall): Promise<Pixels>
  /** Runs the vision tower on several images at once. @returns the features of each, in order. */
  encode(images: readonly Pixels[]): Promise<ImageFeatures[]>
  /** Null where a model writes no text. */
  readonly bridge: Bridge | null
}

/** What makes an image's features the tokens of a decoder. */
export type Bridge = {
  /**
   * Runs on several images at once.
   *
   * @param instructions the prompt's text of each image, for a bridge that reads it.
   * @returns the tokens of each, in order.
   */
  run(images: readonly ImageFeatures[], instructions?: readonly string[]): Promise<ImageTokens[]>
  /** Whether the tokens depend on the prompt, too; then only features can be kept for an image. */
  readonly readsPrompt: boolean
}

/** A prompt whose images are still to come. */
export type PreparedPrompt = {
  /** As the family's processor would get it, for a bridge that reads it. */
  readonly text: string
  /** Positions left for an answer; at most, where the length of an image is not known yet. */
  readonly room: number
  /** @param images as many as it was prepared for. @throws {InputError} if they leave no room. */
  layOut(images: readonly KeyedImage[]): PromptLayout
}

/** Runs the language model. */
export type TextDecoder = {
  /** Columns of the logits. */
  readonly vocabSize: number
  /** Positions of a sequence at most: images, prompt and answer. */
  readonly maxPositions: number
  /**
   * Writes a prompt in the family's format, before its images are encoded.
   *
   * @param images how many images it has.
   * @param maxNewTokens room kept free for the answer while there are past turns to drop.
   * @throws {InputError} if the prompt is empty, or leaves no room for one token.
   */
  prepare(prompt: Prompt, images: number, maxNewTokens: number): PreparedPrompt
  /** An empty cache of one row. */
  createCache(): KvCache
  /**
   * Runs what of the segments is not in the cache yet: its positions are the first of them.
   *
   * @param cache one row; shorter than the segments.
   * @returns logits of the last position, float32 [1, vocabSize].
   */
  prefill(cache: KvCache, segments: readonly Segment[]): Promise<Float32Array>
  /** Runs one id in every row of a cache. @returns logits, float32 [rows, vocabSize]. */
  step(cache: KvCache, ids: readonly number[]): Promise<Float32Array>
  /** Runs ids that do not stay in the cache. @returns logits of each, float32 [ids, vocabSize]. */
  score(cache: KvCache, ids: readonly number[]): Promise<Float32Array>
}

/** Tells how well texts fit pictures. */
export type Matcher = {
  /** The largest product of one of these vectors with that of a text is their cosine. */
  imageVectors(image: ImageFeatures): Promise<ImageVectors>
  /** @returns the ids of a text. @throws {InputError} if it is too long. */
  prepare(text: string): readonly number[]
  /** The vector of a text, float32 [width], of length 1. */
  textVector(ids: readonly number[]): Promise<Float32Array>
  /** The probability that a text fits an image, 0 to 1. */
  probability(image: ImageFeatures, ids: readonly number[]): Promise<number>
}

export type ModelRunner = {
  readonly images: ImageEncoder
  /** Null where a model writes no text. */
  readonly decoder: TextDecoder | null
  /** Null where a model does not compare pictures with texts. */
  readonly matcher: Matcher | null
  /** Frees what is not a session: before the sessions are released, after all caches are disposed of. */
  close(): Promise<void>
}

/** What stands at each position of the segments: an id, or the key of an image or of a prompt. */
export function positionsOf(segments: readonly Segment[]): (number | string)[] {
  return segments.flatMap((segment): readonly (number | string)[] => {
    switch (segment.kind) {
      case 'ids':
        return segment.ids
      case 'image':
        return Array.from({ length: segment.tokens.shape[0] }, () => segment.key)
      case 'encoded':
        return [segment.key]
      default:
        return segment satisfies never
    }
  })
}
