/**
 * The one face of inference: an open model that describes, answers, generates, scores and embeds.
 *
 * Everything runs on a thread of its own; no method here blocks the caller's.
 */

import { availableParallelism } from 'node:os'
import type { EngineOptions, Provider } from './engine/options.ts'
import type { EngineRequest, EngineResult, GenerateRequest, Prompt } from './engine/requests.ts'
import { ImageCache, type ImageTokenStore } from './image-cache.ts'
import { InferenceThread, WORKER_FILE } from './backends/thread.ts'
import { openPackage } from './package/open-package.ts'
import { preparePackage } from './package/prepare.ts'
import type {
  Answer,
  GenerationOptions,
  ImageInput,
  ImageTokens,
  Model,
  ModelStats,
  RequestOptions,
  ScoredAnswer,
  Step,
  StreamOptions,
} from './types.ts'

export type OpenOptions = {
  /** Threads that one run uses. Default: as many as the machine has. */
  readonly threads?: number
  /**
   * Where the graphs run. `webgpu` and `cuda` want a package in fp16 or fp32, and fail with a
   * sentence where there is no such device. Default `cpu`.
   */
  readonly provider?: Provider
  /** Refuses larger images. Default: the image decoder's own limits. */
  readonly imageLimits?: EngineOptions['imageLimits']
  /** Compares the sha256 of every file first; seconds for a large package. Default false. */
  readonly verify?: boolean
  /**
   * Prepares the package for this machine first, unless it is prepared: once, tens of seconds and
   * twice its size on the disk; then it opens in seconds and its memory is shared. Default false.
   */
  readonly prepare?: boolean
  /** Requests that may wait; one more is refused with QueueFullError. Default 64. */
  readonly queueLimit?: number
  /**
   * Sequences at work at once, each beam counting as one. Default 8: with OPT-2.7b, up to 1.5 GB
   * for conversations of 128 positions.
   */
  readonly rows?: number
  /** Pictures seen in one run. Default 2. */
  readonly pictures?: number
  /** Memory for keys and values of finished requests, in bytes; 0 keeps none. Default 256 MiB. */
  readonly conversationBytes?: number
  /** Keeps the image tokens of pictures. Default: they are made anew each time. */
  readonly imageTokens?: ImageTokenStore
  /** The thread's file; tests put another in its place. */
  readonly workerFile?: URL
}

const QUEUE_LIMIT = 64
const ROWS = 8
const PICTURES = 2
const CONVERSATION_BYTES = 256 * 2 ** 20

/**
 * Opens a model package and starts its thread.
 *
 * @throws {ConfigError} if the folder is no usable package, in a sentence that names the file.
 */
export async function openModel(folder: string, options: OpenOptions = {}): Promise<Model> {
  await openPackage(folder, { verify: options.verify ?? false })
  if (options.prepare === true) {
    await preparePackage(folder)
  }
  const engineOptions: EngineOptions = {
    provider: options.provider ?? 'cpu',
    threads: options.threads ?? availableParallelism(),
    imageLimits: options.imageLimits ?? {},
    queueLimit: options.queueLimit ?? QUEUE_LIMIT,
    rows: options.rows ?? ROWS,
    pictures: options.pictures ?? PICTURES,
    conversationBytes: options.conversationBytes ?? CONVERSATION_BYTES,
  }
  const file = options.workerFile ?? WORKER_FILE
  const thread = new InferenceThread({ folder, options: engineOptions }, file)
  const card = await thread.start()
  const images = options.imageTokens ? new ImageCache(options.imageTokens, card) : null
  const sender: Sender = { thread, images }
  return {
    card,
    describe: (image, given = {}) => {
      const { prompt, ...rest } = given
      return answer(
        sender,
        image,
        { kind: 'describe', ...(prompt !== undefined && { text: prompt }) },
        rest,
      )
    },
    ask: (image, question, given = {}) => {
      const { history, ...rest } = given
      return answer(sender, image, { kind: 'ask', question, history: history ?? [] }, rest)
    },
    generate: (image, { prompt, ...rest }) => stream(sender, image, prompt, rest),
    score: async (image, { prompt, answers, ...rest }) => {
      const result = await send(sender, { kind: 'score', image, prompt, answers }, rest)
      if (!isScores(result)) {
        throw new TypeError('expected scores from the inference thread')
      }
      return result
    },
    embedImage: (image, given = {}) =>
      image instanceof Uint8Array && images
        ? images.tokens(image, () => embed(thread, image, given))
        : embed(thread, image, given),
    stats: () => ({
      ...(thread.stats() ?? NO_STATS),
      caches: {
        ...(thread.stats() ?? NO_STATS).caches,
        images: images?.stats() ?? NO_LOOKS,
      },
    }),
    close: () => thread.close(),
  }
}

