/**
 * The loopback Discord that the bot runs on without a token.
 *
 * It is loaded only then: the container image does not contain it.
 */

import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import type { Sandbox, SandboxOptions, startSandbox as StartSandbox } from 'loopback-discord'
import { ConfigError } from '../config/errors.ts'
import { unwritableFolder } from '../config/unwritable-folder.ts'

/** The port of `npm run sandbox`. */
const SANDBOX_PORT = 4350

type LoopbackOptions = {
  /** Tests use another. */
  readonly usualPort?: number
  /** What the page's welcome says of the bot. */
  readonly about?: SandboxOptions['about']
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
  { usualPort = SANDBOX_PORT, about }: LoopbackOptions = {},
): Promise<Sandbox> {
  const { startSandbox } = await loadPackage()
  if (stateFile === undefined) {
    return startAt(startSandbox, { port: port ?? 0, about })
  }
  const folder = path.dirname(path.resolve(stateFile))
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw unwritableFolder(folder, 'SANDBOX_STATE', cause) ?? cause
  }
  const defaultPort = (await isFree(usualPort)) ? usualPort : 0
  return startAt(startSandbox, { port: port ?? defaultPort, stateFile, about })
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
