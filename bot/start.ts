/** Builds the bot: store, model, client, and the loopback Discord where there is no token. */

import { availableParallelism } from 'node:os'
import { type Client, Status } from 'discord.js'
import type { Logger } from 'pino'
import type { Sandbox } from 'loopback-discord'
import type { PictureLink } from '../commands/command.ts'
import type { Config } from '../config/config.ts'
import { findModel } from '../config/models.ts'
import { openModel } from '../inference/model.ts'
import { openPackage } from '../inference/package/open-package.ts'
import type { Model } from '../inference/types.ts'
import { connect, leave } from './client.ts'
import { detached } from './detached.ts'
import { dispatch, type Dispatched } from './dispatch.ts'
import { type Check, type HealthServer, serveHealth } from './health.ts'
import { Jobs } from './jobs.ts'
import { lateModel, type LateModel } from './late-model.ts'
import { openSandbox } from './loopback.ts'
import { meter } from './metered-model.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import {
  createPictureFetcher,
  DISCORD_CDN_ORIGINS,
  type PictureFetcher,
  type PictureSource,
} from './pictures/download.ts'
import { PendingRequests } from './pending-requests.ts'
import { openStore } from './store.ts'
import type { Store } from './store-types.ts'

/** A running bot. */
export type Bot = {
  readonly client: Client<true>
  readonly model: Model
  readonly store: Store
  /** The loopback Discord, if that is where it runs. */
  readonly sandbox: Sandbox | undefined
  /** Where metrics and health are served, if they are. */
  readonly health: HealthServer | undefined
  /**
   * Finishes what is being answered, within the limit of the settings; tells the others that it
   * restarts. Then leaves Discord, ends the sandbox, the model and the store.
   */
  close(): Promise<void>
}

/**
 * Starts everything.
 *
 * @param model an open model to use instead of opening the one that the settings name; it is left
 *   open, so that several bots can share it.
 * @throws {ConfigError} if the store or the model cannot be opened, a port cannot be used, or
 *   Discord cannot be joined. Nothing is left running then.
 */
export async function startBot(config: Config, log: Logger, model?: Model): Promise<Bot> {
  const start = new Start(config, log, model)
  try {
    return await start.run()
  } catch (error) {
    await start.close()
    throw error
  }
}

/** Opens the model that the settings name. @throws {ConfigError} if it cannot be opened. */
export function openConfiguredModel(config: Config): Promise<Model> {
  const { model, modelsFolder, threads, maxSequences, conversationBytes, bot } = config
  const { provider, imageLimits, imageCacheBytes, prepare } = config
  return openModel(findModel(model, modelsFolder), {
    threads: threads ?? availableParallelism(),
    provider,
    imageLimits,
    prepare,
    ...(bot.queue !== undefined && { queueLimit: bot.queue }),
    ...(maxSequences !== undefined && { rows: maxSequences }),
    ...(conversationBytes !== undefined && { conversationBytes }),
    ...(imageCacheBytes !== undefined && { imageCacheBytes }),
  })
}

class Start {
  readonly #config: Config
  readonly #log: Logger
  readonly #openModel: Model | undefined
  readonly #metrics: Metrics = createMetrics()
  /** How to end what has been started, in order. */
  readonly #started: (() => Promise<unknown>)[] = []
  #ready = false
  #modelIsOpen = false
  #closing: Promise<void> | undefined

  constructor(config: Config, log: Logger, openModel?: Model) {
    this.#config = config
    this.#log = log
    this.#openModel = openModel
  }

