/**
 * Deletes the records of what is gone from Discord without the bot having heard of it: servers,
 * channels, threads, messages and pictures that were removed while it was down or disconnected, the
 * words of cases whose messages are gone, and threads whose parent was deleted, which Discord does not
 * tell of.
 *
 * Runs after each new session with the gateway, and then every few hours. Only what Discord says is
 * unknown is deleted. What the bot is not allowed to look at, and servers that only a member
 * installed it for, cannot be checked: those records expire. Servers of other processes' shards are
 * left to those, which hear of them.
 */

import {
  type Client,
  Events,
  type GuildBasedChannel,
  type Message,
  PermissionFlagsBits,
  Routes,
  Status,
  type TextBasedChannel,
} from 'discord.js'
import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import { HOUR_MS } from '../config/durations.ts'
import type { OwnsGuild } from '../config/shards.ts'
import { errorCode, ERROR_CODES } from './discord/api-errors.ts'
import { canReadContent, everythingShownIn } from './discord/message-pictures.ts'
import { type Place, placeIn } from './discord/place.ts'
import type { Deletions } from './memory/deletions.ts'
import type { Eraser } from './memory/eraser.ts'
import { messagesOf, placesOf, type RecordSources } from './recorded-messages.ts'
import type { Moderation } from './moderation/moderation.ts'
import { detached } from './operations/detached.ts'
import { Recovery } from './operations/recovery.ts'

const REPEAT_MS = 6 * HOUR_MS
/** Between two requests to Discord, so that people's requests do not wait for these. */
const PAUSE_MS = 250
/** Messages that Discord lists at once. */
const PAGE = 100
const DAY_MS = 24 * HOUR_MS
/** Begins the subjects of work that are channels. */
const CHANNEL = 'channel/'

export type ReconciliationDeps = RecordSources & {
  readonly eraser: Eraser
  readonly deletions: Pick<Deletions, 'subjects'>
  readonly moderation: Pick<Moderation, 'guildsWithSettings' | 'forgetEvidence'>
  readonly log: Logger
  /** Whether a server's events come to this process; absent: all do. */
  readonly ownsGuild?: OwnsGuild
  readonly retryAfterMs?: number
}

export class Reconciliation {
  readonly #client: Client
  readonly #deps: ReconciliationDeps
  readonly #recovery: Recovery
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #running: Promise<void> = Promise.resolve()

