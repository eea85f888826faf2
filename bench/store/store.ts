/**
 * The commands that read most of the store, on each database that is installed: how long they take,
 * and the longest delay of the main thread meanwhile, for which everybody else waits.
 */

import { randomBytes } from 'node:crypto'
import { loadavg } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { Client } from 'discord.js'
import { pino } from 'pino'
import { ConversationStore } from '../../bot/memory/conversation-store.ts'
import { Deletions } from '../../bot/memory/deletions.ts'
import { Eraser } from '../../bot/memory/eraser.ts'
import { GuildSettingsStore } from '../../bot/memory/guild-settings.ts'
import { PendingDeletions } from '../../bot/memory/pending-deletions.ts'
import { privacyService } from '../../bot/memory/privacy.ts'
import { ConversationRecords } from '../../bot/memory/records.ts'
import { UserStore } from '../../bot/memory/user-store.ts'
import { writeHashFile } from '../../bot/moderation/hashes/hash-file.ts'
import { HashList } from '../../bot/moderation/hashes/hash-list.ts'
import { readHashFile } from '../../bot/moderation/hashes/read-hash-file.ts'
import { Moderation } from '../../bot/moderation/moderation.ts'
import { GuildModeration } from '../../bot/moderation/settings.ts'
import { Pictures } from '../../bot/pictures/pictures.ts'
import { openStore } from '../../bot/store/store.ts'
import type { Store } from '../../bot/store/types.ts'
import type { PrivacyService } from '../../commands/command.ts'
import { privacyCommand } from '../../commands/privacy.ts'
import { EN } from '../../commands/i18n/en.ts'
import { DAY_MS } from '../../config/durations.ts'
import {
  type Database,
  sqliteFile,
  startPostgres,
  startRedis,
  WITH_POSTGRES,
  WITH_REDIS,
} from '../../test/helpers/databases.ts'
import { writeResults } from '../report/results.ts'
import {
  GUILD,
  hashFileOf,
  importedOf,
  PERSON,
  RULE,
  writeCases,
  writeConversations,
} from './records.ts'

const HASHES = 60_000
const LOOKUPS = 1000

const DATABASES: readonly [string, { skip: string | false }, () => Database | Promise<Database>][] =
  [
    ['sqlite', { skip: false }, sqliteFile],
    ['redis', WITH_REDIS, startRedis],
    ['postgres', WITH_POSTGRES, startPostgres],
  ]

type Measured = {
  /** What it found or changed, so that it is seen to have done something. */
  readonly count: number
  readonly seconds: number
  /** Longest time between two turns of the event loop: by the clock, and of the processor. */
  readonly longestDelayMs: number
  readonly longestWorkMs: number
}

type Commands = Readonly<Record<string, () => Promise<number>>>

export async function runStoreBench(): Promise<void> {
  const load = loadavg()[0]!
  process.stdout.write(`load of the machine: ${load.toFixed(2)}\n`)
  const databases: Record<string, Record<string, Measured>> = {}
  for (const [name, { skip }, start] of DATABASES) {
    if (skip) {
      process.stdout.write(`${name}: ${skip}\n`)
      continue
    }
    databases[name] = await measureDatabase(name, await start())
  }
  writeResults('store', { load, databases })
}

async function measureDatabase(name: string, database: Database) {
  const log = pino({ level: 'silent' })
  const store = await openStore({ url: database.url, keys: [randomBytes(32)], log })
  const results: Record<string, Measured> = {}
  try {
    for (const [command, work] of Object.entries(commandsOn(store))) {
      const measured = await measure(work)
      results[command] = measured
      process.stdout.write(`${name.padEnd(9)}${command.padEnd(26)}${rowOf(measured)}\n`)
    }
  } finally {
    await store.close()
    await database.stop()
  }
  return results
}

/** As a command does it once it is acknowledged. */
function answerAtOnce(_interaction: unknown, work: () => Promise<void>): Promise<void> {
  return work()
}

/** The commands in their order. Each returns how many records it found or changed. */
function commandsOn(store: Store): Commands {
  const log = pino({ level: 'silent' })
  const client = new Client({ intents: [] })
  const model = { card: {}, forget: async () => {} }
  const pictures = new Pictures({ client, fetchPicture: unused, model, log })
  const deletions = new Deletions()
  const users = new UserStore(store, deletions)
  const pending = new PendingDeletions({ store, log })
  const records = new ConversationRecords(store, pictures, pending)
  const settings = new GuildSettingsStore(store, DAY_MS)
  const memory = new ConversationStore(records)
  // The commands here ask the model nothing.
  const moderation: Moderation = Reflect.construct(Moderation, [
    client,
    { store, model, pictures, fetchPicture: unused, log },
  ])
  const { executor } = moderation
  const stored = { records, users, settings, pictures, moderation }
  const jobs = { areStored: async () => false, forget: async () => {} }
  const eraser = new Eraser({ ...stored, jobs, deletions, pending, deletePost: unused })
  const memoryParts = { memory, users, settings, eraser }
  const privacy = moderation.withPrivacy(
    privacyService({ ...memoryParts, modelPlace: () => 'here' }),
  )
  const service = moderation.service()
  return {
    'write conversations': () => writeConversations(records),
    'write cases': () => writeCases(executor.records),
    '/privacy export': () => exportOf(privacy),
    History: async () => (await executor.records.ofMember(GUILD, PERSON)).length,
    '/moderation case': async () =>
      Number((await service.findCase(GUILD, { number: 12_345 })) !== undefined),
    '/moderation stats': async () => {
      const { states } = await service.weeklyStats(GUILD)
      return states.open + states.confirmed
    },
    'hit of a rule': async () => (await executor.records.ofJudgedRule(GUILD, RULE)).length,
    'hits of a rule': () => executor.records.countOfRule(GUILD, RULE),
    '/privacy delete': () => privacy.forget(PERSON, String((BigInt(Date.now()) + 1n) << 22n)),
    ...hashCommandsOn(store),
    'a server is left': async () => {
      await eraser.deleteGuild(GUILD)
      return (await Array.fromAsync(executor.records.all.keys(`${GUILD}/`))).length
    },
    close: async () => {
      await pictures.close()
      return 0
    },
  }
}

