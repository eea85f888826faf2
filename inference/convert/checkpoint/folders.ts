/**
 * Where the parts of a checkpoint are. Most have all in one folder; some repositories have the weights
 * in a subfolder, or no tokenizer.
 */

import { existsSync } from 'node:fs'
import path from 'node:path'
import { TOKENIZER_FILES } from '../tokenizers/tokenizer-files.ts'

const CONFIG_FILE = 'config.json'
/** Files with the settings of the image processor. */
const PREPROCESSING_FILES = ['processor_config.json', 'preprocessor_config.json'] as const

/** What a person says about a checkpoint; absolute paths. */
export type CheckpointSource = {
  readonly folder: string
  /** Folder in it that has the weights. */
  readonly subfolder?: string | undefined
  /** Folder that has the tokenizer; it also has the image processor's settings if nothing else does. */
  readonly tokenizer?: string | undefined
}

/** Folders by what is read from them. */
export type CheckpointFolders = {
  /** Weights, our own settings, README.md. */
  readonly weights: string
  readonly config: string
  readonly preprocessing: string
  readonly tokenizer: string
}

/** Looks into the subfolder first, then into the folder itself, then into the tokenizer's. */
export function findFolders({ folder, subfolder, tokenizer }: CheckpointSource): CheckpointFolders {
  const weights = subfolder === undefined ? folder : path.join(folder, subfolder)
  const own = [weights, folder]
  const first = (folders: readonly string[], files: readonly string[]) =>
    folders.find((one) => files.some((file) => existsSync(path.join(one, file)))) ?? weights
  return {
    weights,
    config: first(own, [CONFIG_FILE]),
    preprocessing: first(tokenizer === undefined ? own : [...own, tokenizer], PREPROCESSING_FILES),
    tokenizer: tokenizer ?? first(own, TOKENIZER_FILES),
  }
}