const NO_RUNS = { runs: 0, rows: 0, ms: 0 }
const NO_LOOKS = { hits: 0, misses: 0 }

/** The counts of a model that has done nothing yet. */
export const NO_STATS: ModelStats = {
  device: null,
  queued: 0,
  live: 0,
  done: 0,
  failed: 0,
  refused: 0,
  late: 0,
  stages: {
    preprocess: NO_RUNS,
    vision: NO_RUNS,
    qformer: NO_RUNS,
    prefill: NO_RUNS,
    decode: NO_RUNS,
  },
  caches: {
    images: NO_LOOKS,
    conversations: { ...NO_LOOKS, positions: 0, bytes: 0 },
    prompts: NO_LOOKS,
  },
}

/** Where requests go, and where image tokens are looked for before. */
type Sender = { readonly thread: InferenceThread; readonly images: ImageCache | null }

type Given = GenerationOptions & RequestOptions & StreamOptions

async function answer(
  sender: Sender,
  image: ImageInput,
  prompt: Prompt,
  given: Given,
): Promise<Answer> {
  // What is not about the search stays on this side.
  const { signal: _s, onStep: _o, onPosition: _p, ...claiming } = given
  const { priority: _r, user: _u, guild: _g, deadline: _d, ...options } = claiming
  const request: GenerateRequest = { kind: 'generate', image, prompt, options }
  const result = await send(sender, request, given)
  if (!('tokenIds' in result)) {
    throw new TypeError('expected an answer from the inference thread')
  }
  return result
}

/** Steps as they come; leaving the loop early cancels the request. */
async function* stream(
  sender: Sender,
  image: ImageInput,
  prompt: string,
  { signal, ...options }: Given,
): AsyncGenerator<Step, Answer, void> {
  const left = new AbortController()
  const either = signal ? AbortSignal.any([signal, left.signal]) : left.signal
  const steps: Step[] = []
  let wake: (() => void) | undefined
  const onStep = (step: Step) => {
    steps.push(step)
    wake?.()
  }
  const result = answer(
    sender,
    image,
    { kind: 'raw', text: prompt },
    {
      ...options,
      signal: either,
      onStep,
    },
  )
  let ended = false
  const end = () => {
    ended = true
    wake?.()
  }
  result.then(end, end)
  try {
    for (;;) {
      const step = steps.shift()
      if (step) {
        yield step
      } else if (ended) {
        return await result
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    left.abort()
  }
}

/** Image tokens made by the thread. */
async function embed(
  thread: InferenceThread,
  image: ImageInput,
  given: RequestOptions,
): Promise<ImageTokens> {
  const result = await post(thread, { kind: 'embed', image }, given)
  if (!('shape' in result)) {
    throw new TypeError('expected image tokens from the inference thread')
  }
  return result
}

/** Sends a request, with kept image tokens in the place of the picture where there are such. */
async function send(
  { thread, images }: Sender,
  request: EngineRequest,
  given: RequestOptions & StreamOptions,
): Promise<EngineResult> {
  const { image } = request
  if (!images || !(image instanceof Uint8Array)) {
    return post(thread, request, given)
  }
  given.signal?.throwIfAborted()
  const tokens = await images.tokens(image, () => embed(thread, image, given))
  const result = await post(thread, { ...request, image: tokens }, given)
  return 'timings' in result && 'tokenIds' in result
    ? { ...result, timings: { ...result.timings, ...tokens.timings } }
    : result
}

/** Sends a request with its own copy of the image's bytes, which then move to the thread. */
function post(
  thread: InferenceThread,
  request: EngineRequest,
  given: RequestOptions & StreamOptions,
): Promise<EngineResult> {
  const { priority = 'interaction', user = '', guild = '', deadline = Infinity } = given
  // Without a guild there is only the person, who then takes turns as a guild would.
  const claim = { priority, user, guild: guild === '' ? user : guild, deadline }
  const { image } = request
  if (image instanceof Uint8Array) {
    const bytes = new Uint8Array(image)
    return thread.request({ ...request, image: bytes }, [bytes.buffer], claim, given)
  }
  const data = new Float32Array(image.data)
  return thread.request({ ...request, image: { ...image, data } }, [data.buffer], claim, given)
}

function isScores(
  result: Answer | readonly ScoredAnswer[] | ImageTokens,
): result is readonly ScoredAnswer[] {
  return Array.isArray(result)
}
