/** discord.js's real client in a watched sandbox, with what the tests of guilds look up. */

import { once } from 'node:events'
import { Client, Events, GatewayIntentBits, TextChannel } from 'discord.js'
import type { Guild } from 'discord.js'
import type { SandboxOptions } from '../../src/server.ts'
import type { Actor } from '../../src/world/audit-log.ts'
import { startWatchedSandbox } from './watched-sandbox.ts'
import type { WatchedSandbox } from './watched-sandbox.ts'

const { Guilds, GuildMembers, GuildMessages, GuildMessageReactions, MessageContent } =
  GatewayIntentBits

/** A client that is ready, in its guild. */
export type Stage = {
  readonly sandbox: WatchedSandbox
  readonly client: Client<true>
  readonly guild: Guild
  /** The text channel of that name. */
  channel(name: string): TextChannel
  /** The id of the person of that name. */
  id(name: string): string
  /** The person as one who acts. */
  by(name: string): Actor
  close(): Promise<void>
}

/** Starts a sandbox and logs a client in. */
export async function setStage(options: SandboxOptions = {}): Promise<Stage> {
  const sandbox = await startWatchedSandbox(options)
  const client = new Client({
    intents: [Guilds, GuildMembers, GuildMessages, GuildMessageReactions, MessageContent],
    rest: { api: sandbox.api, retries: 0 },
  })
  const ready = once(client, Events.ClientReady)
  await client.login(sandbox.token)
  await ready
  const guild = client.guilds.cache.get(sandbox.world.guild.id)
  if (!client.isReady() || !guild) {
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
      const found = guild.channels.cache.find((one) => one.name === name)
      if (!(found instanceof TextChannel)) {
        throw new RangeError(`no text channel "${name}"`)
      }
      return found
    },
    by: (name) => ({ userId: id(name), reason: null }),
    async close() {
      await client.destroy()
      await sandbox.close()
    },
  }
}
