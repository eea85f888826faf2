/**
 * Turns a Hugging Face BLIP-2 folder into a model package.
 *
 *     config, preprocessor, tokenizer, headers of the weights ─ checked, all problems at once
 *       -> plans of the three graphs (no weight read yet)
 *       -> calibrated with pictures, if there are any
 *       -> *.onnx, and *.onnx.data by several threads, a few rows at a time
 *       -> hashes, model.json, one rename
 *
 * Until the rename everything is in `<out>.partial`, which no one opens.
 */

import { existsSync, statSync } from 'node:fs'
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ConfigError } from '../../config/errors.ts'
import type { Blip2Config } from '../families/blip2/config.ts'
import { decoderGraph } from '../blocks/decoder/opt.ts'
import type { GraphPlan } from '../onnx/graph-builder.ts'
import type { Storage } from '../blocks/layers.ts'
import { qformerGraph } from '../blocks/bridge/qformer.ts'
import { visionGraph } from '../blocks/vision/eva-vit.ts'
import { CARD_FILE } from '../package/model-card.ts'
import type { ModelCard, Precision, VisionStorage } from '../package/model-card.ts'
import { checkWeights } from './checkpoint/check-weights.ts'
import { readLicense } from '../package/license.ts'
import { makeCard, readOwnSettings } from './make-card.ts'
import type { CalibrationFacts, OwnSettings } from './make-card.ts'
import { readConfig, resolveTies } from '../families/blip2/read-config.ts'
import { readPreprocessing } from '../families/blip2/preprocessing.ts'
import { openCheckpoint } from './checkpoint/safetensors.ts'
import type { Checkpoint } from './checkpoint/safetensors.ts'
import { sameTensor } from './checkpoint/same-tensor.ts'
import { SMOOTHED_MODULES } from './calibration/smoothing.ts'
import { UNSCALED } from './weights/scaling.ts'
import type { Scalings } from './weights/scaling.ts'
import { ThreadPool } from './weights/thread-pool.ts'
import { readTokenizer, TOKENIZER_FILE } from './checkpoint/tokenizer-files.ts'
import { bytesToRead, writeData } from './weights/write-data.ts'

/** `done` and `total` are bytes read, of the checkpoint and then for the hashes. */
export type ConvertProgress = {
  readonly phase: 'calibrate' | 'convert'
  readonly done: number
  readonly total: number
  readonly what: string
}

export type ConvertOptions = {
  readonly precision: Precision
  /** How an int8 or int4 package holds the matrices of its vision tower. Default `w8a8`. */
  readonly vision?: VisionStorage | undefined
  /**
   * Picture files to smooth a W8A8 image encoder with: see calibrate.ts. Each costs five runs of the
   * encoder, one of them in full precision. Default: it is not smoothed.
   */
  readonly calibrate?: readonly string[] | undefined
  readonly name: string
  readonly source: ModelCard['source'] | null
  readonly onProgress?: (progress: ConvertProgress) => void
  readonly signal?: AbortSignal
}

const STORAGE: Readonly<Record<Precision, Storage>> = {
  fp32: { float: 'float32', bits: null },
  fp16: { float: 'float16', bits: null },
  int8: { float: 'float16', bits: 8 },
  int4: { float: 'float16', bits: 4 },
}

/** The vision tower has hundreds of rows, for which whole int8 matrices are the fastest. */
const DEFAULT_VISION: VisionStorage = 'w8a8'

function visionStorage(storage: Storage, vision: VisionStorage): Storage {
  if (storage.bits === null || vision === 'block') {
    return storage
  }
  return vision === 'w8a8' ? { ...storage, perToken: true } : { ...storage, bits: null }
}

/** Whether a package's image encoder has int8 weights and activations: it can be calibrated. */
export function isVisionW8A8(precision: Precision, vision: VisionStorage = DEFAULT_VISION) {
  return visionStorage(STORAGE[precision], vision).perToken === true
}

