/** The discord.js client: connects with the least intents and registers the commands. */

import {
  Client,
  DiscordAPIError,
  DiscordjsErrorCodes,
  Events,
  GatewayIntentBits,
  HTTPError,
  Options,
  Partials,
  RESTEvents,
  SnowflakeUtil,
} from 'discord.js'
import type { Logger } from 'pino'
import { COMMANDS } from '../../commands/index.ts'
import { ConfigError } from '../../config/errors.ts'
import type { Shards } from '../../config/shards.ts'
import { isTransportError } from '../operations/retries.ts'
import { logConnection } from './connection-log.ts'
import type { RestTransport } from './rest-transport.ts'
import { registerCommands } from './registration.ts'

const INTENTS = [
  GatewayIntentBits.Guilds,
  GatewayIntentBits.GuildMessages,
  GatewayIntentBits.DirectMessages,
]

const ONE_SHARD: Shards = { count: 1, ids: undefined }
const SETTLE_LIMIT_MS = 3000

const UNKNOWN_GUILD = 10_004
const MISSING_ACCESS = 50_001

/** Messages cached per channel; only the newest pictures are searched among them. */
const MESSAGES_PER_CHANNEL = 50
const MEMBERS_PER_GUILD = 200

export type Connection = {
  readonly token: string
  /** Base of the REST API; absent: Discord's own. */
  readonly api?: string | undefined
  /** Connections to Discord. Default 1. */
  readonly shards?: Shards
  /** Registers the commands in this server only. */
  readonly guild?: string | undefined
  readonly log: Logger
  /** The commands are registered once this resolves; absent: at once. Rejects: `connect` does too. */
  readonly opening?: Promise<unknown>
  /** Called with the seconds from a command or click to our first response. */
  readonly acknowledged?: (seconds: number) => void
  /** Called with each client before it connects, to listen to its events. */
  readonly listen: (client: Client) => void
  /** Sends the requests, and `leave` waits for it; absent: discord.js sends them. */
  readonly requests?: RestTransport
}

/**
 * Logs in and registers the commands.
 *
 * If Discord refuses the Message Content intent, the client connects without it: everything but
 * replies to the answers of slash commands works.
 *
 * @returns the client once it is ready.
 * @throws {ConfigError} if Discord refuses the token or cannot be reached.
 */
export async function connect(connection: Connection): Promise<Client<true>> {
  try {
    return await logIn(connection, [...INTENTS, GatewayIntentBits.MessageContent])
  } catch (error) {
    if (!isIntentRefusal(error)) {
      throw error
    }
    connection.log.warn(
      'The Message Content intent is off in the developer portal, so replies to answers of slash commands arrive empty. Everything else works.',
    )
    return logIn(connection, INTENTS)
  }
}

/** Sends the pending requests, for a few seconds at most, then disconnects. */
export async function leave(client: Client, requests: RestTransport): Promise<void> {
  await requests.settle(SETTLE_LIMIT_MS)
  await client.destroy()
}

/** Measures the time from each command or click to our first response. */
function timeFirstResponses({ rest }: Client, acknowledged: (seconds: number) => void): void {
  rest.on(RESTEvents.Response, ({ path }, { ok }) => {
    const interaction = /^\/interactions\/(\d+)\/[^/]+\/callback/.exec(path)?.[1]
    if (interaction !== undefined && ok) {
      const since = SnowflakeUtil.timestampFrom(interaction)
      acknowledged(Math.max(0, Date.now() - since) / 1000)
    }
  })
}

/** Where discord.js links to stickers: another API than Discord's has them at its own address. */
function stickerHosts(api: string) {
  const { origin } = new URL(api)
  return { cdn: origin, mediaProxy: origin }
}

function shardOptions({ count, ids }: Shards) {
  return count === 'auto'
    ? { shards: count }
    : { shards: ids ?? Array.from({ length: count }, (_, id) => id), shardCount: count }
}

async function logIn(
  {
    token,
    api,
    shards = ONE_SHARD,
    guild,
    log,
    opening,
    listen,
    acknowledged,
    requests,
  }: Connection,
  intents: readonly GatewayIntentBits[],
): Promise<Client<true>> {
  const client: Client = new Client({
    intents: [...intents],
    // Direct messages come from channels, and deletions name messages, that are not in the cache.
    partials: [Partials.Channel, Partials.Message],
    makeCache: Options.cacheWithLimits({
      ...Options.DefaultMakeCacheSettings,
      MessageManager: MESSAGES_PER_CHANNEL,
      PresenceManager: 0,
      ReactionManager: 0,
      GuildMemberManager: {
        maxSize: MEMBERS_PER_GUILD,
        keepOverLimit: ({ id }) => id === client.user?.id,
      },
    }),
    ...shardOptions(shards),
    allowedMentions: { parse: [], repliedUser: false },
    rest: {
      ...(api !== undefined && { api, ...stickerHosts(api) }),
      ...requests?.options,
    },
  })
  if (acknowledged) {
    timeFirstResponses(client, acknowledged)
  }
  logConnection(client, log)
  listen(client)
  const ready = new Promise<Client<true>>((resolve) => {
    client.once(Events.ClientReady, resolve)
  })
  try {
    await client.login(token)
  } catch (error) {
    await client.destroy()
    throw startError(error, api)
  }
  const connected = await ready
  try {
    await opening
    await register(connected, guild, log)
  } catch (error) {
    await client.destroy()
    throw startError(error, api)
  }
  return connected
}

async function register(client: Client<true>, guild: string | undefined, log: Logger) {
  try {
    await registerCommands(
      COMMANDS.map(({ data }) => data),
      { rest: client.rest, applicationId: client.application.id, guildId: guild },
    )
    log.debug('commands are registered')
  } catch (error) {
    const code = error instanceof DiscordAPIError ? error.code : undefined
    if (guild !== undefined && (code === UNKNOWN_GUILD || code === MISSING_ACCESS)) {
      const problem =
        'SIGHTSEER_GUILD is no server that the bot is in with the scope applications.commands.'
      throw new ConfigError([problem], { cause: error })
    }
    throw error
  }
}

/** The host that did not answer, as far as the error says. */
function hostOf(error: unknown, api = 'https://discord.com'): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error && 'hostname' in cause && typeof cause.hostname === 'string'
    ? cause.hostname
    : new URL(api).host
}

/** A ConfigError for what the operator can fix; any other error unchanged. */
function startError(error: unknown, api: string | undefined): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === DiscordjsErrorCodes.TokenInvalid) {
    const problem =
      'Discord does not accept DISCORD_TOKEN; copy the bot’s token from the developer portal again.'
    return new ConfigError([problem], { cause: error })
  }
  if (error instanceof ConfigError || !isTransportError(error)) {
    return error
  }
  const host = hostOf(error, api)
  const why =
    error instanceof HTTPError
      ? `${host} answers ${error.status}`
      : typeof code === 'string'
        ? `${host} (${code})`
        : `${host} does not answer in time`
  const problem = `Discord cannot be reached: ${why}.`
  return new ConfigError([problem], { cause: error })
}

function isIntentRefusal(error: unknown): boolean {
  return error instanceof Error && /disallowed intents/i.test(error.message)
}
