/**
 * Selects the files of a repository that a package is made from.
 *
 * Names come from a server, so only names on the list below and plain shard names are accepted:
 * none can point outside the download folder. Pickled weights are refused, since loading them runs
 * any code they contain.
 */

import { z } from 'zod'
import { ADAPTER_CONFIG, adapterOnHub } from '../convert/checkpoint/adapters.ts'
import { INDEX_FILE, SINGLE_FILE } from '../convert/checkpoint/checkpoint.ts'
import { OWN_FILE } from '../convert/make-card.ts'
import { ConfigError } from '../../config/errors.ts'
import type { RemoteFile, Repository } from './hub.ts'

export const CONFIG_FILE = 'config.json'

/** Small files that are downloaded where they exist; other files are ignored. */
const SMALL_FILES = new Set([
  CONFIG_FILE,
  'generation_config.json',
  'preprocessor_config.json',
  'processor_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'README.md',
  OWN_FILE,
])
/** A repository that lists a larger small file is refused. */
const MAX_SMALL_BYTES = 64 * 1024 * 1024
const PICKLE = /\.(?:bin|pt|pth|ckpt|pkl)$/

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) })

/** The files downloaded before the weights: enough to refuse a model that cannot be converted. */
export type FirstFiles = {
  readonly small: readonly RemoteFile[]
  /** The weights if they are one file; null if the index, one of the small files, lists shards. */
  readonly single: RemoteFile | null
}

/**
 * Selects the small files and the weights: a single file before an index, as transformers does.
 *
 * @throws {ConfigError} when there is no configuration or there are no safetensors weights.
 */
export function selectFirstFiles(repository: Repository): FirstFiles {
  const { id } = repository
  const byName = new Map(repository.files.map((file) => [file.name, file]))
  if (byName.has(ADAPTER_CONFIG)) {
    throw new ConfigError([adapterOnHub(id, byName.has(CONFIG_FILE))])
  }
  if (!byName.has(CONFIG_FILE)) {
    throw new ConfigError([`${id} has no ${CONFIG_FILE}: it is not a transformers model.`])
  }
  const single = byName.get(SINGLE_FILE) ?? null
  const index = byName.get(INDEX_FILE)
  if (single === null && index === undefined) {
    throw new ConfigError([noSafetensors(repository)])
  }
  const small = repository.files.filter((file) => SMALL_FILES.has(file.name))
  if (single === null && index !== undefined) {
    small.push(index)
  }
  for (const file of small) {
    if (file.bytes > MAX_SMALL_BYTES) {
      throw new ConfigError([`${id} says that its ${file.name} has ${file.bytes} bytes: too many.`])
    }
  }
  return { small, single }
}

/**
 * Selects the shards that an index lists.
 *
 * @param indexText the text of `model.safetensors.index.json`.
 * @throws {ConfigError} when the index is broken or lists a file that the repository lacks.
 */
export function selectShards(repository: Repository, indexText: string): readonly RemoteFile[] {
  const { id } = repository
  let json: unknown
  try {
    json = JSON.parse(indexText)
  } catch {
    json = undefined
  }
  const index = indexSchema.safeParse(json)
  if (!index.success) {
    throw new ConfigError([`The ${INDEX_FILE} of ${id} is not a list of shards.`])
  }
  const byName = new Map(repository.files.map((file) => [file.name, file]))
  const shards: RemoteFile[] = []
  const problems: string[] = []
  for (const name of new Set(Object.values(index.data.weight_map))) {
    const file = byName.get(name)
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*\.safetensors$/.test(name)) {
      problems.push(
        `The ${INDEX_FILE} of ${id} names ${JSON.stringify(name)}, not a plain file name.`,
      )
    } else if (file === undefined) {
      problems.push(`${id} has no ${name}, though its ${INDEX_FILE} names it.`)
    } else {
      shards.push(file)
    }
  }
  if (problems.length > 0) {
    throw new ConfigError(problems)
  }
  return shards
}

function noSafetensors({ id, files }: Repository): string {
  const pickles = files.filter((file) => PICKLE.test(file.name) && !file.name.includes('/'))
  if (pickles.length === 0) {
    return `${id} has no weights in safetensors (${SINGLE_FILE} or ${INDEX_FILE}).`
  }
  const named = pickles
    .slice(0, 3)
    .map((file) => JSON.stringify(file.name))
    .join(', ')
  return (
    `${id} has its weights only as pickle (${named}), which can run code when loaded, so Sightseer ` +
    'does not read it. Look for a revision with safetensors (--revision), or save the model once ' +
    'with transformers and use --from.'
  )
}
