/** A real discord.js client in a watched sandbox, with look-ups for tests of guilds. */

import { GatewayIntentBits, TextChannel } from 'discord.js'
import type { Client, Guild } from 'discord.js'
import type { SandboxOptions } from '../../src/server.ts'
import type { Actor } from '../../src/world/audit-log.ts'
import { logIn } from './discord-client.ts'
import { startWatchedSandbox } from './watched-sandbox.ts'
import type { WatchedSandbox } from './watched-sandbox.ts'

const { Guilds, GuildMembers, GuildMessages, GuildMessageReactions, MessageContent } =
  GatewayIntentBits

/** A client that is ready, and its guild. */
export type GuildClient = {
  readonly sandbox: WatchedSandbox
  readonly client: Client<true>
  readonly guild: Guild
  /** The text channel of that name. */
  channel(name: string): TextChannel
  /** The id of the person of that name. */
  id(name: string): string
  /** The person as an actor of the audit log. */
  by(name: string): Actor
  close(): Promise<void>
}

/** Starts a sandbox and logs a client in. */
export async function startGuildClient(options: SandboxOptions = {}): Promise<GuildClient> {
  const sandbox = await startWatchedSandbox(options)
  const client = await logIn(sandbox, {
    intents: [Guilds, GuildMembers, GuildMessages, GuildMessageReactions, MessageContent],
  })
  const guild = client.guilds.cache.get(sandbox.world.guild.id)
  if (!guild) {
    throw new Error('The client has no guild.')
  }
  const id = (name: string) => {
    const user = [...sandbox.world.users.values()].find((one) => one.name === name)
    if (!user) {
      throw new RangeError(`expected a person, got "${name}"`)
    }
    return user.id
  }
  return {
    sandbox,
    client,
    guild,
    id,
    channel(name) {
      const channel = guild.channels.cache.find((one) => one.name === name)
      if (!(channel instanceof TextChannel)) {
        throw new RangeError(`no text channel "${name}"`)
      }
      return channel
    },
    by: (name) => ({ userId: id(name), reason: null }),
    async close() {
      await client.destroy()
      await sandbox.close()
    },
  }
}
