/**
 * The full-size work of the benchmarks: a checkpoint of random weights in the shapes of
 * blip2-opt-2.7b (or of blip2-flan-t5-xl) and packages of it, generated here and kept in a working folder. The weights are
 * random, so only the speed means anything.
 */

import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { ConfigError } from '../../config/errors.ts'
import { convertCheckpoint } from '../../inference/convert/convert.ts'
import { PROVIDERS } from '../../config/environment.ts'
import type { Provider } from '../../inference/runtime/device.ts'
import { PRECISIONS, type Precision, type VisionStorage } from '../../inference/blocks/precision.ts'
import { preparePackage } from '../../inference/package/prepare.ts'
import {
  SYNTHETIC_MODELS,
  type SyntheticModel,
  writeSyntheticCheckpoint,
} from '../synthetic/checkpoint.ts'

/** Options that every benchmark of full size takes. */
export const FULL_SIZE_OPTIONS = {
  work: { type: 'string', default: path.join(tmpdir(), 'sightseer-full-size') },
  precision: { type: 'string', default: 'int4' },
  rounds: { type: 'string', default: '5' },
} as const

/** Options of those that can run on a device too, with a package to fit it. */
export const DEVICE_OPTIONS = { provider: { type: 'string', default: 'cpu' } } as const

/** Of those that measure more than one model. */
export const MODEL_OPTIONS = { model: { type: 'string', default: 'blip2-opt-2.7b' } } as const

/** @throws {Error} naming the models that there are. */
export function syntheticModel(name: string): SyntheticModel {
  const model = SYNTHETIC_MODELS.find((known) => known === name)
  if (model === undefined) {
    throw new ConfigError([
      `There is no model ${name} to measure; known are ${SYNTHETIC_MODELS.join(', ')}.`,
    ])
  }
  return model
}

/** @returns the package and where to open it; prepared where it runs on the CPU. */
export async function fullSizeOn(values: {
  readonly work: string
  readonly precision: string
  readonly provider: string
  readonly model?: SyntheticModel
}): Promise<{ folder: string; precision: Precision; provider: Provider }> {
  const precision = PRECISIONS.find((known) => known === values.precision) ?? 'int4'
  const provider = PROVIDERS.find((known) => known === values.provider) ?? 'cpu'
  const { model } = values
  const prepare = provider === 'cpu'
  const folder = await fullSizePackage(values.work, precision, { prepare, ...(model && { model }) })
  return { folder, precision, provider }
}

/** Generated ids of a description, the first by the prompt's run and 20 by steps. */
export const TOKENS = 21

/** How a description of `TOKENS` is asked for: plain greedy, and no stopping early. */
export const GREEDY = {
  prompt: '',
  beams: 1,
  maxNewTokens: TOKENS,
  minNewTokens: TOKENS,
} as const

/** Where the files of a model are: each but the first has a folder of its own. */
function folderOf(work: string, model: SyntheticModel): string {
  return model === 'blip2-opt-2.7b' ? work : path.join(work, model)
}

/** @returns the folder of the checkpoint, about 8 GB or 16 in F32, made if missing. */
export async function fullSizeCheckpoint(
  work: string,
  dtype: 'F16' | 'F32' = 'F16',
  model: SyntheticModel = 'blip2-opt-2.7b',
): Promise<string> {
  const folder = path.join(folderOf(work, model), dtype === 'F16' ? 'checkpoint' : 'checkpoint-f32')
  if (!existsSync(folder)) {
    note(`writing a checkpoint of random weights in ${dtype} …`)
    const partial = `${folder}.partial`
    await rm(partial, { recursive: true, force: true })
    await mkdir(partial, { recursive: true })
    writeSyntheticCheckpoint(partial, { dtype, model })
    await rename(partial, folder)
  }
  return folder
}

/**
 * A package that other code made is made again: it would measure code that no longer exists.
 *
 * @returns the folder of a package of the checkpoint, made and prepared if missing.
 */
export async function fullSizePackage(
  work: string,
  precision: Precision,
  {
    vision,
    prepare = true,
    model = 'blip2-opt-2.7b',
  }: {
    readonly vision?: VisionStorage
    readonly prepare?: boolean
    readonly model?: SyntheticModel
  } = {},
): Promise<string> {
  const folder = path.join(
    folderOf(work, model),
    vision === undefined ? precision : `${precision}-${vision}`,
  )
  const maker = `${folder}.made-by`
  const code = hashOfCode()
  if (!existsSync(folder) || !existsSync(maker) || readFileSync(maker, 'utf8') !== code) {
    const checkpoint = await fullSizeCheckpoint(work, 'F16', model)
    await rm(folder, { recursive: true, force: true })
    note(`converting it to ${path.basename(folder)} …`)
    const name = `synthetic ${model}`
    await convertCheckpoint(checkpoint, folder, { precision, vision, name, source: null })
    await writeFile(maker, code)
  }
  if (prepare) {
    note('preparing the package for this machine, unless it is …')
    await preparePackage(folder)
  }
  return folder
}

/** Of all that decides what is in a package. */
function hashOfCode(): string {
  const folder = path.join(import.meta.dirname, '..', '..', 'inference')
  const hash = createHash('sha256')
  for (const name of globSync('{blocks,convert,families,onnx,package}/**/*.ts', {
    cwd: folder,
  }).toSorted()) {
    hash.update(readFileSync(path.join(folder, name)))
  }
  return hash.digest('hex')
}

/** Links to the files of a package in a new folder, with nothing prepared in it. */
export async function withoutPrepared(
  folder: string,
): Promise<{ readonly folder: string; readonly remove: () => Promise<void> }> {
  const plain = await mkdtemp(`${folder}.plain-`)
  for (const name of globSync('*.*', { cwd: folder })) {
    await symlink(path.join(folder, name), path.join(plain, name))
  }
  return { folder: plain, remove: () => rm(plain, { recursive: true }) }
}

/** A PNG of noise, the same every time: the hardest picture to decode of its size. */
export async function noisePicture(width = 640, height = 480, seed = 1): Promise<Uint8Array> {
  const data = new Uint8Array(width * height * 3)
  let state = seed
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    data[i] = state >>> 24
  }
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer()
}

export function note(text: string): void {
  process.stderr.write(`${text}\n`)
}
