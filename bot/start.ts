/** Builds the bot: store, model, client, and without a token the loopback Discord. */

import { type Client, Status } from 'discord.js'
import type { Logger } from 'pino'
import type { Sandbox } from 'loopback-discord'
import type { PictureLink } from '../commands/picture.ts'
import type { Config } from '../config/config.ts'
import { guildsOf } from '../config/shards.ts'
import { findModel, isQueue, type ModelPlace, otherModel } from '../config/models.ts'
import { openConfiguredModel } from '../inference/configured-model.ts'
import { withDetail } from '../inference/default-detail.ts'
import { systemPromptNote, withSystemPrompt } from '../inference/system-prompt.ts'
import type { AnyCard } from '../inference/package/model-card.ts'
import { openPackage } from '../inference/package/open-package.ts'
import type { Model } from '../inference/contract/types.ts'
import { connect, leave } from './discord/client.ts'
import { detached } from './operations/detached.ts'
import { dispatch, type Dispatcher } from './dispatch.ts'
import { type Check, type HealthServer, serveHealth } from './operations/health.ts'
import { Jobs } from './jobs/jobs.ts'
import { ModelHosts } from './operations/model-hosts.ts'
import { loadingModel, type LoadingModel } from './operations/loading-model.ts'
import { beginSearchable, type LoopbackPage, showOnPage } from './loopback.ts'
import { GuildSettingsStore } from './memory/guild-settings.ts'
import { openQueueModel } from './queue/open.ts'
import { meter } from './operations/metered-model.ts'
import { createMetrics, type Metrics } from './operations/metrics.ts'
import {
  createPictureFetcher,
  DISCORD_CDN_ORIGINS,
  type PictureFetcher,
  type PictureSource,
} from './pictures/download.ts'
import { RestTransport } from './discord/rest-transport.ts'
import { tolerateFull } from './store/full-store.ts'
import { openStore } from './store/store.ts'
import type { Store } from './store/types.ts'

/** A running bot. */
export type Bot = {
  readonly client: Client<true>
  readonly model: Model
  readonly store: Store
  /** The loopback Discord, if the bot runs on it. */
  readonly sandbox: Sandbox | undefined
  /** Where metrics and health are served, if they are. */
  readonly health: HealthServer | undefined
  /**
   * Finishes the answers in progress, within the limit of the settings, and tells the other people
   * that the bot restarts. Then disconnects and closes the sandbox, the model and the store.
   */
  close(): Promise<void>
}

/**
 * Starts everything.
 *
 * @param model an open model to use instead of opening the one that the settings name; it is left
 *   open, so that several bots can share it.
 * @param page a loopback Discord that outlives the bot: it is opened if it is not, and left open.
 * @throws {ConfigError} if the store or the model cannot be opened, a port cannot be used, or
 *   Discord cannot be joined. Nothing is left running then.
 */
export async function startBot(
  config: Config,
  log: Logger,
  model?: Model,
  page?: LoopbackPage,
): Promise<Bot> {
  await using started = new AsyncDisposableStack()
  const metrics = createMetrics()
  const hosts = new ModelHosts(log, metrics)
  const context: Context = { config, log, metrics, hosts, started }
  const store = await startStore(context)
  let client: Client<true> | undefined
  let modelIsOpen = false
  const health = await startHealth(context, {
    discord: () => client !== undefined && isConnected(client),
    store: () => store.ping().then(() => true),
    model: () => modelIsOpen && hosts.areUsable(),
  })
  const { model: loading, opening } = await startModel(context, model)
  opening.then(
    () => (modelIsOpen = true),
    () => {}, // awaited below
  )
  const sandbox = await startSandbox(context, { card: loading.card, page, store })
  const connectedClient = await join(context, { store, model: loading, sandbox, opening })
  context.metrics.watchGateway(connectedClient)
  client = connectedClient
  const { device } = (await opening).stats()
  warnOfDomain(context, loading.card)
  warnOfSystemPrompt(context, loading.card)
  if (config.provider !== 'cpu') {
    log.info({ provider: config.provider, device }, 'the model runs on this device')
  }
  started.defer(() => (client = undefined)) // not ready while it ends
  return {
    client: connectedClient,
    model: loading,
    store,
    sandbox,
    health,
    close: closeOnce(started.move()),
  }
}

/** On Discord people post every kind of picture, so an operator is told if the model knows one kind. */
function warnOfDomain({ config, log }: Context, { name, domain }: AnyCard): void {
  if (config.discordToken !== undefined && domain !== undefined) {
    const knows = domain.knows.en
    log.warn(
      { model: name, knows },
      `the model only knows ${knows}; for photographs: ${otherModel(config.model)}`,
    )
  }
}

function warnOfSystemPrompt({ config, log }: Context, card: AnyCard): void {
  const note = systemPromptNote(card, config.systemPrompt)
  if (note !== null) {
    log.warn({ model: card.name }, note)
  }
}

function placeOf({ model, servers }: Config): ModelPlace {
  return isQueue(model) ? 'queue' : servers === undefined ? 'here' : 'server'
}

/** Closes what was started, the newest first; another call waits for the same result. */
function closeOnce(started: AsyncDisposableStack): () => Promise<void> {
  let closing: Promise<void> | undefined
  return () => (closing ??= started.disposeAsync())
}

/** Collections of earlier versions; their records are deleted at the start. */
const RETIRED_COLLECTIONS = ['image-tokens']
const NOTHING = { ttlMs: 1, decode: () => null }

/** What every part is started with. */
type Context = {
  readonly config: Config
  readonly log: Logger
  readonly metrics: Metrics
  readonly hosts: ModelHosts
  /** How to end what has been started. */
  readonly started: AsyncDisposableStack
}

