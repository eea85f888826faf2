/**
 * The store under its heaviest commands: how long the main thread is held up while one person exports
 * and deletes their records, and a server is deleted, among 20,000 records in an encrypted file.
 */

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { pino } from 'pino'
import { channelSchema } from '../bot/memory/conversation.ts'
import { openStore } from '../bot/store/store.ts'
import { writeResults } from './report/results.ts'

const RECORDS = 20_000
const NS_PER_MS = 1e6

export async function runStoreBench(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sightseer-bench-'))
  try {
    const url = `sqlite:${path.join(folder, 'store.sqlite')}`
    const store = await openStore({ url, keys: [randomBytes(32)], log: pino({ level: 'silent' }) })
    const channels = store.collection({
      name: 'conversations',
      ttlMs: 3_600_000,
      decode: (data) => channelSchema.parse(data),
    })
    for (let i = 0; i < RECORDS; i++) {
      await channels.set(`1/${i}/`, { talks: [] })
    }
    const walks = {
      entries: async () => (await Array.fromAsync(channels.entries())).length,
      keys: async () => (await Array.fromAsync(channels.keys())).length,
      deleteAll: () => channels.deleteAll('1/'),
    }
    const results: Record<string, object> = {}
    for (const [name, walk] of Object.entries(walks)) {
      results[name] = await measured(walk)
    }
    process.stdout.write(`${RECORDS} records\n`)
    process.stdout.write(`${JSON.stringify(results, null, 2)}\n`)
    writeResults('store', { records: RECORDS, walks: results })
    await store.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Runs a walk. @returns its records, its time, and the longest delay of the event loop. */
async function measured(walk: () => Promise<number>) {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const started = performance.now()
  const records = await walk()
  const seconds = (performance.now() - started) / 1000
  delay.disable()
  return { records, seconds, longestDelayMs: delay.max / NS_PER_MS }
}
