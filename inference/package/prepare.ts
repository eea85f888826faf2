/**
 * Prepares a package for this machine, so that it opens in a fraction of the time; runtime/prepared.ts
 * explains how. Each graph gets its own process, since a graph that cannot be prepared may crash it.
 */

import { fork } from 'node:child_process'
import { globSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { ConfigError } from '../../config/errors.ts'
import { openPackage } from './open-package.ts'

/** The last message of a graph's process. */
export type PrepareAnswer = { readonly problems: readonly string[] }

const PROCESS_FILE = new URL('prepare-process.ts', import.meta.url)

/**
 * Skips graphs that are prepared already or cannot be. Takes tens of seconds for a large package, and
 * twice its size on the disk.
 *
 * @throws {ConfigError} if the package cannot be opened, or the disk cannot be written to.
 */
export async function preparePackage(folder: string): Promise<void> {
  const { card } = await openPackage(folder)
  for (const graph of card.graphs) {
    await prepare(folder, graph)
  }
}

async function prepare(folder: string, graph: string): Promise<void> {
  const threads = String(availableParallelism())
  const child = fork(PROCESS_FILE, [folder, graph, threads], {
    execArgv: [], // not the options of this process: some of them forbid a file
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' }, // as in backends/thread.ts
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  let problems: readonly string[] = []
  child.on('message', (answer: PrepareAnswer) => {
    ;({ problems } = answer)
  })
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', () => resolve())
  })
  for (const name of globSync(`prepared/*.${child.pid}`, { cwd: folder })) {
    rmSync(path.join(folder, name), { recursive: true, force: true })
  }
  if (problems.length > 0) {
    throw new ConfigError(problems)
  }
}
