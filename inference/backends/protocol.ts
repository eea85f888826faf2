/**
 * What crosses between the main thread and the inference thread: plain data with request ids.
 *
 * Either side checks what it receives against the schemas here, except for the elements of pixel
 * and number arrays.
 */

import { DETAILS } from '../image/tiles.ts'
import { z } from 'zod'
import { PROVIDERS } from '../../config/environment.ts'
import type { CachedImage } from '../engine/feature-cache.ts'
import type { EngineOptions } from '../contract/options.ts'
import type { EngineRequest, EngineResults } from '../contract/requests.ts'
import { VERDICTS } from '../domain/judgment.ts'
import { plainErrorSchema } from '../../config/plain-error.ts'
import { modelCardSchema } from '../package/model-card.ts'
import { STAGES } from '../contract/stages.ts'
import {
  type ChosenLogprob,
  type Claim,
  type GenerationOptions,
  type ModelStats,
  URGENCIES,
  type Step,
} from '../contract/types.ts'

/** Given to the thread at its start. */
export type ThreadData = { readonly folder: string; readonly options: EngineOptions }

/** Any number: a deadline and a likelihood may be infinite, and NaN is refused where it is used. */
const number = z.custom<number>((value) => typeof value === 'number')
const id = z.int()
const count = z.int().nonnegative()
const strings: z.ZodType<readonly string[]> = z.array(z.string())

const encodeTimingsSchema = z.object({
  preprocessMs: number,
  visionMs: number,
  bridgeMs: number,
})

const tokenLogprob = z.object({
  tokenId: count,
  bytes: z.array(count).nullable(),
  logprob: number,
})
const chosenLogprob: z.ZodType<ChosenLogprob> = tokenLogprob.extend({ top: z.array(tokenLogprob) })

const embeddedImageSchema = z.object({
  data: z.instanceof(Float32Array),
  shape: z.tuple([count, count]),
  /** Workers of an earlier version do not say it. */
  distance: number.nullable().default(null),
  timings: encodeTimingsSchema,
})

const point = z.object({ x: number, y: number })
const corners = z.tuple([point, point, point, point])

const image = z.object({
  key: z.string(),
  bytes: z.instanceof(Uint8Array).nullable(),
  detail: z.enum(DETAILS).exactOptional(),
})

const answerPromptSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('ask'),
    question: z.string(),
    history: z.array(z.object({ question: z.string(), answer: z.string() })),
  }),
  z.object({ kind: z.literal('raw'), text: z.string() }),
])
const system = z.string().exactOptional()
const [askedPromptSchema, exactTextSchema] = answerPromptSchema.options
const promptSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('describe'), text: z.string().exactOptional(), system }),
  askedPromptSchema.extend({ system }),
  exactTextSchema,
])

/** Ranges are checked by resolveSettings, whose sentences are for people. */
const optionsSchema: z.ZodType<GenerationOptions> = z.object({
  maxNewTokens: number.exactOptional(),
  minNewTokens: number.exactOptional(),
  beams: number.exactOptional(),
  lengthPenalty: number.exactOptional(),
  earlyStopping: z.union([z.boolean(), z.literal('never')]).exactOptional(),
  sample: z.boolean().exactOptional(),
  temperature: number.exactOptional(),
  topK: number.exactOptional(),
  topP: number.exactOptional(),
  seed: number.exactOptional(),
  repetitionPenalty: number.exactOptional(),
  noRepeatNgramSize: number.exactOptional(),
  stopIds: z.array(number).exactOptional(),
  stopStrings: z.array(z.string()).exactOptional(),
  logprobs: number.exactOptional(),
})

export const requestSchema: z.ZodType<EngineRequest> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('generate'),
    images: z.array(image).min(1),
    prompt: promptSchema,
    options: optionsSchema,
  }),
  z.object({
    kind: z.literal('score'),
    image,
    prompt: answerPromptSchema,
    answers: z.array(z.string()),
  }),
  z.object({ kind: z.literal('encode'), image }),
  z.object({ kind: z.literal('embed'), image }),
  z.object({ kind: z.literal('read'), image }),
  z.object({ kind: z.literal('match'), image, texts: strings }),
  z.object({ kind: z.literal('embed-text'), text: z.string() }),
])

