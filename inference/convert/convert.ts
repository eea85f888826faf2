/**
 * Turns a Hugging Face folder into a model package.
 *
 *     config, preprocessor, tokenizer, headers of the weights ─ checked, all problems at once
 *       -> the family's plans of its graphs (no weight read yet)
 *       -> calibrated with pictures, if there are any
 *       -> *.onnx, and *.onnx.data by several threads, a few rows at a time
 *       -> hashes, model.json, one rename
 *
 * Until the rename everything is in `<out>.partial`, which is not opened as a package.
 */

import { existsSync, statSync } from 'node:fs'
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ConfigError } from '../../config/errors.ts'
import type { FamilyCheckpoint, FamilyPlan, Storages } from '../families/family.ts'
import type { Storage } from '../blocks/layers.ts'
import type { Scalings } from '../onnx/weight-plan.ts'
import type { BaseCard } from '../families/card-base.ts'
import { readLicense } from '../package/license.ts'
import { CARD_FILE, type ModelCard } from '../package/model-card.ts'
import type { Precision, VisionStorage } from '../blocks/precision.ts'
import { checkWeights } from './checkpoint/check-weights.ts'
import { openCheckpoint } from './checkpoint/safetensors.ts'
import type { Checkpoint } from './checkpoint/safetensors.ts'
import { sameTensor } from './checkpoint/same-tensor.ts'
import { TOKENIZER_FILE } from './checkpoint/tokenizer-files.ts'
import { type CalibrationFacts, makeCard, type OwnSettings } from './make-card.ts'
import { readModel, readSmallFiles } from './small-files.ts'
import { UNSCALED } from './weights/scaling.ts'
import { ThreadPool } from './weights/thread-pool.ts'
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
   * Picture files to smooth a W8A8 vision tower with: see calibration/calibrate.ts. Each costs five
   * runs of the tower, one of them in full precision. Default: it is not smoothed.
   */
  readonly calibrate?: readonly string[] | undefined
  readonly name: string
  readonly source: BaseCard['source'] | null
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

/** Whether a package's vision tower has int8 weights and activations: it can be calibrated. */
export function isVisionW8A8(precision: Precision, vision: VisionStorage = DEFAULT_VISION) {
  return visionStorage(STORAGE[precision], vision).perToken === true
}

function storagesOf(precision: Precision, vision: VisionStorage = DEFAULT_VISION): Storages {
  const decoder = STORAGE[precision]
  const tower = visionStorage(decoder, vision)
  // Everything that is said about a picture depends on the few rows of a bridge: it is never stored
  // in blocks.
  return { vision: tower, bridge: { ...tower, bits: null }, decoder }
}

/** Everything known once a checkpoint is known to be convertible. */
type Prepared = {
  readonly checkpoint: Checkpoint
  readonly model: FamilyCheckpoint
  readonly tokenizer: string
  readonly own: OwnSettings
  readonly plan: FamilyPlan
}

/**
 * Converts the checkpoint in `from` to a package in `out`, which must not exist.
 *
 * @throws {ConfigError} before any work, with a sentence for everything that prevents it.
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
    const card = makeCard({
      ...prepared,
      ...options,
      vision: options.vision ?? DEFAULT_VISION,
      license: await readLicense(from),
      files,
      calibration,
    })
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
 * Bytes a package of this folder will take on disk, to a few kilobytes. Needs no weights.
 *
 * @throws {ConfigError} if config.json is missing or not one we convert.
 */
export function estimatePackageBytes(
  from: string,
  precision: Precision,
  vision?: VisionStorage,
): number {
  const problems: string[] = []
  const model = readModel(from, problems)
  if (model === null) {
    throw new ConfigError(problems)
  }
  const { graphs } = model.plan(null, storagesOf(precision, vision))
  const tokenizer = path.join(from, TOKENIZER_FILE)
  return Object.values(graphs).reduce(
    (sum, graph) => sum + graph.dataBytes + graph.model.length,
    existsSync(tokenizer) ? statSync(tokenizer).size : 4 * 1024 * 1024,
  )
}

function prepare(from: string, precision: Precision, vision?: VisionStorage): Prepared {
  if (!existsSync(from) || !statSync(from).isDirectory()) {
    throw new ConfigError([`${from} is not a folder.`])
  }
  const problems: string[] = []
  const small = readSmallFiles(from, problems)
  const checkpoint = openCheckpoint(from, problems)
  if (small === null || problems.length > 0) {
    throw new ConfigError(problems)
  }
  const weights = {
    has: (tensor: string) => checkpoint.tensors.has(tensor),
    equal: (a: string, b: string) => sameTensor(checkpoint, a, b),
  }
  const plan = small.model.plan(weights, storagesOf(precision, vision))
  checkWeights(from, checkpoint, Object.values(plan.graphs))
  return { ...small, checkpoint, plan }
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

/** Finds how to smooth the vision tower, where pictures for that were given. */
async function smooth(
  pool: ThreadPool,
  folder: string,
  { checkpoint, plan }: Prepared,
  { precision, vision, calibrate: pictures, onProgress, signal }: ConvertOptions,
): Promise<{ scalings: Scalings; facts: CalibrationFacts } | null> {
  if (pictures === undefined) {
    return null
  }
  if (!isVisionW8A8(precision, vision)) {
    throw new RangeError(`expected a w8a8 vision tower to smooth, got ${precision}, ${vision}`)
  }
  const { calibrate } = await import('./calibration/calibrate.ts') // with ONNX Runtime
  const { scalings, alphas } = await calibrate({
    pool,
    checkpoint,
    ...plan.calibration,
    storage: storagesOf(precision, vision).vision,
    pictures,
    scratch: path.join(folder, 'calibration'),
    signal,
    onProgress: (progress) => onProgress?.({ phase: 'calibrate', ...progress }),
  })
  const modules = [...plan.calibration.tower.smoothed]
  const facts = { pictures: pictures.length, modules, alphas: [...alphas] }
  return { scalings, facts }
}

async function writeFiles(
  pool: ThreadPool,
  folder: string,
  { checkpoint, plan, tokenizer }: Prepared,
  scalings: Scalings,
  { onProgress }: ConvertOptions,
): Promise<BaseCard['files']> {
  const graphs = Object.entries(plan.graphs)
  const toRead = graphs.reduce((sum, [, graph]) => sum + bytesToRead(checkpoint, graph), 0)
  const total = toRead + graphs.reduce((sum, [, graph]) => sum + graph.dataBytes, 0)
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
  for (const [name, graph] of graphs) {
    const file = `${name}.onnx`
    await writeFile(path.join(folder, file), graph.model)
    await writeData(pool, checkpoint, graph, path.join(folder, `${file}.data`), advance, scalings)
    hash(file, 0)
    hash(`${file}.data`, graph.dataBytes)
    names.push(file, `${file}.data`)
  }
  const files: BaseCard['files'] = {}
  for (const name of names) {
    const sha256 = (await hashes.get(name)) ?? ''
    files[name] = { bytes: (await stat(path.join(folder, name))).size, sha256 }
  }
  return files
}
