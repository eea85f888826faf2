/** A discord.js client at the sandbox, and its next interaction. */

import { Client, Events, GatewayIntentBits } from 'discord.js'
import type { Interaction } from 'discord.js'
import type { Sandbox } from '../../src/server.ts'

/** Logs a client in; without intents given it has those for guilds alone. */
export async function logIn(
  sandbox: Sandbox,
  intents: readonly GatewayIntentBits[] = [GatewayIntentBits.Guilds],
): Promise<Client<true>> {
  const client = new Client({
    intents: [...intents],
    rest: { api: sandbox.api, retries: 0 },
  })
  const ready = new Promise<Client<true>>((resolve) => client.once(Events.ClientReady, resolve))
  await client.login(sandbox.token)
  return ready
}

/** The next interaction of that kind; others before it are passed over. */
export function nextInteraction<T extends Interaction>(
  client: Client,
  is: (given: Interaction) => given is T,
): Promise<T> {
  return new Promise((resolve) => {
    const listener = (given: Interaction) => {
      if (!is(given)) {
        return
      }
      client.off(Events.InteractionCreate, listener)
      resolve(given)
    }
    client.on(Events.InteractionCreate, listener)
  })
}
