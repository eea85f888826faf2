/** Real databases for tests, each on a free port of this machine with nothing in it. */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'

const NOBODY = 65_534

export type Database = { readonly url: string; stop(): Promise<void> }

/** An SQLite file in a folder of its own. */
export function sqliteFile(): Database {
  const folder = mkdtempSync(path.join(tmpdir(), 'sightseer-'))
  return {
    url: `sqlite:${path.join(folder, 'store.sqlite')}`,
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A redis-server that keeps everything in memory. */
export async function startRedis(): Promise<Database> {
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const stop = await started('redis-server', args, /Ready to accept connections/, {})
  return { url: `redis://127.0.0.1:${port}`, stop }
}

/** Where Postgres' programs are, the PATH being an empty one; Debian keeps them out of the PATH. */
const POSTGRES = ['', ...globSync('/usr/lib/postgresql/*/bin')].findLast(
  (folder) => spawnSync(path.join(folder, 'postgres'), ['--version']).status === 0,
)

/**
 * What `describe` takes: skips where there is no Postgres, which few machines that run the tests
 * have, except in continuous integration.
 */
export const WITH_POSTGRES = {
  skip: POSTGRES === undefined && !process.env['SIGHTSEER_CI'] && 'Postgres is not installed here',
} as const

/** A Postgres server; it refuses to run as root, so then it runs as `nobody`. */
export async function startPostgres(): Promise<Database> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sightseer-'))
  const isRoot = process.getuid?.() === 0
  const asNobody = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
  if (isRoot) chownSync(folder, NOBODY, NOBODY)
  const data = path.join(folder, 'data')
  const bin = POSTGRES ?? ''
  const initdb = ['-D', data, '-U', 'test', '--auth=trust', '--no-sync']
  const made = spawnSync(path.join(bin, 'initdb'), initdb, { ...asNobody, encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  const port = await freePort()
  const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-F']
  const stop = await started(
    path.join(bin, 'postgres'),
    args,
    /ready to accept connections/,
    asNobody,
  )
  return {
    url: `postgres://test@127.0.0.1:${port}/postgres`,
    stop: async () => {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Starts a server and waits until it says that it is ready. @returns what ends it. */
async function started(
  program: string,
  args: readonly string[],
  ready: RegExp,
  options: { readonly uid?: number; readonly gid?: number },
): Promise<() => Promise<void>> {
  const server = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = once(server, 'exit')
  const said: string[] = []
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    exited.then(() => reject(new Error(`${program} ended: ${said.join('\n')}`)), reject)
    for (const stream of [server.stdout, server.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        said.push(line)
        if (ready.test(line)) resolve()
      })
    }
  })
  return async () => {
    server.kill('SIGINT')
    await exited
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
