/**
 * The one face of inference: an open model that describes, answers and scores.
 *
 * Everything runs in a backend; no method here blocks the caller's thread.
 */

import { availableParallelism } from 'node:os'
import type { Call, InferenceBackend } from './backends/backend.ts'
import type { ThreadData } from './backends/protocol.ts'
import { openThread, WORKER_FILE } from './backends/thread.ts'
import type { EngineOptions } from './contract/options.ts'
import type { EngineImage } from './contract/requests.ts'
import type { AnswerPrompt, Prompt } from './text/prompt.ts'
import { ImageRequests } from './image-requests.ts'
import { openPackage } from './package/open-package.ts'
import { preparePackage } from './package/prepare.ts'
import { sameVision } from './package/same-vision.ts'
import { ConfigError } from '../config/errors.ts'
import { PULL_MATCHER_COMMAND, READER_FOLDER } from '../config/models.ts'
import { readReaderCard } from './ocr/reader-card.ts'
import type { Task } from './families/common/card-base.ts'
import { frameKeysOf } from './image/animation/frame-keys.ts'
import { type AnyCard, framesOf, type ModelCard } from './package/model-card.ts'
import type { Provider } from './runtime/device.ts'
import { NO_STATS } from './contract/no-stats.ts'
import type {
  Answer,
  GenerationOptions,
  ImageInput,
  ImageInputs,
  Model,
  RequestOptions,
  ScoredText,
  StreamOptions,
} from './contract/types.ts'

