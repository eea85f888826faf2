/** What callers give the model and get back: the plain data of `openModel` (inference/model.ts). */

import type { Judgment } from '../domain/judgment.ts'
import type { ImageTokens } from '../families/common/runner.ts'
import type { AnyCard } from '../package/model-card.ts'
import type { Detail } from '../image/tiles.ts'
import type { PictureText } from '../ocr/read-picture.ts'
import type { Device } from '../runtime/device.ts'
import type { EncodeStage, Stage } from './stages.ts'
import type { Turn } from '../text/prompt.ts'

/**
 * How the answer is generated. Names and semantics follow transformers' GenerationConfig.
 *
 * What is absent comes from the card, for `describe` and `ask`. A request that sets `beams` or
 * `sample` chooses the search itself and takes only the length from the card, so that `beams: 1`
 * alone is plain greedy.
 */
export type GenerationOptions = {
  /** Upper bound of generated tokens, the stop token included. Default: the card's, else 20. */
  readonly maxNewTokens?: number
  /** The stop tokens are forbidden before this many tokens. Default 0. */
  readonly minNewTokens?: number
  /** Beams kept; 1 is greedy or sampling. */
  readonly beams?: number
  /** Beam score = sum of log-probabilities / length ** lengthPenalty. Default 1. */
  readonly lengthPenalty?: number
  /** When beam search ends, as in transformers. Default false. */
  readonly earlyStopping?: boolean | 'never'
  /** Draw tokens at random instead of taking the most probable. Default false. */
  readonly sample?: boolean
  /** Divides the logits before sampling; above 0. Default 1. */
  readonly temperature?: number
  /** Sample among the k most probable tokens; 0 means all. Default 50, as in transformers. */
  readonly topK?: number
  /** Sample among the fewest tokens whose probabilities reach this sum, in (0, 1]. Default 1. */
  readonly topP?: number
  /** Seed of the random draws; the same seed gives the same answer. Default: random. */
  readonly seed?: number
  /** Above 1 discourages tokens already in the prompt or the answer. Default 1. */
  readonly repetitionPenalty?: number
  /** No n-gram of this size occurs twice; 0 is off. Default 0. */
  readonly noRepeatNgramSize?: number
  /** Token ids that end the answer. Default: the card's. */
  readonly stopIds?: readonly number[]
  /** Texts that end the answer; cut from its text. */
  readonly stopStrings?: readonly string[]
  /** Tells how likely each token was, and this many of the likeliest in its place, 0 to 20; one beam only. */
  readonly logprobs?: number
}

/** A token of the vocabulary and its natural-log probability, at most 0. */
export type TokenLogprob = {
  readonly tokenId: number
  /** UTF-8, possibly a part of a character; null for an id without a token. */
  readonly bytes: readonly number[] | null
  readonly logprob: number
}

/**
 * How likely a token of an answer was among all, by the model's own logits: before penalties,
 * temperature and the choices of sampling.
 */
export type ChosenLogprob = TokenLogprob & {
  /** The likeliest in its place, as many as were asked for. */
  readonly top: readonly TokenLogprob[]
}

/**
 * How urgently an answer is needed, the most urgent first. The last two may take half of the room
 * at most, since a person who waits may come at any moment.
 */
export const URGENCIES = ['interactive', 'normal', 'background', 'bulk'] as const
export type Urgency = (typeof URGENCIES)[number]

/** Who asks, how urgently, and until when. */
export type Claim = {
  readonly urgency: Urgency
  /** Among equally urgent requests tenants take turns, and users within a tenant. */
  readonly tenant: string
  readonly user: string
  /** Milliseconds since 1970 after which nobody needs the answer; Infinity for none. */
  readonly deadline: number
}

/**
 * What every request takes besides its own arguments. A request whose deadline passes rejects with
 * `queue/deadline`. Defaults: interactive, no deadline, no user; without a tenant the user is one.
 */
export type RequestOptions = Partial<Claim> & {
  /** Ends the request between two runs; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Told how many requests go first, from 0, when it has to wait and whenever that changes. */
  readonly onPosition?: (position: number) => void
  /**
   * How much of the pictures' detail the model sees, where it cuts them into tiles: time and positions grow
   * with the tiles. Other models see the same at each. Default `auto`.
   */
  readonly detail?: Detail
}