/** Never in blocks: what is said of a picture hangs on its 32 rows. */
function qformerStorage(storage: Storage, vision: VisionStorage): Storage {
  return { ...visionStorage(storage, vision), bits: null }
}

type NamedPlan = { readonly name: string; readonly plan: GraphPlan }

/** Everything known once a checkpoint is found to be convertible. */
type Prepared = {
  readonly checkpoint: Checkpoint
  readonly model: Blip2Config
  readonly tokens: ModelCard['tokens']
  readonly preprocessing: ModelCard['preprocessing']
  readonly tokenizer: string
  readonly own: OwnSettings
  readonly plans: readonly NamedPlan[]
}

/**
 * Converts the checkpoint in `from` to a package in `out`, which must not exist.
 *
 * @throws {ConfigError} before any work, listing all that stands against it.
 */
export async function convertCheckpoint(
  from: string,
  out: string,
  options: ConvertOptions,
): Promise<ModelCard> {
  if (existsSync(out)) {
    throw new ConfigError([`${out} exists already.`])
  }
  const prepared = prepare(from, options.precision, options.vision)
  options.signal?.throwIfAborted()
  const partial = `${out}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true })
  try {
    const { files, calibration } = await withPool(options.signal, async (pool) => {
      const smoothed = await smooth(pool, partial, prepared, options)
      const scalings = smoothed?.scalings ?? UNSCALED
      const written = await writeFiles(pool, partial, prepared, scalings, options)
      return { files: written, calibration: smoothed?.facts ?? null }
    })
    const plans = prepared.plans.map(({ plan }) => plan)
    const facts = {
      ...prepared,
      ...options,
      vision: options.vision ?? DEFAULT_VISION,
      quantized: plans.reduce((sum, plan) => sum + plan.quantized, 0),
      kept: plans.reduce((sum, plan) => sum + plan.kept, 0),
      files,
      calibration,
    }
    const card = makeCard(facts, prepared.own, await readLicense(from))
    await writeFile(path.join(partial, CARD_FILE), `${JSON.stringify(card, null, 2)}\n`)
    options.signal?.throwIfAborted()
    await rename(partial, out)
    return card
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
}

/**
 * Bytes a package of this folder will take on disk, to a few kilobytes. Needs `config.json` only;
 * without weights beside it, logits are taken to be tied as the configuration says.
 *
 * @throws {ConfigError} if config.json is missing or not one we convert.
 */
export function estimatePackageBytes(
  from: string,
  precision: Precision,
  vision?: VisionStorage,
): number {
  const problems: string[] = []
  const config = readConfig(from, problems)
  if (config === null) {
    throw new ConfigError(problems)
  }
  const model = resolveTies(
    config,
    () => !config.tied,
    () => false,
  )
  const tokenizer = path.join(from, TOKENIZER_FILE)
  const plans = makePlans(model, precision, vision)
  return plans.reduce(
    (sum, { plan }) => sum + plan.dataBytes + plan.model.length,
    existsSync(tokenizer) ? statSync(tokenizer).size : 4 * 1024 * 1024,
  )
}

function prepare(from: string, precision: Precision, vision?: VisionStorage): Prepared {
  if (!existsSync(from) || !statSync(from).isDirectory()) {
    throw new ConfigError([`${from} is no folder.`])
  }
  const problems: string[] = []
  const config = readConfig(from, problems)
  const imageSize = config?.model.vision.imageSize
  const preprocessing =
    imageSize === undefined ? null : readPreprocessing(from, imageSize, problems)
  const tokenizer = readTokenizer(from, problems)
  const own = readOwnSettings(from, problems)
  const checkpoint = openCheckpoint(from, problems)
  if (config === null || preprocessing === null || problems.length > 0) {
    throw new ConfigError(problems)
  }
  const model = resolveTies(
    config,
    (tensor) => checkpoint.tensors.has(tensor),
    (a, b) => sameTensor(checkpoint, a, b),
  )
  const plans = makePlans(model, precision, vision)
  checkWeights(
    from,
    checkpoint,
    plans.map(({ plan }) => plan),
  )
  return { checkpoint, model, tokens: config.tokens, preprocessing, tokenizer, own, plans }
}

function makePlans(
  model: Blip2Config,
  precision: Precision,
  vision: VisionStorage = DEFAULT_VISION,
): NamedPlan[] {
  const storage = STORAGE[precision]
  return [
    { name: 'vision', plan: visionGraph(model.vision, visionStorage(storage, vision)) },
    { name: 'qformer', plan: qformerGraph(model, qformerStorage(storage, vision)) },
    { name: 'decoder', plan: decoderGraph(model, storage) },
  ]
}

/** Runs a conversion's threads for as long as they are used; an abort ends them. */
async function withPool<T>(
  signal: AbortSignal | undefined,
  use: (pool: ThreadPool) => Promise<T>,
): Promise<T> {
  const pool = new ThreadPool()
  const abort = () => void pool.close(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  try {
    return await use(pool)
  } finally {
    signal?.removeEventListener('abort', abort)
    await pool.close()
  }
}

/** Finds how to smooth the image encoder, where pictures for that were given. */
async function smooth(
  pool: ThreadPool,
  folder: string,
  { checkpoint, model, preprocessing }: Prepared,
  { precision, vision, calibrate: pictures, onProgress, signal }: ConvertOptions,
): Promise<{ scalings: Scalings; facts: CalibrationFacts } | null> {
  if (pictures === undefined) {
    return null
  }
  if (!isVisionW8A8(precision, vision)) {
    throw new RangeError(`expected a w8a8 image encoder to smooth, got ${precision}, ${vision}`)
  }
  const { calibrate } = await import('./calibration/calibrate.ts') // with ONNX Runtime
  const { scalings, alphas } = await calibrate({
    pool,
    checkpoint,
    config: model.vision,
    preprocessing,
    storage: visionStorage(STORAGE[precision], vision ?? DEFAULT_VISION),
    pictures,
    scratch: path.join(folder, 'calibration'),
    signal,
    onProgress: (progress) => onProgress?.({ phase: 'calibrate', ...progress }),
  })
  const facts = { pictures: pictures.length, modules: [...SMOOTHED_MODULES], alphas: [...alphas] }
  return { scalings, facts }
}

async function writeFiles(
  pool: ThreadPool,
  folder: string,
  { checkpoint, plans, tokenizer }: Prepared,
  scalings: Scalings,
  { onProgress }: ConvertOptions,
): Promise<ModelCard['files']> {
  const toRead = plans.reduce((sum, { plan }) => sum + bytesToRead(checkpoint, plan), 0)
  const total = toRead + plans.reduce((sum, { plan }) => sum + plan.dataBytes, 0)
  let done = 0
  const advance = (bytes: number, what: string) => {
    done += bytes
    onProgress?.({ phase: 'convert', done, total, what })
  }
  await writeFile(path.join(folder, TOKENIZER_FILE), tokenizer)
  const names = [TOKENIZER_FILE]
  const hashes = new Map<string, Promise<string | null>>()
  const hash = (name: string, bytes: number) => {
    const task = pool.run({ kind: 'hash', file: path.join(folder, name) })
    const finished = task.then((result) => (advance(bytes, name), result))
    finished.catch(() => undefined) // awaited below, unless something else fails first
    hashes.set(name, finished)
  }
  hash(TOKENIZER_FILE, 0)
  for (const { name, plan } of plans) {
    const model = `${name}.onnx`
    await writeFile(path.join(folder, model), plan.model)
    await writeData(pool, checkpoint, plan, path.join(folder, `${model}.data`), advance, scalings)
    hash(model, 0)
    hash(`${model}.data`, plan.dataBytes)
    names.push(model, `${model}.data`)
  }
  const files: ModelCard['files'] = {}
  for (const name of names) {
    const sha256 = (await hashes.get(name)) ?? ''
    files[name] = { bytes: (await stat(path.join(folder, name))).size, sha256 }
  }
  return files
}
