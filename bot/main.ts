/** `npm start`: joins Discord with DISCORD_TOKEN; without one, a loopback Discord with a page. */

import { config as loadEnvironment } from 'dotenv'
import { pino } from 'pino'
import { readConfig } from '../config/config.ts'
import { ConfigError } from '../config/errors.ts'
import { type Bot, startBot } from './start.ts'

const HELP = `npm start

With DISCORD_TOKEN in the environment or in .env, the bot joins Discord. Without one, it starts a
loopback Discord on this machine and prints the address of its page. Ctrl-C stops it.

.env.example lists every setting.
`

async function main(): Promise<void> {
  loadEnvironment({ quiet: true })
  const log = pino(pino.destination(2))
  let bot: Bot
  try {
    const config = readConfig(process.env)
    process.stdout.write(`Opening the model "${config.model}" …\n`)
    bot = await startBot(config, log)
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error
    }
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
    return
  }
  process.stdout.write(
    bot.sandbox
      ? `No DISCORD_TOKEN, so this is a Discord of your own: ${bot.sandbox.url}\nCtrl-C stops it.\n`
      : `Joined Discord as ${bot.client.user.tag}. Ctrl-C stops it.\n`,
  )
  const stop = () => {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
    void bot.close()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
}

if (process.argv.includes('--help')) {
  process.stdout.write(HELP)
} else {
  await main()
}