/** What a model is told before the conversation. */
export type SystemOptions = {
  /**
   * Counts as a part of the prompt. Empty: nothing, whatever the operator set. Ignored where the card has no
   * place for it (`takesSystem`).
   */
  readonly system?: string
}

/**
 * Called with each new token of an answer, in order; not called at all where the features of a picture are
 * outside of the card's domain, of which any text means nothing.
 */
export type StreamOptions = { readonly onStep?: (step: Step) => void }

/**
 * Where the time of encoding a picture went, in milliseconds; all 0 for a request whose picture was
 * encoded for another one.
 */
export type EncodeTimings = Readonly<Record<`${EncodeStage}Ms`, number>>

/** Where the time of a request went, in milliseconds; `tokens` counts the generated ids. */
export type Timings = Readonly<Record<`${Stage}Ms`, number>> & { readonly tokens: number }

/** A picture's tokens, or its vectors, and what computing them took. */
export type EmbeddedImage = ImageTokens & {
  /**
   * How far the picture is from those of the `matcher`'s domain, as a share of its card's limit: above
   * 1 is outside. Null: the card has no statistics, or these are no vectors.
   */
  readonly distance: number | null
  readonly timings: EncodeTimings
}

/**
 * A picture that its owner can fetch again. `bytes` is called only where the model does not have
 * the picture: at most once for a request. What it gives stays its owner's.
 */
export type ImageSource = {
  /** SHA-256 of the picture's file, hexadecimal. */
  readonly key: string
  /** The file: PNG, JPEG, WebP, AVIF, GIF or TIFF. */
  bytes(signal?: AbortSignal): Promise<Uint8Array>
}

/** A picture: its source, or the bytes of its file. */
export type ImageInput = Uint8Array | ImageSource

/** A picture, or several for one answer, in their order; as many as `picturesOf` of the card at most. */
export type ImageInputs = ImageInput | readonly ImageInput[]

export type { Turn } from '../text/prompt.ts'

/** A finished answer. */
export type Answer = {
  /** Trimmed, without special tokens and without what a stop string cut off. */
  readonly text: string
  /** The generated ids only, the stop id included, as transformers' `generate` gives them. */
  readonly tokenIds: readonly number[]
  readonly finish: 'stop' | 'length'
  /** Positions of picture and prompt whose keys and values an earlier request had left. */
  readonly reused: number
  /** Positions of picture and prompt. */
  readonly promptTokens: number
  /** Of each of `tokenIds`, where `logprobs` were asked for. */
  readonly logprobs?: readonly ChosenLogprob[]
  /** Whether the picture is of the kind that the model was made for; of several, the least such. */
  readonly judgment: Judgment
  readonly timings: Timings
}

/** One streamed step: the new id and the whole text so far; with beams, those of the best beam. */
export type Step = {
  readonly tokenId: number
  readonly text: string
  /** Of the new id, where `logprobs` were asked for. */
  readonly logprob?: ChosenLogprob
}

/** One candidate answer with its likelihood. */
export type ScoredAnswer = {
  readonly answer: string
  /** Sum of the natural-log probabilities of the answer's tokens, teacher-forced; at most 0. */
  readonly logLikelihood: number
  /** Softmax of the log-likelihoods over the given answers; they sum to 1. */
  readonly probability: number
}

/** How well a text fits a picture. */
export type TextMatch = {
  readonly text: string
  /** The probability that they fit, 0 to 1: image-text matching. */
  readonly itm: number
  /** The largest cosine of the picture's vectors with that of the text, -1 to 1: image-text contrast. */
  readonly itc: number
}

/** What the answers of `score` stand behind: a question after past turns, oldest first, or an exact text. */
export type ScoredText =
  | { readonly question: string; readonly history?: readonly Turn[] }
  | { readonly prompt: string }