async function startStore({ config, log, metrics, started }: Context): Promise<Store> {
  const { store: observe, cache: observeGet } = metrics
  const store = tolerateFull(await openStore({ ...config.store, log, observe, observeGet }), log)
  started.defer(() => store.close())
  detached(log, 'records of an earlier version could not be deleted', () =>
    Promise.all(
      RETIRED_COLLECTIONS.map((name) => store.collection({ name, ...NOTHING }).deleteAll('')),
    ),
  )
  return store
}

async function startHealth(
  { config: { operations }, metrics, started }: Context,
  checks: Readonly<Record<string, Check>>,
): Promise<HealthServer | undefined> {
  if (operations === undefined) {
    return undefined
  }
  const health = await serveHealth({ ...operations, metrics: metrics.text, checks })
  started.defer(() => health.close())
  return health
}

/** Opens a model that runs on other machines, which alone know what it is; undefined: it runs here. */
async function openElsewhere({ config, log, hosts }: Context): Promise<Model | undefined> {
  const { model: name, servers, store, bot } = config
  if (isQueue(name)) {
    return openQueueModel({ url: name, keys: store.keys, log }, { queueLimit: bot.queue })
  }
  return servers && openConfiguredModel(config, { onHost: hosts.listen })
}

/** Starts to open the model, unless it is open. */
async function startModel(
  context: Context,
  shared: Model | undefined,
): Promise<{ model: LoadingModel; opening: Promise<Model> }> {
  const { config, metrics, started } = context
  const { model: name, matcher: beside, modelsFolder } = config
  const open = shared ?? (await openElsewhere(context))
  const cardOf = async (one: string) => (await openPackage(findModel(one, modelsFolder))).card
  const card = open?.card ?? (await cardOf(name))
  const matcher = open ? open.matcher : beside === undefined ? null : await cardOf(beside)
  const opening = open ? Promise.resolve(open) : openConfiguredModel(config)
  if (!shared) {
    started.defer(() => opening.then((model) => model.close()).catch(() => {}))
  }
  const told = withSystemPrompt(loadingModel({ card, matcher }, opening), config.systemPrompt)
  const loading = withDetail(told, config.detail)
  metrics.watchModel(loading)
  metrics.build({
    model: open === undefined || open === shared ? name : card.name,
    precision: card.precision ?? 'unknown',
  })
  return { model: { ...loading, ...meter(loading, metrics) }, opening }
}

type SandboxDeps = {
  readonly card: AnyCard
  readonly page: LoopbackPage | undefined
  readonly store: Store
}

async function startSandbox(
  { config, started }: Context,
  { card, page, store }: SandboxDeps,
): Promise<Sandbox | undefined> {
  if (config.discordToken !== undefined) {
    return undefined
  }
  const sandbox = await showOnPage(page ?? { sandbox: undefined, models: null }, config, card)
  if (!page) {
    started.defer(() => sandbox.close())
  }
  await beginSearchable(sandbox, new GuildSettingsStore(store, config.bot.retentionMs))
  return sandbox
}

async function join(
  context: Context,
  { sandbox, store, model, opening }: JoinDeps,
): Promise<Client<true>> {
  const { config, log, metrics, started } = context
  const { discordToken, imageLimits, bot } = config
  const fetchPicture = startFetcher(context, {
    origins: pictureOrigins(sandbox, bot.api),
    maxBytes: imageLimits.maxBytes,
  })
  const ownsGuild = guildsOf(bot.shards)
  const jobs = new Jobs({ store, log, count: metrics.job, ownsGuild })
  const requests = new RestTransport()
  let dispatcher: Dispatcher | undefined
  const client = await connect({
    token: discordToken ?? sandbox?.token ?? '',
    api: sandbox?.api ?? bot.api,
    shards: bot.shards,
    guild: bot.guild,
    log,
    requests,
    opening,
    acknowledged: (seconds) => metrics.stage('acknowledge', seconds),
    listen: (fresh) => {
      const { retentionMs } = bot
      const { isOpen } = model
      const parts = {
        model,
        isOpen,
        modelPlace: () => placeOf(config),
        store,
        jobs,
        fetchPicture,
        retentionMs,
        ownsGuild,
        metrics,
        log,
      }
      dispatcher = dispatch(fresh, parts)
    },
  })
  started.defer(async () => dispatcher?.close())
  started.defer(() => leave(client, requests))
  started.defer(() => jobs.stop(bot.stopLimitMs))
  started.defer(() => {
    requests.leave()
    return dispatcher?.stop()
  })
  if (dispatcher !== undefined) {
    // First, so that no answer is made from what was to be deleted.
    await dispatcher.resumeDeletions()
    // The start waits until each has a process, not for answers: 500 of them take less than a second.
    await jobs.resume(dispatcher.resumeJob, dispatcher.giveUpJob)
  }
  detached(log, 'cases could not be resumed', async () => dispatcher?.resume())
  return client
}

function startFetcher({ metrics, started }: Context, source: PictureSource): PictureFetcher {
  const fetchPicture = createPictureFetcher(source)
  started.defer(() => fetchPicture.close())
  const timed = async (link: PictureLink, signal?: AbortSignal) => {
    const startedAt = performance.now()
    try {
      return await fetchPicture(link, signal)
    } finally {
      metrics.stage('download', (performance.now() - startedAt) / 1000)
    }
  }
  return Object.assign(timed, { close: () => fetchPicture.close() })
}

type JoinDeps = {
  readonly opening: Promise<Model>
  readonly store: Store
  readonly model: LoadingModel
  readonly sandbox: Sandbox | undefined
}

/** Where pictures may be fetched from: a loopback Discord has everything at one address. */
function pictureOrigins(sandbox: Sandbox | undefined, api: string | undefined): readonly string[] {
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
