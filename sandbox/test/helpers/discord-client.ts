/** discord.js clients of the sandbox: the gateway client, the REST client, and typed responses. */

import { Client, Events, GatewayIntentBits, REST } from 'discord.js'
import type { ClientOptions, Interaction } from 'discord.js'
import type { Sandbox } from '../../src/server.ts'

/**
 * Logs a client in and waits until it is ready. If that fails, the client is destroyed.
 *
 * @param options of discord.js; default: the Guilds intent only, no retries.
 */
export async function logIn(
  sandbox: Sandbox,
  options: Partial<ClientOptions> = {},
): Promise<Client<true>> {
  const client = new Client({
    intents: [GatewayIntentBits.Guilds],
    rest: { api: sandbox.api, retries: 0 },
    ...options,
  })
  const ready = new Promise<Client<true>>((resolve) => client.once(Events.ClientReady, resolve))
  try {
    await client.login(sandbox.token)
    return await ready
  } catch (error) {
    await client.destroy()
    throw error
  }
}

/** A REST client with the bot's token and without retries, so that a refusal is seen at once. */
export function restOf({ api, token }: { readonly api: string; readonly token: string }): REST {
  return new REST({ api, retries: 0 }).setToken(token)
}

/** A response as the type that Discord documents for its route; discord.js types it as unknown. */
export async function typed<T>(response: Promise<unknown>): Promise<T> {
  const text = JSON.stringify(await response)
  return JSON.parse(text)
}

/** The next interaction that the guard accepts; earlier ones are ignored. */
export function nextInteraction<T extends Interaction>(
  client: Client,
  is: (interaction: Interaction) => interaction is T,
): Promise<T> {
  return new Promise((resolve) => {
    const listener = (interaction: Interaction) => {
      if (!is(interaction)) {
        return
      }
      client.off(Events.InteractionCreate, listener)
      resolve(interaction)
    }
    client.on(Events.InteractionCreate, listener)
  })
}