/** An open model: its requests run in a backend. Made by `openModel`. */
export type Model = {
  readonly card: AnyCard
  /** The card of the model that compares pictures with texts, this one or another; null: none does. */
  readonly matcher: AnyCard | null
  /**
   * Captions the picture with the card's caption prompt and defaults; several pictures together.
   *
   * @throws {InputError} `image/too-many` if the model takes fewer pictures at once.
   */
  describe(
    images: ImageInputs,
    options?: GenerationOptions &
      RequestOptions &
      StreamOptions &
      SystemOptions & { readonly prompt?: string },
  ): Promise<Answer>
  /**
   * Answers a question about the picture, or about several, given the turns before it, oldest first.
   *
   * @throws {InputError} `image/too-many` if the model takes fewer pictures at once.
   */
  ask(
    images: ImageInputs,
    question: string,
    options?: GenerationOptions &
      RequestOptions &
      StreamOptions &
      SystemOptions & { readonly history?: readonly Turn[] },
  ): Promise<Answer>
  /**
   * How likely each answer is after the question or the prompt. A space is put between the two where
   * neither has one; the stop token after the answer is not counted.
   */
  score(
    image: ImageInput,
    options: RequestOptions & ScoredText & { readonly answers: readonly string[] },
  ): Promise<readonly ScoredAnswer[]>
  /**
   * Sends the picture through the vision tower now, so that later requests find it in the cache.
   *
   * @returns what that took; all 0 where the picture was there.
   */
  encode(image: ImageInput, options?: RequestOptions): Promise<EncodeTimings>
  /**
   * Reads the text in the picture, whatever the model knows of such pictures. What was read is kept
   * for a day at most.
   */
  read(image: ImageInput, options?: RequestOptions): Promise<PictureText>
  /**
   * How well each text fits the picture. Only where there is a `matcher`, as `embedText`.
   */
  match(
    image: ImageInput,
    texts: readonly string[],
    options?: RequestOptions,
  ): Promise<readonly TextMatch[]>
  /**
   * The vector of a text, float32 [width], of length 1. The largest of its products with the vectors
   * of a picture, which `embedImage` gives, is the `itc` of both.
   */
  embedText(text: string, options?: RequestOptions): Promise<Float32Array>
  /**
   * The picture's vectors where there is a `matcher`; else its tokens as the decoder takes them, for
   * tests and measurements. They are copied to this thread.
   */
  embedImage(image: ImageInput, options?: RequestOptions): Promise<EmbeddedImage>
  /**
   * Deletes all that was computed from these pictures and their frames (frame-keys.ts): features, tokens,
   * text, keys and values. Requests for them that wait or run still end, but nothing of them is cached.
   *
   * @param keys SHA-256 of each picture's file, hexadecimal.
   */
  forget(keys: readonly string[]): Promise<void>
  /** What the engine is doing and has done; a copy, as of its last step. */
  stats(): ModelStats
  /** Waits for the run in flight, rejects what still waits, ends the backend. */
  close(): Promise<void>
}

/** How often a cache had what was asked of it. */
export type CacheStats = { readonly hits: number; readonly misses: number }

/** Counters since the engine started, and what it does now. */
export type ModelStats = {
  /** Where the graphs run; null before that is known. */
  readonly device: Device | null
  /** Requests that wait, and those at work. */
  readonly queued: number
  readonly live: number
  /** Requests that ended well; by an error or a cancellation; for want of room; by their deadline. */
  readonly done: number
  readonly failed: number
  readonly refused: number
  readonly late: number
  /** Runs of each stage, the rows they had in sum (pictures; sequences), and their time. */
  readonly stages: Readonly<
    Record<Stage, { readonly runs: number; readonly rows: number; readonly ms: number }>
  >
  /** Runs of the text reader's networks, and their time. */
  readonly reading: { readonly runs: number; readonly ms: number }
  readonly caches: {
    /** Pictures: a hit needed no vision run of its own. */
    readonly images: CacheStats & { readonly bytes: number }
    /** Keys and values of conversations: a hit reused positions of an earlier request. */
    readonly conversations: CacheStats & { readonly positions: number; readonly bytes: number }
    /** Token ids of prompts. */
    readonly prompts: CacheStats
    /** Text of pictures: a hit was read before, or is read for another request. */
    readonly texts: CacheStats
  }
}