export type OpenOptions = {
  /** Threads that one run uses. Default: as many as the machine has. */
  readonly threads?: number
  /**
   * Where the graphs run. `webgpu` and `cuda` want a package in fp16 or fp32, and fail with a
   * sentence where there is no such device. Default `cpu`.
   */
  readonly provider?: Provider
  /**
   * The folder of a package that compares pictures with texts, for a model that does not. Where both
   * have the same vision tower it runs once for a picture; otherwise the package is opened as a model
   * of its own.
   */
  readonly matcher?: string
  /** What the model is opened for; one that cannot do that is refused. Default `text`. */
  readonly task?: Task
  /** The folder of the text reader. Default: the shipped one. */
  readonly reader?: string
  /** Refuses larger images. Default: the image decoder's own limits. */
  readonly imageLimits?: EngineOptions['imageLimits']
  /**
   * Prepares the package for this machine first, unless it is prepared: once, tens of seconds and
   * twice its size on the disk; then it opens in seconds and its memory is shared. Default false.
   */
  readonly prepare?: boolean
  /** Requests that may wait; one more is refused as `queue/full`. Default 64. */
  readonly queueLimit?: number
  /**
   * Sequences at work at once, each beam counting as one. Default 8: with OPT-2.7b, up to 1.5 GB
   * for conversations of 128 positions.
   */
  readonly maxSequences?: number
  /** Pictures encoded in one run. Default 2. */
  readonly maxImages?: number
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
const MAX_SEQUENCES = 8
const MAX_IMAGES = 2
const CONVERSATION_BYTES = 256 * 2 ** 20
const IMAGE_CACHE_BYTES = 128 * 2 ** 20

/** Where the requests of an open model run. */
export type OpenBackends = {
  readonly backend: InferenceBackend
  /** Null: pictures are not compared with texts. */
  readonly matching: Matching | null
}

/**
 * Opens a model package and starts its thread.
 *
 * @throws {ConfigError} if the folder is no usable package, in a sentence that names the file.
 */
export async function openModel(folder: string, options: OpenOptions = {}): Promise<Model> {
  const { backend, matching } = await openBackends(folder, options)
  return createModel(backend, matching)
}

/** As `openModel`, for a caller that sends the requests itself. */
export async function openBackends(
  folder: string,
  options: OpenOptions = {},
): Promise<OpenBackends> {
  const { card } = await openPackage(folder)
  requireTask(card, options.task ?? 'text')
  const beside = options.matcher === undefined ? null : await openPackage(options.matcher)
  if (beside !== null) {
    requireTask(beside.card, 'match')
  }
  const shared = beside !== null && sameVision(card, beside.card)
  if (options.prepare === true) {
    await preparePackage(folder)
    await (beside && preparePackage(beside.folder))
  }
  const open = (thread: ThreadData) => openThread(thread, options.workerFile ?? WORKER_FILE)
  const engineOptions = engineOptionsOf(options)
  readReaderCard(engineOptions.reader) // it is opened when the first picture is read
  const matcher = shared ? beside.folder : null
  const backend = await open({ folder, options: { ...engineOptions, matcher } })
  if (beside === null) {
    return { backend, matching: matchesItself(backend) }
  }
  if (shared) {
    return { backend, matching: { card: beside.card, backend } }
  }
  try {
    const own = await open({ folder: beside.folder, options: engineOptions })
    return { backend, matching: { card: beside.card, backend: own } }
  } catch (error) {
    await backend.close()
    throw error
  }
}

/** @throws {ConfigError} if the model was made for something else. */
export function requireTask(card: ModelCard, task: Task): void {
  const { name } = card
  const tasks: readonly Task[] = card.tasks
  if (tasks.includes(task)) {
    return
  }
  throw new ConfigError([
    task === 'text'
      ? `${name} writes no texts; it tells how well texts fit a picture: npm run match.`
      : `${name} cannot compare pictures with texts. A model that can: ${PULL_MATCHER_COMMAND}`,
  ])
}

/** The options with their defaults. */
export function engineOptionsOf(options: OpenOptions): EngineOptions {
  return {
    provider: options.provider ?? 'cpu',
    threads: options.threads ?? availableParallelism(),
    reader: options.reader ?? READER_FOLDER,
    imageLimits: options.imageLimits ?? {},
    queueLimit: options.queueLimit ?? QUEUE_LIMIT,
    maxSequences: options.maxSequences ?? MAX_SEQUENCES,
    maxImages: options.maxImages ?? MAX_IMAGES,
    matcher: null,
    conversationBytes: options.conversationBytes ?? CONVERSATION_BYTES,
    imageCacheBytes: options.imageCacheBytes ?? IMAGE_CACHE_BYTES,
  }
}

/** Where pictures are compared with texts, and with which model. */
export type Matching = { readonly card: AnyCard; readonly backend: InferenceBackend }

/**
 * A model whose requests run in a backend.
 *
 * @param matching null: the model compares no texts with pictures. Default: itself where it does.
 */
export function createModel(
  backend: InferenceBackend,
  matching: Matching | null = matchesItself(backend),
): Model {
  const requests = new ImageRequests(backend)
  const apart = matching !== null && matching.backend !== backend ? matching.backend : null
  const matches = apart === null ? requests : new ImageRequests(apart)
  const generate = generator(requests)
  return {
    card: backend.card,
    matcher: matching?.card ?? null,
    describe: (input, { prompt: text, system, ...options } = {}) => {
      const told = { ...(text !== undefined && { text }), ...(system && { system }) }
      return generate(input, { kind: 'describe', ...told }, options)
    },
    ask: (input, question, { history = [], system, ...options } = {}) =>
      generate(input, { kind: 'ask', question, history, ...(system && { system }) }, options),
    score: (input, { answers, ...both }) => {
      const { prompt, options } = splitScored(both)
      const { call, detailed } = splitOptions(options)
      const build = (image: EngineImage) =>
        ({ kind: 'score', image: detailed(image), prompt, answers }) as const
      return requests.sendOne('score', input, build, call)
    },
    encode: (input, options = {}) => {
      const { call, detailed } = splitOptions(options)
      const build = (image: EngineImage) => ({ kind: 'encode', image: detailed(image) }) as const
      return requests.sendOne('encode', input, build, call)
    },
    read: (input, options = {}) =>
      requests.sendOne(
        'read',
        input,
        (image) => ({ kind: 'read', image }),
        splitOptions(options).call,
      ),
    match: (input, texts, options = {}) => {
      const build = (image: EngineImage) => ({ kind: 'match', image, texts }) as const
      return matches.sendOne('match', input, build, splitOptions(options).call)
    },
    embedText: (text, options = {}) =>
      matches.sendText({ kind: 'embed-text', text }, splitOptions(options).call),
    embedImage: (input, options = {}) => {
      const { call, detailed } = splitOptions(options)
      const build = (image: EngineImage) => ({ kind: 'embed', image: detailed(image) }) as const
      return matches.sendOne('embed', input, build, call)
    },
    forget: async (keys) => {
      const frames = framesOf(backend.card) > 1 ? keys.flatMap(frameKeysOf) : []
      await Promise.all([
        requests.forget([...keys, ...frames]),
        matches === requests ? undefined : matches.forget(keys),
      ])
    },
    stats: () => backend.stats() ?? NO_STATS,
    close: async () => {
      await Promise.all([backend.close(), apart?.close()])
    },
  }
}

function matchesItself(backend: InferenceBackend): Matching | null {
  const tasks: readonly Task[] = backend.card.tasks
  return tasks.includes('match') ? { card: backend.card, backend } : null
}

/** Splits what answers are scored behind from who asks. */
function splitScored(both: ScoredText & RequestOptions): {
  readonly prompt: AnswerPrompt
  readonly options: RequestOptions
} {
  if ('prompt' in both) {
    const { prompt: text, ...options } = both
    return { prompt: { kind: 'raw', text }, options }
  }
  const { question, history = [], ...options } = both
  return { prompt: { kind: 'ask', question, history }, options }
}

/** What sends requests for texts about a picture or several. */
function generator(requests: ImageRequests) {
  return (input: ImageInputs, prompt: Prompt, both: AllOptions): Promise<Answer> => {
    const { call, options, detailed } = splitOptions(both)
    const build = (images: readonly EngineImage[]) =>
      ({ kind: 'generate', images: images.map(detailed), prompt, options }) as const
    return requests.send('generate', isSeveral(input) ? input : [input], build, call)
  }
}

function isSeveral(input: ImageInputs): input is readonly ImageInput[] {
  return Array.isArray(input)
}

type AllOptions = GenerationOptions & RequestOptions & StreamOptions

/** Splits how an answer is generated from who asks for it, how the caller is told, and how pictures are seen. */
function splitOptions(both: AllOptions): {
  readonly call: Omit<Call, 'cacheable'>
  readonly options: GenerationOptions
  /** A picture in the wanted detail. */
  readonly detailed: (image: EngineImage) => EngineImage
} {
  const { signal, onStep, onPosition, detail, ...rest } = both
  const { urgency = 'interactive', tenant, user = '', deadline = Infinity, ...options } = rest
  const claim = { urgency, tenant: tenant ?? user, user, deadline }
  return {
    call: { claim, signal, onStep, onPosition },
    options,
    detailed: (image) => (detail === undefined ? image : { ...image, detail }),
  }
}
