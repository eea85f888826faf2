/**
 * The one face of inference: an open model that describes, answers, generates, scores and embeds.
 *
 * Everything runs on a thread of its own; no method here blocks the caller's.
 */

import { availableParallelism } from 'node:os'
import type { EngineOptions, Provider } from './engine/options.ts'
import type {
  EngineImage,
  EngineRequest,
  EngineResult,
  GenerateRequest,
  Prompt,
} from './engine/requests.ts'
import { imageSourceOf } from './image-source.ts'
import { InferenceThread, type Reply, WORKER_FILE } from './backends/thread.ts'
import type { ModelCard } from './package/model-card.ts'
import { openPackage } from './package/open-package.ts'
import { preparePackage } from './package/prepare.ts'
import type {
  Answer,
  EncodeTimings,
  GenerationOptions,
  ImageInput,
  ImageSource,
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
  /**
   * Memory for what was computed from pictures, in bytes, for a day at most; with OPT-2.7b a picture
   * takes 320 kB. 0: a picture that no request needs any more is encoded again. Default 128 MiB.
   */
  readonly imageCacheBytes?: number
  /** The thread's file; tests put another in its place. */
  readonly workerFile?: URL
}

const QUEUE_LIMIT = 64
const ROWS = 8
const PICTURES = 2
const CONVERSATION_BYTES = 256 * 2 ** 20
const IMAGE_CACHE_BYTES = 128 * 2 ** 20

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
    imageCacheBytes: options.imageCacheBytes ?? IMAGE_CACHE_BYTES,
  }
  const file = options.workerFile ?? WORKER_FILE
  const thread = new InferenceThread({ folder, options: engineOptions }, file)
  const card = await thread.start()
  return createModel(thread, card)
}

/** The model on an inference thread whose card is known. */
function createModel(thread: InferenceThread, card: ModelCard): Model {
  const sender: Sender = { thread, sent: new Set() }
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
    score: (image, given) => score(sender, image, given),
    encode: (image, given = {}) => encode(sender, image, given),
    embedImage: (image, given = {}) => embed(sender, image, given),
    forget: async (keys) => {
      for (const request of sender.sent) {
        request.cacheable &&= !keys.includes(request.key)
      }
      await thread.forget(keys)
    },
    stats: () => thread.stats() ?? NO_STATS,
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
    images: { ...NO_LOOKS, bytes: 0 },
    conversations: { ...NO_LOOKS, positions: 0, bytes: 0 },
    prompts: NO_LOOKS,
  },
}

/** Where requests go, and those on their way. */
type Sender = { readonly thread: InferenceThread; readonly sent: Set<Sent> }

/** A request on its way, by its picture; no longer cacheable once that was to be forgotten. */
type Sent = { readonly key: string; cacheable: boolean }

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
  const request = (source: EngineImage | ImageTokens): GenerateRequest => ({
    kind: 'generate',
    image: source,
    prompt,
    options,
  })
  const result = await send(sender, image, request, given)
  if (!('tokenIds' in result)) {
    throw new TypeError('expected an answer from the inference thread')
  }
  return result
}

async function score(
  sender: Sender,
  image: ImageInput,
  given: RequestOptions & { readonly prompt: string; readonly answers: readonly string[] },
): Promise<readonly ScoredAnswer[]> {
  const { prompt, answers } = given
  const request = (source: EngineImage | ImageTokens): EngineRequest => ({
    kind: 'score',
    image: source,
    prompt,
    answers,
  })
  const result = await send(sender, image, request, given)
  if (!isScores(result)) {
    throw new TypeError('expected scores from the inference thread')
  }
  return result
}

async function encode(
  sender: Sender,
  image: ImageInput,
  given: RequestOptions,
): Promise<EncodeTimings> {
  const result = await send(sender, image, (source) => ({ kind: 'encode', image: source }), given)
  if (!('visionMs' in result)) {
    throw new TypeError('expected timings from the inference thread')
  }
  return result
}

async function embed(
  sender: Sender,
  image: ImageInput,
  given: RequestOptions,
): Promise<ImageTokens> {
  const result = await send(sender, image, (source) => ({ kind: 'embed', image: source }), given)
  if (!('shape' in result)) {
    throw new TypeError('expected image tokens from the inference thread')
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

/** Sends a request by its picture's content hash, and once more with the file where that is asked for. */
async function send(
  { thread, sent }: Sender,
  image: ImageInput,
  request: (image: EngineImage | ImageTokens) => EngineRequest,
  given: RequestOptions & StreamOptions,
): Promise<EngineResult> {
  const { signal, priority = 'interaction', user = '', guild = '', deadline = Infinity } = given
  signal?.throwIfAborted()
  // Without a guild there is only the person, who then takes turns as a guild would.
  const claim = { priority, user, guild: guild === '' ? user : guild, deadline }
  if ('shape' in image) {
    const handling = { ...given, cacheable: () => true }
    return resultOf(await thread.request(request(image), [], claim, handling))
  }
  const source = await ownedSource(image)
  const one: Sent = { key: source.key, cacheable: true }
  sent.add(one)
  try {
    const { key } = source
    const handling = { ...given, cacheable: () => one.cacheable }
    const reply = await thread.request(request({ key, bytes: null }), [], claim, handling)
    if (reply.kind === 'result') {
      return reply.result
    }
    const bytes = await source.file(signal)
    const again = request({ key, bytes })
    return resultOf(await thread.request(again, [bytes.buffer], claim, handling))
  } finally {
    sent.delete(one)
  }
}

/** A picture whose file may be moved to the thread: a copy, as a caller's bytes stay as they are. */
async function ownedSource(image: Uint8Array | ImageSource): Promise<{
  readonly key: string
  file(signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>
}> {
  if (image instanceof Uint8Array) {
    const bytes = new Uint8Array(image)
    const { key } = await imageSourceOf(bytes)
    return { key, file: () => Promise.resolve(bytes) }
  }
  const file = async (signal?: AbortSignal) => new Uint8Array(await image.bytes(signal))
  return { key: image.key, file }
}

function resultOf(reply: Reply): EngineResult {
  if (reply.kind === 'missing') {
    throw new TypeError('the inference thread asked for a picture that it was sent')
  }
  return reply.result
}

function isScores(result: EngineResult): result is readonly ScoredAnswer[] {
  return Array.isArray(result)
}
