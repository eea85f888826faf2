/** Builds the bot: model, client, and the loopback Discord where there is no token. */

import { availableParallelism } from 'node:os'
import type { Client } from 'discord.js'
import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import { ConfigError } from '../config/errors.ts'
import { findModel } from '../config/models.ts'
import { openModel } from '../inference/model.ts'
import type { Model } from '../inference/types.ts'
import { type Sandbox, startSandbox } from '../sandbox/server.ts'
import { connect } from './client.ts'
import { dispatch } from './dispatch.ts'
import { type JobHandlers, Jobs } from './jobs.ts'
import { createPictureFetcher, DISCORD_CDN_ORIGINS } from './pictures.ts'
import { openStore } from './store.ts'
import type { Store } from './store-types.ts'

/** A running bot. */
export type Bot = {
  readonly client: Client<true>
  readonly model: Model
  /** The loopback Discord, if that is where it runs. */
  readonly sandbox: Sandbox | undefined
  /** Leaves Discord, ends the sandbox and the model. */
  close(): Promise<void>
}

/**
 * Starts everything.
 *
 * @throws {ConfigError} if the model cannot be opened, SANDBOX_PORT cannot be used, or Discord
 *   cannot be joined. Nothing is left running then.
 */
export async function startBot(config: Config, log: Logger): Promise<Bot> {
  const started: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const stop of started.splice(0).toReversed()) {
      await stop()
    }
  }
  try {
    const model = await openModel(findModel(config.model, config.modelsFolder), {
      threads: config.threads ?? availableParallelism(),
      imageLimits: config.imageLimits,
    })
    started.push(() => model.close())
    const sandbox =
      config.discordToken === undefined ? await openSandbox(config.sandboxPort ?? 0) : undefined
    if (sandbox) {
      started.push(() => sandbox.close())
    }
    const store = await openStore({ ...config.store, log })
    started.push(() => store.close())
    const jobs = new Jobs({ store, log })
    const client = await join(config, { model, sandbox, store, jobs, log })
    started.push(() => client.destroy())
    started.push(() => jobs.stop(config.bot.stopLimitMs))
    return { client, model, sandbox, close }
  } catch (error) {
    await close()
    throw error
  }
}

function openSandbox(port: number): Promise<Sandbox> {
  return startSandbox({ port }).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    const why = code === 'EADDRINUSE' ? 'is in use already' : `cannot be used (${code})`
    const problem = `Port ${port} ${why}; set another SANDBOX_PORT, or none for a free one.`
    throw new ConfigError([problem], { cause })
  })
}

type Parts = {
  readonly model: Model
  readonly sandbox: Sandbox | undefined
  readonly store: Store
  readonly jobs: Jobs
  readonly log: Logger
}

async function join(config: Config, parts: Parts): Promise<Client<true>> {
  const { sandbox, jobs, log } = parts
  const fetchPicture = createPictureFetcher({
    origins: sandbox ? [sandbox.cdn] : DISCORD_CDN_ORIGINS,
    maxBytes: config.imageLimits.maxBytes,
  })
  const { retentionMs } = config.bot
  let handlers: JobHandlers = {}
  const client = await connect({
    token: config.discordToken ?? sandbox?.token ?? '',
    api: sandbox?.api,
    log,
    listen: (fresh) => {
      handlers = dispatch(fresh, { ...parts, fetchPicture, retentionMs })
    },
  })
  await jobs.resume(handlers)
  return client
}
