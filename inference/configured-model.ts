/** Opens the model that the settings name: a package, or one on servers. */

import type { Config } from '../config/config.ts'
import { isServed } from '../config/addresses.ts'
import { findModel } from '../config/models.ts'
import type { Model } from './contract/types.ts'
import { openBackends, type OpenBackends, openModel } from './model.ts'
import type { ServedOptions } from './served-model.ts'

export type ConfiguredOptions = Pick<ServedOptions, 'onHost' | 'task'> & {
  /** From the command line, in the place of the settings. */
  readonly model?: string | undefined
  readonly matcher?: string | undefined
  /** Base of relative paths. Default: the working directory. */
  readonly folder?: string | undefined
}

/** @throws {ConfigError} if it cannot be opened. */
export async function openConfiguredModel(
  config: Config,
  configured: ConfiguredOptions = {},
): Promise<Model> {
  const { servers } = config
  const { model: named } = configured
  const { folder, options } = packageOf(config, configured)
  if (servers === undefined || (named !== undefined && !isServed(named))) {
    return openModel(folder, options)
  }
  const { openServedModel } = await import('./served-model.ts') // with an HTTP client, which few need
  return openServedModel(servers, options)
}

/** As `openConfiguredModel`, for a caller that sends the requests itself; a package only. */
export function openConfiguredBackends(config: Config): Promise<OpenBackends> {
  const { folder, options } = packageOf(config, {})
  return openBackends(folder, options)
}

function packageOf(
  config: Config,
  { model: named, matcher = config.matcher, folder, ...options }: ConfiguredOptions,
): { folder: string; options: ServedOptions } {
  const { threads, maxSequences, conversationBytes, imageCacheBytes, bot } = config
  const { provider, imageLimits, prepare } = config
  const place = (name: string) => findModel(name, config.modelsFolder, folder)
  return {
    folder: place(named ?? config.model),
    options: {
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
    },
  }
}
