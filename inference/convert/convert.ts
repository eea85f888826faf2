/**
 * Converts a Hugging Face checkpoint folder to a model package.
 *
 *     config, preprocessor, tokenizer, headers of the weights ─ checked, all problems at once
 *       -> the family's plans of its graphs (no weight read yet)
 *       -> calibrated with pictures, if there are any
 *       -> *.onnx, and *.onnx.data by several threads, a few rows at a time
 *       -> hashes, model.json, one rename
 *
 * Until the rename everything is in `<out>.partial`, which no reader opens as a package.
 */

import { existsSync, statSync } from 'node:fs'
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ConfigError } from '../../config/errors.ts'
import type { FamilyCheckpoint, FamilyPlan, Storages } from '../families/common/family.ts'
import type { Storage } from '../blocks/layers.ts'
import type { Scalings } from '../onnx/weight-plan.ts'
import type { BaseCard } from '../families/common/card-base.ts'
import { readLanguages, readLicense } from '../package/license.ts'
import { CARD_FILE, type ModelCard } from '../package/model-card.ts'
import type { Precision, VisionStorage } from '../blocks/precision.ts'
import { checkWeights } from './checkpoint/check-weights.ts'
import { openCheckpoint } from './checkpoint/checkpoint.ts'
import type { Checkpoint } from './checkpoint/checkpoint.ts'
import { sameTensor } from './checkpoint/same-tensor.ts'
import { TOKENIZER_FILE } from './tokenizers/tokenizer-files.ts'
import { type CalibrationFacts, makeCard, type OwnSettings } from './make-card.ts'
import { type CheckpointSource, findFolders } from './checkpoint/folders.ts'
import { folderOf, readModel, readSmallFiles, requireCheckpoint } from './small-files.ts'
import { UNSCALED } from './weights/scaling.ts'
import { ThreadPool } from './weights/thread-pool.ts'
import { bytesToRead, writeData } from './weights/write-data.ts'

/** `done` and `total` are bytes read: first of the checkpoint, then to hash the written files. */
export type ConvertProgress = {
  readonly phase: 'calibrate' | 'convert'
  readonly done: number
  readonly total: number
  /** The tensor, layer or file that the last bytes were of. */
  readonly what: string
}

export type ConvertOptions = {
  readonly precision: Precision
  /** How an int8 or int4 package holds the matrices of its vision tower. Default `w8a8`. */
  readonly vision?: VisionStorage | undefined
  /**
   * Picture files to calibrate the smoothing of a W8A8 vision tower: see calibration/calibrate.ts.
   * Each costs five runs of the tower, one of them in full precision. Default: no smoothing.
   */
  readonly calibrate?: readonly string[] | undefined
  /** The name on the card, unless sightseer.json gives one. */
  readonly name: string
  /** Where the checkpoint comes from, for the card; null if unknown. */
  readonly source: BaseCard['source'] | null
  readonly onProgress?: (progress: ConvertProgress) => void
  readonly signal?: AbortSignal
}

/** How each precision stores weights: the type of what stays floating point, and bits of the rest. */
const STORAGE: Readonly<Record<Precision, Storage>> = {
  fp32: { float: 'float32', bits: null },
  fp16: { float: 'float16', bits: null },
  int8: { float: 'float16', bits: 8 },
  int4: { float: 'float16', bits: 4 },
}

/** The vision tower runs on hundreds of rows at once; int8 matrices without blocks are fastest there. */
const DEFAULT_VISION: VisionStorage = 'w8a8'

/** Assumed size of a tokenizer.json that the conversion still has to build; with 50,000 tokens it has 2 MB. */
const TOKENIZER_BYTES = 4 * 1024 * 1024

/** `w8a8`: int8 weights and activations. `float`: not quantized. `block`: as the decoder. */
function visionStorage(storage: Storage, vision: VisionStorage): Storage {
  if (storage.bits === null || vision === 'block') {
    return storage
  }
  return vision === 'w8a8' ? { ...storage, perToken: true } : { ...storage, bits: null }
}

/** Whether the vision tower gets int8 weights and activations; only then it can be calibrated. */
export function isVisionW8A8(precision: Precision, vision: VisionStorage = DEFAULT_VISION) {
  return visionStorage(STORAGE[precision], vision).perToken === true
}

