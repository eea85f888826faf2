/**
 * Reads the small files of a checkpoint: `config.json` and what its family reads beside it, the
 * tokenizer, our own settings. They tell whether the checkpoint can be converted before any weight
 * is downloaded.
 */

import { statSync } from 'node:fs'
import { ConfigError } from '../../config/errors.ts'
import { familyOfCheckpoint } from '../families/index.ts'
import type { FamilyCheckpoint } from '../families/common/family.ts'
import { readJson } from '../families/common/read-json.ts'
import { refuseAdapter } from './checkpoint/adapters.ts'
import { readTokenizer } from './checkpoint/tokenizer-files.ts'
import { type OwnSettings, readOwnSettings } from './make-card.ts'

const CONFIG_FILE = 'config.json'

export type SmallFiles = {
  readonly model: FamilyCheckpoint
  /** Text of tokenizer.json. */
  readonly tokenizer: string
  readonly own: OwnSettings
}

/** @throws {ConfigError} if the folder is not one, or has a LoRA adapter instead of a whole model. */
export function requireCheckpoint(folder: string): void {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new ConfigError([`${folder} is not a folder.`])
  }
  refuseAdapter(folder)
}

/** @returns null if the checkpoint cannot be converted, with a sentence per reason in `problems`. */
export function readSmallFiles(folder: string, problems: string[]): SmallFiles | null {
  const before = problems.length
  const model = readModel(folder, problems)
  const tokenizer = readTokenizer(folder, model?.tokens ?? null, problems)
  const own = readOwnSettings(folder, model?.prompts ?? null, problems)
  return model === null || problems.length > before ? null : { model, tokenizer, own }
}

/** As `readSmallFiles`, but only `config.json` and what its family reads beside it. */
export function readModel(folder: string, problems: string[]): FamilyCheckpoint | null {
  const before = problems.length
  const config = readJson(folder, CONFIG_FILE, problems)
  if (config === null) {
    if (problems.length === before) {
      problems.push(`${folder} has no ${CONFIG_FILE}; it is not a Hugging Face checkpoint.`)
    }
    return null
  }
  return familyOfCheckpoint(config['model_type'], problems)?.read(folder, problems) ?? null
}
