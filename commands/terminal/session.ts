/** Opens the model a command was told to use, and closes it at the end whatever happens. */

import type { Config } from '../../config/config.ts'
import { findModel } from '../../config/models.ts'
import { openModel } from '../../inference/model.ts'
import type { Model } from '../../inference/contract/types.ts'
import { readSettings, typedFrom } from './environment.ts'

export type Session = {
  readonly model: Model
  readonly config: Config
  /** What the paths a person types start from. */
  readonly folder: string
  readonly signal: AbortSignal
}

/**
 * Opens the model for as long as `use` takes.
 *
 * @param command name of the npm script.
 * @param name of the model, or its folder; absent: that of the environment, else the demo.
 */
export async function withModel<T>(
  command: string,
  name: string | undefined,
  signal: AbortSignal,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const config = readSettings()
  const folder = typedFrom(command)
  const place = findModel(name ?? config.model, config.modelsFolder, folder)
  const opening = notice(`Opening ${name ?? config.model} …`) // seconds for a large model
  const model = await openModel(place, {
    provider: config.provider,
    imageLimits: config.imageLimits,
    ...(config.threads !== undefined && { threads: config.threads }),
  }).finally(opening.clear)
  try {
    signal.throwIfAborted()
    return await use({ model, config, folder, signal })
  } finally {
    await model.close()
  }
}

/** Shows a line while something takes its time; only to a person at a terminal. */
function notice(text: string): { readonly clear: () => void } {
  if (!process.stderr.isTTY) {
    return { clear: () => {} }
  }
  process.stderr.write(text)
  return {
    clear: () => {
      process.stderr.write('\r\u001b[2K')
    },
  }
}