function storagesOf(precision: Precision, vision: VisionStorage = DEFAULT_VISION): Storages {
  const decoder = STORAGE[precision]
  const tower = visionStorage(decoder, vision)
  // All answers about a picture depend on the bridge's few output rows, so its matrices are never
  // quantized in blocks.
  return { vision: tower, bridge: { ...tower, bits: null }, decoder }
}

/** A checkpoint that passed all checks, and the plan of its graphs. */
type Prepared = {
  /** That has the weights. */
  readonly folder: string
  readonly checkpoint: Checkpoint
  readonly model: FamilyCheckpoint
  readonly tokenizers: Readonly<Record<string, string>>
  readonly own: OwnSettings
  readonly plan: FamilyPlan
}

/** A folder alone stands for a checkpoint that has everything in it. */
function sourceOf(from: string | CheckpointSource): CheckpointSource {
  return typeof from === 'string' ? { folder: from } : from
}

/**
 * Converts the checkpoint in `from` to a package in `out`, which must not exist.
 *
 * @throws {ConfigError} before any weight is read, with a sentence for each problem.
 */
export async function convertCheckpoint(
  from: string | CheckpointSource,
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
      license: await readLicense(prepared.folder),
      languages: await readLanguages(prepared.folder),
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
 * Estimates the size of the package on disk, in bytes, to a few kilobytes. Reads no weights.
 *
 * @throws {ConfigError} if config.json is missing or of an unsupported model.
 */
export function estimatePackageBytes(
  from: string | CheckpointSource,
  precision: Precision,
  vision?: VisionStorage,
): number {
  const problems: string[] = []
  const folders = findFolders(sourceOf(from))
  const model = readModel(folders, problems)
  if (model === null) {
    throw new ConfigError(problems)
  }
  const { graphs } = model.plan(null, storagesOf(precision, vision))
  const others = Object.values(model.tokenizers ?? {}).map(({ folder }) =>
    folderOf(folders, folder),
  )
  const tokenizers = [folders.tokenizer, ...others].map((folder) => {
    const file = path.join(folder, TOKENIZER_FILE)
    return existsSync(file) ? statSync(file).size : TOKENIZER_BYTES
  })
  return Object.values(graphs).reduce(
    (sum, graph) => sum + graph.dataBytes + graph.model.length,
    tokenizers.reduce((sum, bytes) => sum + bytes, 0),
  )
}

/** Checks the whole checkpoint. @throws {ConfigError} with a sentence for each problem. */
function prepare(
  from: string | CheckpointSource,
  precision: Precision,
  vision?: VisionStorage,
): Prepared {
  const folders = requireCheckpoint(sourceOf(from))
  const problems: string[] = []
  const small = readSmallFiles(folders, problems)
  const checkpoint = openCheckpoint(folders.weights, problems)
  if (small === null || problems.length > 0) {
    throw new ConfigError(problems)
  }
  const weights = {
    has: (tensor: string) => checkpoint.tensors.has(tensor),
    equal: (a: string, b: string) => sameTensor(checkpoint, a, b),
  }
  const plan = small.model.plan(weights, storagesOf(precision, vision))
  checkWeights(folders.weights, checkpoint, Object.values(plan.graphs))
  return { ...small, folder: folders.weights, checkpoint, plan }
}

/** Runs `use` with a pool of threads and closes the pool afterwards; an abort ends the threads. */
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

/** Calibrates the smoothing of the vision tower; null without pictures. */
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

/** Writes the tokenizers and all graphs. @returns size and sha256 of each file, for the card. */
async function writeFiles(
  pool: ThreadPool,
  folder: string,
  { checkpoint, plan, tokenizers }: Prepared,
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
  const names = Object.keys(tokenizers)
  const hashes = new Map<string, Promise<string | null>>()
  const hash = (name: string, bytes: number) => {
    const task = pool.run({ kind: 'hash', file: path.join(folder, name) })
    const finished = task.then((result) => (advance(bytes, name), result))
    finished.catch(() => undefined) // awaited below, unless something else fails first
    hashes.set(name, finished)
  }
  for (const [name, text] of Object.entries(tokenizers)) {
    await writeFile(path.join(folder, name), text)
    hash(name, 0)
  }
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
