/** A bot for discord.js's ShardingManager, which runs this file once a shard: `API`. */

import { Client, GatewayIntentBits } from 'discord.js'

const [api = ''] = process.argv.slice(2)
const client = new Client({ intents: [GatewayIntentBits.Guilds], rest: { api } })
process.once('disconnect', () => void client.destroy())
await client.login(process.env['DISCORD_TOKEN'] ?? '')