  async run(): Promise<Bot> {
    const store = await this.#store()
    const clients: Client[] = []
    const health = await this.#health({
      discord: () => this.#ready && clients.every(isConnected),
      store: () => store.ping().then(() => true),
      model: () => this.#modelIsOpen,
    })
    const { model, opening } = await this.#model()
    const sandbox = await this.#sandbox()
    const client = await this.#join({ store, model, sandbox })
    clients.push(client)
    this.#metrics.watchGateway(client)
    this.#ready = true
    const { device } = (await opening).stats()
    if (this.#config.provider !== 'cpu') {
      this.#log.info({ provider: this.#config.provider, device }, 'the model runs on this device')
    }
    return { client, model, store, sandbox, health, close: () => this.close() }
  }

  /** Ends what was started, the newest first; calling it again waits for the same end. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#ready = false
    const failures: unknown[] = []
    for (const stop of this.#started.splice(0).toReversed()) {
      try {
        await stop()
      } catch (error) {
        failures.push(error) // the others are ended all the same
      }
    }
    if (failures.length > 0) {
      throw failures[0]
    }
  }

  async #store(): Promise<Store> {
    const { url, keys } = this.#config.store
    const { store: observe, cache: looked } = this.#metrics
    const store = await openStore({ url, keys, log: this.#log, observe, looked })
    this.#started.push(() => store.close())
    return store
  }

  async #health(checks: Readonly<Record<string, Check>>): Promise<HealthServer | undefined> {
    const { operations } = this.#config
    if (operations === undefined) {
      return undefined
    }
    const health = await serveHealth({ ...operations, metrics: this.#metrics.text, checks })
    this.#started.push(() => health.close())
    return health
  }

  /** Checks the model, and begins to open it where none is open yet. */
  async #model(): Promise<{ model: LateModel; opening: Promise<Model> }> {
    const { model: name, modelsFolder } = this.#config
    const card = this.#openModel?.card ?? (await openPackage(findModel(name, modelsFolder))).card
    const opening = this.#openModel
      ? Promise.resolve(this.#openModel)
      : openConfiguredModel(this.#config)
    opening.then(
      () => (this.#modelIsOpen = true),
      () => {}, // run() tells
    )
    if (!this.#openModel) {
      this.#started.push(() => opening.then((model) => model.close()).catch(() => {}))
    }
    const model = lateModel(card, opening)
    this.#metrics.watchModel(model)
    return { model: { ...model, ...meter(model, this.#metrics) }, opening }
  }

  async #sandbox(): Promise<Sandbox | undefined> {
    if (this.#config.discordToken !== undefined) {
      return undefined
    }
    const { sandboxPort, sandboxState } = this.#config
    const sandbox = await openSandbox(sandboxPort, sandboxState)
    this.#started.push(() => sandbox.close())
    return sandbox
  }

  async #join({ sandbox, store, model }: Parts): Promise<Client<true>> {
    const { discordToken, imageLimits, bot } = this.#config
    const log = this.#log
    const api = sandbox?.api ?? bot.api
    const fetchPicture = this.#fetcher({
      origins: cdnOrigins(sandbox, bot.api),
      maxBytes: imageLimits.maxBytes,
    })
    const jobs = new Jobs({ store, log, count: this.#metrics.job })
    const requests = new PendingRequests()
    let dispatched: Dispatched | undefined
    const client = await connect({
      token: discordToken ?? sandbox?.token ?? '',
      api,
      shards: bot.shards,
      guild: bot.guild,
      log,
      requests,
      acknowledged: (seconds) => this.#metrics.stage('acknowledge', seconds),
      listen: (fresh) => {
        const { retentionMs } = bot
        const metrics = this.#metrics
        const { isOpen } = model
        const parts = { model, isOpen, store, jobs, fetchPicture, retentionMs, metrics, log }
        dispatched = dispatch(fresh, parts)
      },
    })
    this.#started.push(() => leave(client, requests))
    this.#started.push(() => jobs.stop(bot.stopLimitMs))
    this.#started.push(async () => dispatched?.stop())
    await jobs.resume(dispatched?.jobs ?? {})
    detached(log, 'cases could not be resumed', async () => dispatched?.resume())
    return client
  }

  #fetcher(source: PictureSource): PictureFetcher {
    const fetchPicture = createPictureFetcher(source)
    this.#started.push(() => fetchPicture.close())
    const timed = async (link: PictureLink, signal?: AbortSignal) => {
      const started = performance.now()
      try {
        return await fetchPicture(link, signal)
      } finally {
        this.#metrics.stage('download', (performance.now() - started) / 1000)
      }
    }
    return Object.assign(timed, { close: () => fetchPicture.close() })
  }
}

type Parts = {
  readonly store: Store
  readonly model: LateModel
  readonly sandbox: Sandbox | undefined
}

/** Where pictures may be fetched from: a loopback Discord has everything at one address. */
function cdnOrigins(sandbox: Sandbox | undefined, api: string | undefined): readonly string[] {
  if (sandbox !== undefined) {
    return [sandbox.cdn]
  }
  return api === undefined ? DISCORD_CDN_ORIGINS : [new URL(api).origin]
}

function isConnected(client: Client): boolean {
  return (
    client.ws.shards.size > 0 && client.ws.shards.every(({ status }) => status === Status.Ready)
  )
}
