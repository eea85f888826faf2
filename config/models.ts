/** Finds model packages by name. */

import { existsSync } from 'node:fs'
import path from 'node:path'
import { isServed, withoutPassword } from './addresses.ts'
import { ConfigError } from './errors.ts'

/** The folder of the shipped and the downloaded packages. */
export const MODELS_FOLDER = path.join(import.meta.dirname, '..', 'models')

/** The shipped text reader. */
export const READER_FOLDER = path.join(MODELS_FOLDER, 'ocr')

/**
 * Finds the folder of a model package.
 *
 * - addresses of servers are no folder, and stay as they are;
 * - the names of shipped packages are these, whatever `modelsFolder` has;
 * - a name with a slash, or one that starts with a dot, is a path;
 * - any other name is a folder in `modelsFolder` if it is there, otherwise in `models/`.
 *
 * @param relativeTo base of relative paths.
 * @returns an absolute path, which may not exist.
 * @throws {ConfigError} if the name is the address of a queue.
 */
export function findModel(name: string, modelsFolder?: string, relativeTo = process.cwd()): string {
  if (isServed(name)) {
    return name
  }
  if (isQueue(name)) {
    throw new ConfigError([
      `SIGHTSEER_MODEL is the address ${withoutPassword(name)}. Only npm start takes one; name a model package here.`,
    ])
  }
  if (name.includes('/') || name.includes(path.sep) || name.startsWith('.')) {
    return path.resolve(relativeTo, name)
  }
  const shipped = path.join(MODELS_FOLDER, name)
  if (hasShippedName(name) && existsSync(shipped)) {
    return shipped
  }
  const own = modelsFolder && path.resolve(relativeTo, modelsFolder, name)
  return own && existsSync(own) ? own : shipped
}

/**
 * Whether a package of that name is Sightseer's own, where `models/` has it: `ocr`, `demo`, and every `demo-…`.
 * Which of them there are, the folder alone says.
 */
export function hasShippedName(name: string): boolean {
  return name === path.basename(READER_FOLDER) || hasDemoName(name)
}

function hasDemoName(name: string): boolean {
  return /^demo(-[a-z]+)?$/.test(name)
}

/** Whether a model is the address of a queue of workers instead of a package. */
export function isQueue(model: string): boolean {
  return /^rediss?:/.test(model)
}

/** Where the model runs: in the bot's process, behind a server's API, or behind a queue. */
export type ModelPlace = 'here' | 'server' | 'queue'

/** A model for messages: its name or folder, or its address without the password. */
export function shownModel(model: string): string {
  return isQueue(model) ? withoutPassword(model) : model
}

/** The command that makes the package of a model that knows photographs. */
export const PULL_COMMAND = 'npm run pull -- HuggingFaceTB/SmolVLM2-500M-Video-Instruct'
/** The setting with which the bot runs that model. */
export const MODEL_SETTING = 'SIGHTSEER_MODEL=SmolVLM2-500M-Video-Instruct'

/** The command that makes the package of a model that compares photographs with texts. */
export const PULL_MATCHER_COMMAND = 'npm run pull -- Salesforce/blip2-itm-vit-g'
/** The setting with which the bot runs that model beside its own. */
export const MATCHER_SETTING = 'SIGHTSEER_MATCHER=blip2-itm-vit-g'

/**
 * Names the matcher of the shipped models, which is used where no setting names one: all of them were trained on
 * the pictures that it knows.
 */
export function matcherBeside(model: string): string | undefined {
  return hasDemoName(model) ? 'demo-match' : undefined
}

/** How an operator gets a model that knows photographs: a queue's workers have the model. */
export function otherModel(model: string): string {
  return isQueue(model)
    ? `on each worker's machine ${PULL_COMMAND}, then its worker with ${MODEL_SETTING}`
    : `${PULL_COMMAND}, then ${MODEL_SETTING}`
}
