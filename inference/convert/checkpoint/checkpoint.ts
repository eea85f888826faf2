/**
 * Opens the weights of a checkpoint folder: finds the files, and reads where each tensor is in them.
 * Tensors stay on the disk; chunk.ts reads their rows.
 *
 * The order in which files are looked for is that of transformers 5.18, modeling_utils.py,
 * `_get_resolved_checkpoint_files`: one file before an index.
 */

import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { collectProblems, ConfigError } from '../../../config/errors.ts'
import { isObject, readJson } from '../../families/common/read-json.ts'
import { readSafetensors } from './safetensors.ts'
import type { StoredTensor } from './stored-tensor.ts'
import { readTorchFile } from './torch-file.ts'

export type Checkpoint = {
  /** Files that hold tensors, absolute. */
  readonly files: readonly string[]
  readonly tensors: ReadonlyMap<string, StoredTensor>
}

/** The files of weights, in the order in which they are looked for. */
export const WEIGHT_FORMATS = [
  { single: 'model.safetensors', index: 'model.safetensors.index.json', extension: '.safetensors' },
  { single: 'pytorch_model.bin', index: 'pytorch_model.bin.index.json', extension: '.bin' },
] as const

/**
 * Reads the headers of all weight files of a folder.
 *
 * @param problems gets a sentence for each file that is missing, truncated or broken.
 */
export function openCheckpoint(folder: string, problems: string[]): Checkpoint {
  const tensors = new Map<string, StoredTensor>()
  const files = collectProblems(problems, () => checkpointFiles(folder)) ?? []
  for (const file of files) {
    const read = file.endsWith('.bin') ? readTorchFile : readSafetensors
    for (const [name, tensor] of collectProblems(problems, () => read(file)) ?? []) {
      tensors.set(name, tensor)
    }
  }
  return { files, tensors }
}

function checkpointFiles(folder: string): string[] {
  for (const { single, index, extension } of WEIGHT_FORMATS) {
    if (existsSync(path.join(folder, single))) {
      return requireFiles([path.join(folder, single)])
    }
    if (existsSync(path.join(folder, index))) {
      return requireFiles(shardFiles(folder, index, extension))
    }
  }
  const names = WEIGHT_FORMATS.flatMap(({ single, index }) => [single, index])
  throw new ConfigError([`${folder} has no weights: none of ${names.join(', ')} is there.`])
}

function shardFiles(folder: string, indexName: string, extension: string): string[] {
  const index = path.join(folder, indexName)
  const problems: string[] = []
  const map = readJson(folder, indexName, problems)?.['weight_map']
  if (problems.length > 0 || !isObject(map)) {
    throw new ConfigError(problems.length > 0 ? problems : [`${index} has no weight_map.`])
  }
  const names = [...new Set(Object.values(map).map(String))].sort()
  const foreign = names.filter((name) => path.basename(name) !== name || !name.endsWith(extension))
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
