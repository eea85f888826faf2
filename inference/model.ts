/**
 * The one face of inference: an open model that describes, answers, generates, scores and embeds.
 *
 * Everything runs on a thread of its own; no method here blocks the caller's.
 */

import { availableParallelism } from 'node:os'
import type { EngineOptions } from './engine/options.ts'
import type { EngineRequest, GenerateRequest, Prompt } from './engine/requests.ts'
import { InferenceThread, type RequestHandling, WORKER_FILE } from './inference-thread.ts'
import { openPackage } from './package.ts'
import type {
  Answer,
  GenerationOptions,
  ImageInput,
  ImageTokens,
  Model,
  ScoredAnswer,
  Step,
} from './types.ts'

export type OpenOptions = {
  /** Threads that one run uses. Default: as many as the machine has. */
  readonly threads?: number
  /** Refuses larger images. Default: the image decoder's own limits. */
  readonly imageLimits?: EngineOptions['imageLimits']
  /** Compares the sha256 of every file first; seconds for a large package. Default false. */
  readonly verify?: boolean
  /** The thread's file; tests put another in its place. */
  readonly workerFile?: URL
}

/**
 * Opens a model package and starts its thread.
 *
 * @throws {ConfigError} if the folder is no usable package, in a sentence that names the file.
 */
export async function openModel(folder: string, options: OpenOptions = {}): Promise<Model> {
  await openPackage(folder, { verify: options.verify ?? false })
  const engineOptions: EngineOptions = {
    threads: options.threads ?? availableParallelism(),
    imageLimits: options.imageLimits ?? {},
  }
  const file = options.workerFile ?? WORKER_FILE
  const thread = new InferenceThread({ folder, options: engineOptions }, file)
  const card = await thread.start()
  return {
    card,
    describe: (image, given = {}) => {
      const { prompt, ...rest } = given
      return answer(
        thread,
        image,
        { kind: 'describe', ...(prompt !== undefined && { text: prompt }) },
        rest,
      )
    },
    ask: (image, question, given = {}) => {
      const { history, ...rest } = given
      return answer(thread, image, { kind: 'ask', question, history: history ?? [] }, rest)
    },
    generate: (image, { prompt, ...rest }) => stream(thread, image, prompt, rest),
    score: async (image, { prompt, answers, signal }) => {
      const result = await send(thread, { kind: 'score', image, prompt, answers }, { signal })
      if (!isScores(result)) {
        throw new TypeError('expected scores from the inference thread')
      }
      return result
    },
    embedImage: async (image, given = {}) => {
      const result = await send(thread, { kind: 'embed', image }, given)
      if (!('shape' in result)) {
        throw new TypeError('expected image tokens from the inference thread')
      }
      return result
    },
    close: () => thread.close(),
  }
}

type Given = GenerationOptions & RequestHandling

async function answer(
  thread: InferenceThread,
  image: ImageInput,
  prompt: Prompt,
  { signal, onStep, ...options }: Given,
): Promise<Answer> {
  const request: GenerateRequest = { kind: 'generate', image, prompt, options }
  const result = await send(thread, request, { signal, onStep })
  if (!('tokenIds' in result)) {
    throw new TypeError('expected an answer from the inference thread')
  }
  return result
}

/** Steps as they come; leaving the loop early cancels the request. */
async function* stream(
  thread: InferenceThread,
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
    thread,
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

/** Sends a request with its own copy of the image's bytes, which then move to the thread. */
function send(thread: InferenceThread, request: EngineRequest, handling: RequestHandling) {
  const { image } = request
  if (image instanceof Uint8Array) {
    const bytes = new Uint8Array(image)
    return thread.request({ ...request, image: bytes }, [bytes.buffer], handling)
  }
  const data = new Float32Array(image.data)
  return thread.request({ ...request, image: { ...image, data } }, [data.buffer], handling)
}

function isScores(
  result: Answer | readonly ScoredAnswer[] | ImageTokens,
): result is readonly ScoredAnswer[] {
  return Array.isArray(result)
}
