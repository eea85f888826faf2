/** Opens a model that runs on servers: those of this program, or others with OpenAI's chat completions. */

import path from 'node:path'
import { ConfigError } from '../config/errors.ts'
import { MODELS_FOLDER } from '../config/models.ts'
import type { InferenceBackend } from './backends/backend.ts'
import { openRemote, type RemoteOptions } from './backends/remote/remote.ts'
import { openThread, WORKER_FILE } from './backends/thread.ts'
import type { Model } from './contract/types.ts'
import { createModel, engineOptionsOf, type OpenOptions, requireTask } from './model.ts'
import { readReaderCard } from './ocr/reader-card.ts'
import { openPackage } from './package/open-package.ts'

/** Where the model is, and how long a server may be silent. */
export type Servers = Pick<RemoteOptions, 'addresses' | 'model' | 'silenceMs'>

/** Of `OpenOptions` what is done on this machine all the same; the rest are settings of the servers. */
export type ServedOptions = OpenOptions & {
  /** Told when a server can be used or not, and of requests that failed there. */
  readonly onHost?: RemoteOptions['onEvent']
  /** Milliseconds between two looks at a server. Default 10 s. */
  readonly checkMs?: number
}

/**
 * Connects to the servers. What they lack runs on this machine: words are read here where the servers are
 * not this program's, and `matcher` is a package of this machine.
 *
 * @throws {ConfigError} with a sentence for each server if none can be used.
 */
export async function openServedModel(
  servers: Servers,
  options: ServedOptions = {},
): Promise<Model> {
  const engineOptions = engineOptionsOf(options)
  readReaderCard(engineOptions.reader) // it is opened when the first picture is read
  const open = (folder: string) =>
    openThread({ folder, options: engineOptions }, options.workerFile ?? WORKER_FILE)
  const beside = options.matcher === undefined ? null : await openPackage(options.matcher)
  if (beside !== null) {
    requireTask(beside.card, 'match')
  }
  const remote = await openRemote({
    ...servers,
    imageLimits: engineOptions.imageLimits,
    // The reader needs the engine's queue, decoder and cache, which come with a model: the smallest.
    openReader: () => open(path.join(MODELS_FOLDER, 'demo')),
    onEvent: options.onHost,
    checkMs: options.checkMs,
  })
  try {
    requireServed(remote, options)
    if (beside !== null) {
      return createModel(remote, { card: beside.card, backend: await open(beside.folder) })
    }
    const { matcher } = remote
    return createModel(remote, matcher && { card: matcher, backend: remote })
  } catch (error) {
    await remote.close()
    throw error
  }
}

function requireServed(
  { card, matcher }: InferenceBackend & { readonly matcher: unknown },
  { task = 'text', matcher: own }: ServedOptions,
): void {
  if (task === 'match' && matcher === null && own === undefined) {
    throw new ConfigError([
      `The servers of ${card.name} compare no pictures with texts; SIGHTSEER_MATCHER names a package that does.`,
    ])
  }
}