  constructor(client: Client, deps: ReconciliationDeps) {
    this.#client = client
    this.#deps = deps
    const { log, retryAfterMs } = deps
    const failure = 'records could not be compared with Discord'
    this.#recovery = new Recovery({
      work: () => this.run(),
      log,
      failure,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    })
    client.on(Events.GuildCreate, ({ id }) => {
      detached(log, 'a server could not be noted', () => this.#noteGuild(id))
    })
    client.on(Events.ShardReady, () => {
      detached(log, failure, () => this.#recovery.now())
    })
    this.#timer = setInterval(() => {
      detached(log, failure, () => this.#recovery.now())
    }, REPEAT_MS).unref()
  }

  stop(): void {
    this.#stopped = true
    this.#recovery.stop()
    clearInterval(this.#timer)
  }

  /** Compares all records with Discord. Calls at the same time run one after another. */
  run(): Promise<void> {
    const previous = this.#running.catch(() => {})
    this.#running = previous
      .then(() => this.#run())
      .catch((error: unknown) => {
        if (!this.#stopped) {
          throw error // once it is stopped, the store closes under it
        }
      })
    return this.#running
  }

  /** The bot is no longer on a server. */
  async deleteGuild(guildId: string): Promise<void> {
    const { eraser, log } = this.#deps
    await eraser.deleteGuild(guildId)
    log.info('left a server, and deleted its records')
  }

  /**
   * Deletes the records of the channels and threads of a server that no longer exist, and aborts the
   * work about them.
   */
  async deleteMissingChannels(guildId: string): Promise<void> {
    // Before the records are read: what ends meanwhile has written them.
    const working = [...this.#deps.deletions.subjects].flatMap((subject) =>
      subject.startsWith(CHANNEL) ? [{ guildId, channelId: subject.slice(CHANNEL.length) }] : [],
    )
    for (const place of [...working, ...(await placesOf(this.#deps, guildId))]) {
      if (!this.#stopped && (await this.#isMissing(place))) {
        await this.#deleteChannel(place)
      }
    }
  }

  async #run(): Promise<void> {
    if (this.#stopped || !this.#isReady()) {
      return
    }
    await this.#noteGuilds()
    await this.#deleteLeftGuilds()
    for (const place of await placesOf(this.#deps, null)) {
      const guild = this.#client.guilds.cache.get(place.guildId ?? '')
      // Servers that are not available, or that only members installed the bot for, are not checked.
      const isReachable = place.guildId === null || guild?.available
      if (!this.#stopped && isReachable && this.#ownsGuild(place.guildId)) {
        await this.#check(place)
      }
    }
  }

  async #check(place: Place): Promise<void> {
    if (place.guildId !== null && (await this.#isMissing(place))) {
      await this.#deleteChannel(place)
    } else {
      await this.#checkMessages(place)
    }
  }

  async #deleteChannel(place: Place): Promise<void> {
    const { eraser, moderation } = this.#deps
    await eraser.deleteChannel(place)
    if (place.guildId !== null) {
      await moderation.forgetEvidence(place.guildId, { channel: place.channelId })
    }
  }

  async #deleteMessages(place: Place, messages: readonly string[]): Promise<void> {
    const { eraser, moderation } = this.#deps
    await eraser.messages.delete(place, messages)
    if (place.guildId !== null) {
      await moderation.forgetEvidence(place.guildId, { messages })
    }
  }

  #isReady(): boolean {
    const { shards } = this.#client.ws
    return shards.size > 0 && shards.every(({ status }) => status === Status.Ready)
  }

  /** Notes where the bot is. An earlier version did not, so then all servers with records are noted. */
  async #noteGuilds(): Promise<void> {
    const { records, moderation } = this.#deps
    const { done: isFirstTime } = await records.guilds.keys().next()
    for (const id of this.#client.guilds.cache.keys()) {
      await this.#noteGuild(id)
    }
    if (isFirstTime) {
      for await (const key of records.channels.keys()) {
        const { guildId } = placeIn(key)
        await (guildId === null ? undefined : this.#noteGuild(guildId))
      }
      for await (const id of moderation.guildsWithSettings()) {
        await this.#noteGuild(id)
      }
    }
  }

  async #noteGuild(id: string): Promise<void> {
    const { guilds } = this.#deps.records
    const now = Date.now()
    await guilds.update(id, (noted) => (noted && now - noted.at < DAY_MS ? noted : { at: now }))
  }

  /** A server in an outage is in the cache, so it does not count as left. */
  async #deleteLeftGuilds(): Promise<void> {
    for await (const id of this.#deps.records.guilds.keys()) {
      const isUnseen = this.#ownsGuild(id) && !this.#client.guilds.cache.has(id)
      if (!this.#stopped && isUnseen && (await this.#hasLeft(id))) {
        await this.deleteGuild(id)
      }
    }
  }

  #ownsGuild(id: string | null): boolean {
    return this.#deps.ownsGuild?.(id) ?? true
  }

  async #hasLeft(guildId: string): Promise<boolean> {
    const code = await this.#codeOf(() => this.#client.rest.get(Routes.guild(guildId)))
    return code === ERROR_CODES.unknownGuild || code === ERROR_CODES.missingAccess
  }

  /** Whether Discord does not know a channel any more. */
  async #isMissing({ guildId, channelId }: Place): Promise<boolean> {
    const channel = this.#client.guilds.cache.get(guildId ?? '')?.channels.cache.get(channelId)
    if (channel && (!channel.isThread() || channel.parent)) {
      return false
    }
    const code = await this.#codeOf(() => this.#client.rest.get(Routes.channel(channelId)))
    return code === ERROR_CODES.unknownChannel
  }

  /** Deletes the records of messages of a place that no longer exist. */
  async #checkMessages(place: Place): Promise<void> {
    const ids = await messagesOf(this.#deps, place)
    const channel = ids.length > 0 ? await this.#readable(place) : null
    if (channel) {
      await this.#checkMessagesOf(place, channel, ids).catch((error: unknown) => {
        // Without access nothing can be said of them.
        if (errorCode(error) === undefined) {
          throw error
        }
      })
    }
  }

  /** @param ids of the messages that records name. */
  async #checkMessagesOf(
    place: Place,
    channel: TextBasedChannel,
    ids: readonly string[],
  ): Promise<void> {
    const pending = ids.map(BigInt).toSorted((a, b) => (a < b ? -1 : 1))
    while (pending.length > 0 && !this.#stopped) {
      const after = String(pending[0]! - 1n)
      const page = await channel.messages.fetch({ after, limit: PAGE, cache: false })
      await wait(PAUSE_MS)
      const newest = page.reduce((max, { id }) => (BigInt(id) > max ? BigInt(id) : max), 0n)
      // A full page says nothing about later messages.
      const isCovered = (id: bigint) => page.size < PAGE || id <= newest
      const covered = pending.splice(0, pending.filter(isCovered).length).map(String)
      const missing = covered.filter((id) => !page.has(id))
      if (missing.length > 0) {
        await this.#deleteMessages(place, missing)
      }
      for (const message of covered.flatMap((id) => page.get(id) ?? [])) {
        await this.#checkPictures(place, message)
      }
    }
  }

  async #checkPictures(place: Place, message: Message): Promise<void> {
    if (canReadContent(message)) {
      const present = everythingShownIn(message).map(({ key }) => key)
      await this.#deps.eraser.messages.deletePicturesExcept(place, message.id, { present })
    }
  }

  /** The channel of a place, if the bot can read its history: otherwise Discord lists nothing. */
  async #readable({ guildId, channelId }: Place): Promise<TextBasedChannel | null> {
    const guild = guildId === null ? null : this.#client.guilds.cache.get(guildId)
    const channel =
      guild?.channels.cache.get(channelId) ??
      (await this.#client.channels.fetch(channelId).catch(() => null))
    if (!channel?.isTextBased()) {
      return null
    }
    return channel.isDMBased() || canReadHistory(channel) ? channel : null
  }

  /** The error code of a request to Discord; undefined if it succeeded or did not get through. */
  async #codeOf(request: () => Promise<unknown>): Promise<number | string | undefined> {
    try {
      await request()
      return undefined
    } catch (error) {
      return errorCode(error)
    } finally {
      await wait(PAUSE_MS)
    }
  }
}

function canReadHistory(channel: GuildBasedChannel): boolean {
  const { ViewChannel, ReadMessageHistory } = PermissionFlagsBits
  const { me } = channel.guild.members
  return me !== null && channel.permissionsFor(me).has([ViewChannel, ReadMessageHistory])
}
