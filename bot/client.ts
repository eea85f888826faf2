/** The discord.js client: connects with the least it needs and registers the commands. */

import { Client, DiscordjsErrorCodes, Events, GatewayIntentBits, Partials } from 'discord.js'
import type { Logger } from 'pino'
import { COMMANDS } from '../commands/index.ts'
import { ConfigError } from '../config/errors.ts'

const INTENTS = [
  GatewayIntentBits.Guilds,
  GatewayIntentBits.GuildMessages,
  GatewayIntentBits.DirectMessages,
]

/** Codes of Node and undici for a host that does not answer. */
const UNREACHABLE = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
])

export type Connection = {
  readonly token: string
  /** Base of the REST API; absent: Discord's own. */
  readonly api?: string | undefined
  readonly log: Logger
  /** Called with each client before it connects, to listen to its events. */
  readonly listen: (client: Client) => void
}

/**
 * Logs in and registers the commands.
 *
 * Where Discord refuses the Message Content intent, it goes on without: everything but replies to
 * slash answers works.
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

async function logIn(
  { token, api, listen }: Connection,
  intents: readonly GatewayIntentBits[],
): Promise<Client<true>> {
  const client = new Client({
    intents: [...intents],
    partials: [Partials.Channel], // direct messages come from channels not seen before
    allowedMentions: { parse: [], repliedUser: false },
    ...(api !== undefined && { rest: { api } }),
  })
  listen(client)
  const ready = new Promise<Client<true>>((resolve) => {
    client.once(Events.ClientReady, resolve)
  })
  try {
    await client.login(token)
  } catch (error) {
    await client.destroy()
    throw whyNotJoined(error)
  }
  const connected = await ready
  await connected.application.commands.set(COMMANDS.map(({ data }) => data))
  return connected
}

/** The sentence for what the operator can mend; any other error as it is. */
function whyNotJoined(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === DiscordjsErrorCodes.TokenInvalid) {
    const problem =
      'Discord does not accept DISCORD_TOKEN; copy the bot’s token from the developer portal again.'
    return new ConfigError([problem], { cause: error })
  }
  return typeof code === 'string' && UNREACHABLE.has(code)
    ? new ConfigError([`Discord cannot be reached (${code}).`], { cause: error })
    : error
}

function isIntentRefusal(error: unknown): boolean {
  return error instanceof Error && /disallowed intents/i.test(error.message)
}
