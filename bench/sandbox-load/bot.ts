/**
 * The bot of the sandbox's load: discord.js answering one command, in a process of its own.
 *
 * Every other use is deferred first. Run by sandbox-load.ts: `API TOKEN`.
 */

import { Client, Events, GatewayIntentBits, type Interaction } from 'discord.js'

// Interaction endpoints are not bound to the global limit, but discord.js counts them.
const REQUESTS_PER_SECOND = 1000

const [api = '', token = ''] = process.argv.slice(2)
const client = new Client({
  intents: [GatewayIntentBits.Guilds],
  rest: { api, globalRequestsPerSecond: REQUESTS_PER_SECOND },
})
let uses = 0

async function answer(interaction: Interaction): Promise<void> {
  if (!interaction.isChatInputCommand()) {
    return
  }
  uses += 1
  if (uses % 2 === 0) {
    await interaction.reply(`A red ball on a table, for the ${uses}th time.`)
    return
  }
  await interaction.deferReply()
  await interaction.editReply(`A blue cube under a lamp, for the ${uses}th time.`)
}

client.on(Events.InteractionCreate, (interaction) => {
  // On a machine that is too slow answers come after their 3 s; they are missing in the count.
  answer(interaction).catch((error: unknown) => process.stderr.write(`${String(error)}\n`))
})
process.once('disconnect', () => void client.destroy())
await client.login(token)
await client.application?.commands.set([{ name: 'look', description: 'Answers at once' }])
process.send?.('ready')
