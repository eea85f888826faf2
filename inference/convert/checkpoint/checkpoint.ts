/**
 * Opens the weights of a checkpoint folder: finds the files, and reads where each tensor is in them.
 * Tensors stay on the disk; chunk.ts reads their rows.
 *
 * The order in which files are looked for is that of transformers 5.18, modeling_utils.py,
 * `_get_resolved_checkpoint_files`: one file before an index.
 */

import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { ConfigError } from '../../../config/errors.ts'
import { isObject, readJson } from '../../families/common/read-json.ts'
import { readSafetensors } from './safetensors.ts'
import type { StoredTensor } from './stored-tensor.ts'

export type Checkpoint = {
  /** Files that hold tensors, absolute. */
  readonly files: readonly string[]
  readonly tensors: ReadonlyMap<string, StoredTensor>
}

export const SINGLE_FILE = 'model.safetensors'
export const INDEX_FILE = 'model.safetensors.index.json'
const PICKLED = ['pytorch_model.bin', 'pytorch_model.bin.index.json']

/**
 * Reads the headers of all weight files of a folder.
 *
 * @param problems gets a sentence for each file that is missing, truncated or broken.
 */
export function openCheckpoint(folder: string, problems: string[]): Checkpoint {
  const tensors = new Map<string, StoredTensor>()
  const files = collect(problems, () => checkpointFiles(folder)) ?? []
  for (const file of files) {
    for (const [name, tensor] of collect(problems, () => readSafetensors(file)) ?? []) {
      tensors.set(name, tensor)
    }
  }
  return { files, tensors }
}

function collect<T>(problems: string[], read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error
    }
    problems.push(...error.problems)
    return null
  }
}

function checkpointFiles(folder: string): string[] {
  const single = path.join(folder, SINGLE_FILE)
  if (existsSync(single)) {
    return requireFiles([single])
  }
  const index = path.join(folder, INDEX_FILE)
  if (existsSync(index)) {
    return requireFiles(shardFiles(folder, index))
  }
  const pickled = PICKLED.find((name) => existsSync(path.join(folder, name)))
  throw new ConfigError([
    pickled === undefined
      ? `${folder} has no weights: neither ${SINGLE_FILE} nor ${INDEX_FILE} is there.`
      : `${folder} has its weights in ${pickled}, a format that can run code; only safetensors are read.`,
  ])
}

function shardFiles(folder: string, index: string): string[] {
  const problems: string[] = []
  const map = readJson(folder, INDEX_FILE, problems)?.['weight_map']
  if (problems.length > 0 || !isObject(map)) {
    throw new ConfigError(problems.length > 0 ? problems : [`${index} has no weight_map.`])
  }
  const names = [...new Set(Object.values(map).map(String))].sort()
  const foreign = names.filter(
    (name) => path.basename(name) !== name || !name.endsWith('.safetensors'),
  )
  if (foreign.length > 0) {
    throw new ConfigError(
      foreign.map((name) => `${index} names ${name}, which is not a shard in this folder.`),
    )
  }
  const absent = names.filter((name) => !existsSync(path.join(folder, name)))
  if (absent.length > 0) {
    throw new ConfigError(absent.map((name) => `${folder} lacks the shard ${name}.`))
  }
  return names.map((name) => path.join(folder, name))
}

function requireFiles(files: string[]): string[] {
  const others = files.filter((file) => !statSync(file).isFile())
  if (others.length > 0) {
    throw new ConfigError(others.map((file) => `${file} is not a file.`))
  }
  return files
}
