/**
 * Selects the files of a repository that a package is made from.
 *
 * Names come from a server, so only names on the list below and plain shard names are accepted:
 * none can point outside the download folder.
 */

import { z } from 'zod'
import { ADAPTER_CONFIG, adapterOnHub } from '../convert/checkpoint/adapters.ts'
import { WEIGHT_FORMATS } from '../convert/checkpoint/checkpoint.ts'
import { OWN_FILE } from '../convert/make-card.ts'
import { ConfigError } from '../../config/errors.ts'
import { TEMPLATE_FILES } from '../families/common/chat-template.ts'
import type { Family } from '../families/common/family.ts'
import { FAMILIES } from '../families/index.ts'
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
  ...TEMPLATE_FILES,
  'vocab.json',
  'vocab.txt',
  'merges.txt',
  'README.md',
  OWN_FILE,
])
/** Folders with further tokenizers, which some families have. */
const TOKENIZER_FOLDERS: readonly string[] = FAMILIES.flatMap(
  (family: Family) => family.tokenizerFolders ?? [],
)

/** A repository that lists a larger small file is refused. */
const MAX_SMALL_BYTES = 64 * 1024 * 1024

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) })

/** The files downloaded before the weights: enough to refuse a model that cannot be converted. */
export type FirstFiles = {
  readonly small: readonly RemoteFile[]
  readonly weights: { readonly single: RemoteFile } | ShardIndex
}

/** A small file that lists the files of the weights, and what their names end with. */
export type ShardIndex = { readonly index: string; readonly extension: string }

/**
 * Selects the small files and the weights: a single file before an index, as transformers does.
 *
 * @param subfolder folder that has the weights; what it lacks is taken from the root. Default: the root.
 * @throws {ConfigError} when there is no configuration or there are no weights.
 */
export function selectFirstFiles(repository: Repository, subfolder = ''): FirstFiles {
  const { id } = repository
  const prefix = subfolder === '' ? '' : `${subfolder}/`
  const byName = new Map(repository.files.map((file) => [file.name, file]))
  const has = (name: string) => byName.has(prefix + name) || byName.has(name)
  if (byName.has(prefix + ADAPTER_CONFIG)) {
    throw new ConfigError([adapterOnHub(id, has(CONFIG_FILE))])
  }
  if (!has(CONFIG_FILE)) {
    throw new ConfigError([`${id} has no ${CONFIG_FILE}: it is not a transformers model.`])
  }
  const weights = selectWeights(repository, byName, prefix)
  const folders = [
    '',
    prefix,
    ...TOKENIZER_FOLDERS.flatMap((one) => [`${one}/`, `${prefix}${one}/`]),
  ]
  const small = repository.files.filter(({ name }) =>
    folders.some((folder) => name.startsWith(folder) && SMALL_FILES.has(name.slice(folder.length))),
  )
  const index = 'index' in weights ? byName.get(weights.index) : undefined
  if (index !== undefined) {
    small.push(index)
  }
  for (const file of small) {
    if (file.bytes > MAX_SMALL_BYTES) {
      throw new ConfigError([`${id} says that its ${file.name} has ${file.bytes} bytes: too many.`])
    }
  }
  return { small, weights }
}

function selectWeights(
  { id }: Repository,
  byName: ReadonlyMap<string, RemoteFile>,
  prefix: string,
): FirstFiles['weights'] {
  for (const { single, index, extension } of WEIGHT_FORMATS) {
    const file = byName.get(prefix + single)
    if (file !== undefined) {
      return { single: file }
    }
    if (byName.has(prefix + index)) {
      return { index: prefix + index, extension }
    }
  }
  const names = WEIGHT_FORMATS.flatMap(({ single, index }) => [single, index]).join(', ')
  throw new ConfigError([
    `${id} has no weights: none of ${names} is in ${prefix === '' ? 'its root folder (--subfolder NAME looks into another)' : prefix}.`,
  ])
}

/**
 * Selects the shards that an index lists.
 *
 * @param indexText the text of the index.
 * @throws {ConfigError} when the index is broken or lists a file that the repository lacks.
 */
export function selectShards(
  repository: Repository,
  { index: indexName, extension }: ShardIndex,
  indexText: string,
): readonly RemoteFile[] {
  const { id } = repository
  let json: unknown
  try {
    json = JSON.parse(indexText)
  } catch {
    json = undefined
  }
  const index = indexSchema.safeParse(json)
  if (!index.success) {
    throw new ConfigError([`The ${indexName} of ${id} is not a list of shards.`])
  }
  const byName = new Map(repository.files.map((file) => [file.name, file]))
  const shards: RemoteFile[] = []
  const problems: string[] = []
  for (const name of new Set(Object.values(index.data.weight_map))) {
    const file = byName.get(indexName.slice(0, indexName.lastIndexOf('/') + 1) + name)
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) || !name.endsWith(extension)) {
      problems.push(
        `The ${indexName} of ${id} names ${JSON.stringify(name)}, not a plain file name.`,
      )
    } else if (file === undefined) {
      problems.push(`${id} has no ${name}, though its ${indexName} names it.`)
    } else {
      shards.push(file)
    }
  }
  if (problems.length > 0) {
    throw new ConfigError(problems)
  }
  return shards
}