/** `/privacy export` of the person. @returns how many records it has. */
async function exportOf(privacy: PrivacyService): Promise<number> {
  const exported = Promise.withResolvers<number>()
  const interaction = {
    user: { id: PERSON },
    options: { getSubcommand: () => 'export' },
    editReply: async ({ files }: { files: { attachment: Buffer }[] }) =>
      exported.resolve(JSON.parse(files[0]!.attachment.toString()).length),
  }
  const execute: typeof privacyCommand.execute = Reflect.get(privacyCommand, 'execute')
  const services = { privacy, deferred: answerAtOnce }
  await Reflect.apply(execute, privacyCommand, [interaction, services, EN])
  return exported.promise
}

function hashCommandsOn(store: Store): Commands {
  // More than the bot allows, as a margin.
  const hashes = new HashList(store, new GuildModeration(store), HASHES)
  const entries = hashFileOf(HASHES)
  const file = new Uint8Array(Buffer.from(writeHashFile(entries.map(importedOf))))
  const probe = { whole: entries[0]!.hash, mirrored: entries[1]!.hash, cropped: [], detail: '' }
  return {
    'read a file of hashes': async () => {
      const read = await readHashFile(file)
      return read.entries.length + read.omitted
    },
    'import hashes': () => hashes.put(GUILD, entries.map(importedOf)),
    'load and look up': async () => {
      const fresh = new HashList(store, new GuildModeration(store), HASHES)
      return Number((await fresh.match(GUILD, probe, 0)) !== undefined)
    },
    'look up': async () => {
      let matches = 0
      for (let i = 0; i < LOOKUPS; i++) {
        matches += Number((await hashes.match(GUILD, probe, 0)) !== undefined)
      }
      return matches
    },
    'list hashes': async () => (await hashes.list(GUILD)).length,
    'remove a hash': () => hashes.remove(GUILD, ({ hash }) => hash === entries[7]!.hash),
    'name deleted from hashes': async () => {
      let count = 0
      for await (const key of hashes.collection.keysWith(`user:${PERSON}`)) {
        await hashes.collection.update(key, (old) => old && { ...old, by: null })
        count += 1
      }
      return count
    },
  }
}

async function unused(): Promise<never> {
  throw new Error('the bench needs no such thing')
}

function rowOf({ count, seconds, longestDelayMs, longestWorkMs }: Measured): string {
  return (
    `${String(count).padStart(6)} ${seconds.toFixed(2).padStart(7)} s, main thread busy ` +
    `${longestWorkMs.toFixed(0).padStart(3)} ms at a time, ${longestDelayMs.toFixed(0)} by the clock`
  )
}

async function measure(work: () => Promise<number>): Promise<Measured> {
  await wait(50) // what the command before left behind is not its own
  const watch = new LoopWatch()
  const started = performance.now()
  const count = await work()
  const seconds = (performance.now() - started) / 1000
  await wait(5) // so that a delay at the end is noticed
  return { count, seconds, ...watch.stop() }
}

/**
 * The longest time between two turns of the event loop. On a busy machine the clock also counts the
 * time in which other programs ran; the processor's time of this thread does not.
 */
class LoopWatch {
  readonly #timer: NodeJS.Timeout
  #at = performance.now()
  #usedMs = usedMs()
  #longestDelayMs = 0
  #longestWorkMs = 0

  constructor() {
    this.#timer = setInterval(() => this.#turn(), 1)
  }

  stop() {
    clearInterval(this.#timer)
    this.#turn()
    return { longestDelayMs: this.#longestDelayMs, longestWorkMs: this.#longestWorkMs }
  }

  #turn(): void {
    const [at, used] = [performance.now(), usedMs()]
    this.#longestDelayMs = Math.max(this.#longestDelayMs, at - this.#at)
    this.#longestWorkMs = Math.max(this.#longestWorkMs, used - this.#usedMs)
    this.#at = at
    this.#usedMs = used
  }
}

/** Processor time of this thread. */
function usedMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
