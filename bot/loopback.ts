/**
 * The loopback Discord that the bot runs on without a token.
 *
 * It is loaded only then: the container image does not contain it.
 */

import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import type {
  BotModels,
  Sandbox,
  SandboxOptions,
  startSandbox as StartSandbox,
} from 'loopback-discord'
import { DEFAULT_GUILD_SETTINGS } from '../commands/guild-settings.ts'
import { EN } from '../commands/i18n/en.ts'
import { ZH } from '../commands/i18n/zh.ts'
import type { Config } from '../config/config.ts'
import { ConfigError } from '../config/errors.ts'
import { unwritableFolder } from '../config/unwritable-folder.ts'
import type { AnyCard } from '../inference/package/model-card.ts'
import type { GuildSettingsStore } from './memory/guild-settings.ts'

/** The port of `npm run sandbox`. */
const SANDBOX_PORT = 4350

/** A loopback Discord that several bots use, one after the other. */
export type LoopbackPage = {
  /** Undefined until the first of them has opened it. */
  sandbox: Sandbox | undefined
  /** What the page offers to answer with. */
  models: BotModels | null
}

/** What the page of the loopback Discord says of the model; undefined: it knows every picture. */
function aboutModel({ domain }: AnyCard) {
  return (
    domain && {
      en: `${EN.knowsOnly(domain.knows.en)} ${EN.readsAll} ${EN.otherModel}`,
      zh: `${ZH.knowsOnly(domain.knows.zh)}${ZH.readsAll}${ZH.otherModel}`,
    }
  )
}

/** Opens the page's loopback Discord unless it is open, and shows what the model knows. */
export async function showOnPage(
  page: LoopbackPage,
  { sandboxPort, sandboxState }: Pick<Config, 'sandboxPort' | 'sandboxState'>,
  card: AnyCard,
): Promise<Sandbox> {
  page.sandbox ??= await openSandbox(sandboxPort, sandboxState)
  page.sandbox.present(aboutModel(card) ?? null, page.models)
  return page.sandbox
}

/**
 * Lets pictures be searched in the channels that everybody sees, so that a newcomer can find the first
 * one. Only in a server that has no settings yet: what a person changes there stays.
 */
export async function beginSearchable(
  { world }: Pick<Sandbox, 'world'>,
  settings: Pick<GuildSettingsStore, 'begin'>,
): Promise<void> {
  const searchChannels = world
    .channelsOf(world.guild)
    .filter(({ nsfw, overwrites }) => !nsfw && overwrites.size === 0)
    .map(({ id }) => id)
  await settings.begin(world.guild.id, { ...DEFAULT_GUILD_SETTINGS, searchChannels })
}

/**
 * Opens the loopback Discord.
 *
 * With a state file it keeps its port, so that an open page and its links still work.
 *
 * @param port undefined: the usual port or, if that is taken, a free one.
 * @param stateFile where its state is stored; undefined: in memory, at a free port by default.
 * @throws {ConfigError} if the port or the file cannot be used, or the package is not installed.
 */
export async function openSandbox(
  port: number | undefined,
  stateFile: string | undefined,
  { usualPort = SANDBOX_PORT }: { /** Tests use another. */ readonly usualPort?: number } = {},
): Promise<Sandbox> {
  const { startSandbox } = await loadPackage()
  if (stateFile === undefined) {
    return startAt(startSandbox, { port: port ?? 0 })
  }
  const folder = path.dirname(path.resolve(stateFile))
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw unwritableFolder(folder, 'SANDBOX_STATE', cause) ?? cause
  }
  const defaultPort = (await isFree(usualPort)) ? usualPort : 0
  return startAt(startSandbox, { port: port ?? defaultPort, stateFile })
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}

function startAt(
  startSandbox: typeof StartSandbox,
  options: SandboxOptions & { readonly port: number },
) {
  return startSandbox(options).catch((cause: unknown) => {
    if (cause instanceof Error && cause.name === 'StateFileError') {
      throw new ConfigError([`SANDBOX_STATE: ${cause.message}`], { cause })
    }
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    const why = code === 'EADDRINUSE' ? 'is in use already' : `cannot be used (${code})`
    const problem = `Port ${options.port} ${why}; set another SANDBOX_PORT, or none for a free one.`
    throw new ConfigError([problem], { cause })
  })
}

function loadPackage() {
  return import('loopback-discord').catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND') {
      const problem = 'DISCORD_TOKEN is not set, and the loopback Discord is not installed here.'
      throw new ConfigError([problem], { cause })
    }
    throw cause
  })
}
