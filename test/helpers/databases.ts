/** Real databases for tests, each empty and on a free port of this machine. */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { locate, needs } from './tools.ts'

const NOBODY = 65_534

export type Database = { readonly url: string; stop(): Promise<void> }

/** An SQLite file in a temporary folder. */
export function sqliteFile(): Database {
  const folder = mkdtempSync(path.join(tmpdir(), 'sightseer-'))
  return {
    url: `sqlite:${path.join(folder, 'store.sqlite')}`,
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Options for a `describe` that starts Redis. */
export const WITH_REDIS = needs('redis')

/** A redis-server that keeps everything in memory. @param at its port; default a free one. */
export async function startRedis(at?: number): Promise<Database> {
  const port = at ?? (await freePort())
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const stop = await started(locate('redis'), args, /Ready to accept connections/, {})
  return { url: `redis://127.0.0.1:${port}`, stop }
}

/** Options for a `describe` that starts Postgres. */
export const WITH_POSTGRES = needs('postgres')

/** A Postgres server; it refuses to run as root, so then it runs as `nobody`. */
export async function startPostgres(): Promise<Database> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sightseer-'))
  const isRoot = process.getuid?.() === 0
  const asNobody = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
  if (isRoot) {
    chownSync(folder, NOBODY, NOBODY)
  }
  const data = path.join(folder, 'data')
  const postgres = locate('postgres')
  const initdb = path.join(path.dirname(postgres), 'initdb')
  const options = ['-D', data, '-U', 'test', '--auth=trust', '--no-sync']
  const result = spawnSync(initdb, options, { ...asNobody, encoding: 'utf8' })
  if (result.status !== 0) {
    throw new Error(`initdb failed: ${result.stderr}`)
  }
  const port = await freePort()
  const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-F']
  const stop = await started(postgres, args, /ready to accept connections/, asNobody)
  return {
    url: `postgres://test@127.0.0.1:${port}/postgres`,
    stop: async () => {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Starts a server and waits until it says that it is ready. @returns a function that ends it. */
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
        if (ready.test(line)) {
          resolve()
        }
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
  if (address === null || typeof address === 'string') {
    throw new Error('no port')
  }
  return address.port
}
