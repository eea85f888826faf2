/** `npm start`: joins Discord with DISCORD_TOKEN; without one, a loopback Discord with a page. */

import { existsSync } from 'node:fs'
import path from 'node:path'
import { config as loadEnvironment } from 'dotenv'
import { type Config, readConfig, SANDBOX_STATE, unknownSettings } from '../config/config.ts'
import { settings } from '../config/environment.ts'
import { ConfigError } from '../config/errors.ts'
import { otherModel, shownModel } from '../config/models.ts'
import { invitationLink, MODERATION_PERMISSIONS_INTEGER } from './discord/invitation.ts'
import { createLog } from './operations/logs.ts'
import { endOnUncaught, stopOnSignals } from './operations/shutdown.ts'
import { type ChoosableBot, startChoosableBot } from './model-choice.ts'
import type { Bot } from './start.ts'

const USAGE = `npm start

With DISCORD_TOKEN in the environment or in .env, the bot joins Discord. Without one, it starts a
loopback Discord on this machine and prints the address of its page. Ctrl-C stops it.

Settings, in the environment or in .env; none is needed:
`

/** Runs the command; the bot runs until it receives a signal. */
export async function run(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    const lines = settings().map(({ name, about }) => `\n  ${name}\n    ${about}\n`)
    process.stdout.write(USAGE + lines.join(''))
    return
  }

  const { parsed = {} } = loadEnvironment({ quiet: true })
  let config: Config
  let running: ChoosableBot
  try {
    config = readConfig(process.env)
    const log = createLog({ level: config.logLevel })
    endOnUncaught(log)
    for (const { from, to } of config.renamed) {
      log.warn(`${from} is now ${to}; the old name works until the next release`)
    }
    for (const { name, nearest } of unknownSettings(process.env, Object.keys(parsed))) {
      const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
      log.warn(`${name} is not a setting and has no effect${hint}`)
    }
    if (config.modelsFolder !== undefined && !existsSync(config.modelsFolder)) {
      log.warn(`SIGHTSEER_MODELS: there is no folder ${config.modelsFolder}`)
    }
    process.stdout.write(`Opening the model "${shownModel(config.model)}" …\n`)
    running = await startChoosableBot(config, log)
    stopOnSignals({
      stop: () => running.close(),
      limitMs: config.bot.stopLimitMs,
      log,
      endsWithParent: process.env['npm_lifecycle_event'] !== undefined,
    })
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error
    }
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
    return
  }
  process.stdout.write(`${greeting(running.bot(), config).join('\n')}\n`)
}

/** What a person needs to know of the running bot, the address first. */
function greeting(bot: Bot, config: Config): string[] {
  const { sandbox, client, health } = bot
  const { id } = client.application
  return [
    ...(sandbox
      ? [
          `Open ${sandbox.url} in a browser. There is no DISCORD_TOKEN, so it is a Discord of your own.`,
          sandboxStateNote(config),
        ]
      : [
          `Joined Discord as ${client.user.tag}.`,
          `To add it to a server: ${invitationLink(id)}`,
          `With moderation: ${invitationLink(id, MODERATION_PERMISSIONS_INTEGER)}`,
        ]),
    ...domainNote(bot, config),
    ...matcherNote(bot),
    ...(health ? [`Metrics: ${health.url}/metrics; health: /livez and /readyz.`] : []),
    'Ctrl-C stops it.',
  ]
}

/** What the model knows, where that is not every picture; empty otherwise. */
function domainNote({ model }: Bot, config: Config): string[] {
  const { domain } = model.card
  return domain === undefined
    ? []
    : [
        `The model "${shownModel(config.model)}" only knows ${domain.knows.en}. For photographs: ${otherModel(config.model)}.`,
      ]
}

/** What compares pictures with texts, where a package does; empty otherwise. */
function matcherNote({ model: { matcher } }: Bot): string[] {
  return matcher === null ? [] : [`Pictures are compared with texts by ${matcher.name}.`]
}

/** Where the loopback Discord is stored, and how to start over. */
function sandboxStateNote({ sandboxState }: Config): string {
  if (sandboxState === undefined) {
    return 'Nothing of it is kept.'
  }
  const place = sandboxState === SANDBOX_STATE ? path.dirname(sandboxState) : sandboxState
  return `It is kept in ${place}: delete that to start over. SANDBOX_STATE=memory keeps nothing.`
}
