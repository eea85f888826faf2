/**
 * Reads the small files of a checkpoint: `config.json` and what its family reads beside it, the
 * tokenizer, our own settings. They tell whether the checkpoint can be converted before any weight
 * is downloaded.
 */

import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { ConfigError } from '../../config/errors.ts'
import { familyOfCheckpoint } from '../families/index.ts'
import type { FamilyCheckpoint } from '../families/common/family.ts'
import { readJson } from '../families/common/read-json.ts'
import { type CheckpointFolders, type CheckpointSource, findFolders } from './checkpoint/folders.ts'
import { refuseAdapter } from './checkpoint/adapters.ts'
import { readTokenizer, TOKENIZER_FILE } from './tokenizers/tokenizer-files.ts'
import { type OwnSettings, readOwnSettings } from './make-card.ts'

const CONFIG_FILE = 'config.json'

export type SmallFiles = {
  readonly model: FamilyCheckpoint
  /** Texts of the tokenizers, by their files in the package. */
  readonly tokenizers: Readonly<Record<string, string>>
  readonly own: OwnSettings
}

/**
 * Finds the folders of a checkpoint.
 *
 * @throws {ConfigError} if one does not exist, or has a LoRA adapter instead of a whole model.
 */
export function requireCheckpoint(source: CheckpointSource): CheckpointFolders {
  const folders = findFolders(source)
  for (const folder of [source.folder, folders.weights, folders.tokenizer]) {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
      throw new ConfigError([`${folder} is not a folder.`])
    }
  }
  refuseAdapter(folders.weights)
  return folders
}

/** @returns null if the checkpoint cannot be converted, with a sentence per reason in `problems`. */
export function readSmallFiles(folders: CheckpointFolders, problems: string[]): SmallFiles | null {
  const before = problems.length
  const model = readModel(folders, problems)
  const tokenizers: Record<string, string> = {
    [TOKENIZER_FILE]: readTokenizer(folders.tokenizer, model?.tokens ?? null, problems),
  }
  for (const [file, { folder, vocabSize }] of Object.entries(model?.tokenizers ?? {})) {
    tokenizers[file] = readTokenizer(folderOf(folders, folder), { vocabSize }, problems)
  }
  const own = readOwnSettings(folders.weights, model?.prompts ?? null, problems)
  return model === null || problems.length > before ? null : { model, tokenizers, own }
}

/** A folder beside the main tokenizer, or in the checkpoint. */
export function folderOf({ tokenizer, weights, config }: CheckpointFolders, name: string): string {
  const places = [tokenizer, weights, config].map((folder) => path.join(folder, name))
  return places.find((folder) => existsSync(folder)) ?? path.join(weights, name)
}

/** As `readSmallFiles`, but only `config.json` and what its family reads beside it. */
export function readModel(folders: CheckpointFolders, problems: string[]): FamilyCheckpoint | null {
  const before = problems.length
  const config = readJson(folders.config, CONFIG_FILE, problems)
  if (config === null) {
    if (problems.length === before) {
      problems.push(`${folders.config} has no ${CONFIG_FILE}; it is not a Hugging Face checkpoint.`)
    }
    return null
  }
  return familyOfCheckpoint(config, problems)?.read(folders, problems) ?? null
}
