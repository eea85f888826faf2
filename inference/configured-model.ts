/** Opens the model that the settings name: a package, or one on servers. */

import type { Config } from '../config/config.ts'
import { isServed } from '../config/addresses.ts'
import { findModel } from '../config/models.ts'
import type { Model } from './contract/types.ts'
import { openModel } from './model.ts'
import { openServedModel, type ServedOptions } from './served-model.ts'

export type ConfiguredOptions = Pick<ServedOptions, 'onHost' | 'task'> & {
  /** From the command line, in the place of the settings. */
  readonly model?: string | undefined
  readonly matcher?: string | undefined
  /** Base of relative paths. Default: the working directory. */
  readonly folder?: string | undefined
}

/** @throws {ConfigError} if it cannot be opened. */
export function openConfiguredModel(
  config: Config,
  { model: named, matcher = config.matcher, folder, ...options }: ConfiguredOptions = {},
): Promise<Model> {
  const { servers, threads, maxSequences, conversationBytes, imageCacheBytes, bot } = config
  const { provider, imageLimits, prepare } = config
  const place = (name: string) => findModel(name, config.modelsFolder, folder)
  const all: ServedOptions = {
    ...options,
    provider,
    reader: place(config.reader),
    imageLimits,
    prepare,
    ...(matcher !== undefined && { matcher: place(matcher) }),
    ...(threads !== undefined && { threads }),
    ...(bot.queue !== undefined && { queueLimit: bot.queue }),
    ...(maxSequences !== undefined && { maxSequences }),
    ...(conversationBytes !== undefined && { conversationBytes }),
    ...(imageCacheBytes !== undefined && { imageCacheBytes }),
  }
  return servers !== undefined && (named === undefined || isServed(named))
    ? openServedModel(servers, all)
    : openModel(place(named ?? config.model), all)
}