const tensor = z.object({
  data: z.instanceof(Float32Array),
  shape: z.tuple([count, count]),
  grid: z
    .object({
      rows: count,
      columns: count,
      size: z.object({ width: count, height: count }).exactOptional(),
    })
    .exactOptional(),
})
export const cachedImagesSchema: z.ZodType<readonly CachedImage[]> = z.array(
  z.object({
    key: z.string(),
    data: z.object({
      features: tensor.nullable(),
      tokens: tensor.nullable(),
      distance: number.nullable(),
    }),
  }),
)

export const claimSchema: z.ZodType<Claim> = z.object({
  urgency: z.enum(URGENCIES),
  tenant: z.string(),
  user: z.string(),
  deadline: number,
})

export const toThreadSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('request'),
    id,
    request: requestSchema,
    claim: claimSchema,
    cacheable: z.boolean(),
    /** Whether to tell each step. */
    steps: z.boolean(),
  }),
  z.object({ type: z.literal('cancel'), id }),
  /** Deletes what was computed from pictures. */
  z.object({ type: z.literal('forget'), id, keys: strings }),
  /** Asks for what is cached of pictures. */
  z.object({ type: z.literal('cached'), id, keys: strings }),
  /** Caches what another host computed. */
  z.object({ type: z.literal('take'), id, entries: cachedImagesSchema }),
  z.object({ type: z.literal('close') }),
])
export type ToThread = z.infer<typeof toThreadSchema>

/** What the result of each kind of request looks like. */
export const resultSchemas: {
  readonly [Kind in keyof EngineResults]: z.ZodType<EngineResults[Kind]>
} = {
  generate: z.object({
    text: z.string(),
    tokenIds: z.array(count),
    finish: z.enum(['stop', 'length']),
    reused: count,
    promptTokens: count,
    logprobs: z.array(chosenLogprob).exactOptional(),
    judgment: z.object({
      distance: number.nullable(),
      confidence: number.nullable(),
      verdict: z.enum(VERDICTS),
    }),
    timings: encodeTimingsSchema.extend({ prefillMs: number, decodeMs: number, tokens: count }),
  }),
  score: z.array(z.object({ answer: z.string(), logLikelihood: number, probability: number })),
  encode: encodeTimingsSchema,
  embed: embeddedImageSchema,
  match: z.array(z.object({ text: z.string(), itm: number, itc: number })),
  'embed-text': z.instanceof(Float32Array),
  read: z.object({
    width: count,
    height: count,
    lines: z.array(
      z.object({
        text: z.string(),
        confidence: number,
        corners,
      }),
    ),
    complete: z.boolean(),
    codes: z.array(z.object({ format: z.string(), text: z.string(), corners })),
  }),
}

const lookups = { hits: count, misses: count }

export const statsSchema: z.ZodType<ModelStats> = z.object({
  device: z.enum(PROVIDERS).exclude(['auto']).nullable(),
  queued: count,
  live: count,
  done: count,
  failed: count,
  refused: count,
  late: count,
  stages: z.record(z.enum(STAGES), z.object({ runs: count, rows: count, ms: number })),
  reading: z.object({ runs: count, ms: number }),
  caches: z.object({
    images: z.object({ ...lookups, bytes: count }),
    conversations: z.object({ ...lookups, positions: count, bytes: count }),
    prompts: z.object(lookups),
    texts: z.object(lookups),
  }),
})

export const stepSchema: z.ZodType<Step> = z.object({
  tokenId: count,
  text: z.string(),
  logprob: chosenLogprob.exactOptional(),
})

export const fromThreadSchema = z.discriminatedUnion('type', [
  /** The model is open. */
  z.object({ type: z.literal('ready'), card: modelCardSchema }),
  /** The model cannot be opened; the thread ends. */
  z.object({ type: z.literal('unusable'), error: plainErrorSchema }),
  z.object({ type: z.literal('stats'), stats: statsSchema }),
  z.object({ type: z.literal('step'), id, step: stepSchema }),
  /** How many requests go first. */
  z.object({ type: z.literal('position'), id, ahead: count }),
  /** `result` has the schema in resultSchemas of the request's kind. */
  z.object({ type: z.literal('result'), id, result: z.unknown() }),
  /** These pictures are not here: the request is to be sent again with their files. */
  z.object({ type: z.literal('missing'), id, keys: strings }),
  z.object({ type: z.literal('forgotten'), id }),
  z.object({ type: z.literal('cached'), id, entries: cachedImagesSchema }),
  z.object({ type: z.literal('error'), id, error: plainErrorSchema }),
  /** Nothing runs any more and the thread may end. */
  z.object({ type: z.literal('closed') }),
])
export type FromThread = z.infer<typeof fromThreadSchema>
