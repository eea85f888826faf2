/**
 * Locks between processes that end with their process: SQLite's lock of an otherwise empty database,
 * which the operating system releases however the process ends. The id of the process is in the
 * database's header, where others can read it.
 *
 * Nothing here may open the file of a held lock: POSIX releases all locks of a process on a file when
 * the process closes any descriptor of it. Source: sqlite.org, howtocorrupt.html, 2.2.
 */

import { type BigIntStats, closeSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ConfigError } from '../../config/errors.ts'

/** Offset of `user_version` in the database's header, which holds the process id. */
const PROCESS_ID_AT = 60
/** SQLite's primary result code for a lock that somebody else has. */
const BUSY = 5
/** Attempts at a lock whose file was deleted by its last holder in between. */
const MAX_ATTEMPTS = 20

/** The locks of this process, by absolute path. */
const held = new Set<string>()

/**
 * Runs `work` while no other process can hold the lock.
 *
 * @param file of the lock; its folder is created. Deleted afterwards.
 * @param busy the sentence for a lock that is taken; `holder` is `process 123`, `another process` or
 *   `this process`.
 * @throws {ConfigError} with that sentence, or if there can be no such file.
 */
export async function withLock<T>(
  file: string,
  busy: (holder: string) => string,
  work: () => Promise<T>,
): Promise<T> {
  const lock = path.resolve(file)
  if (held.has(lock)) {
    throw new ConfigError([busy('this process')])
  }
  held.add(lock)
  let database: DatabaseSync | undefined
  try {
    await mkdir(path.dirname(lock), { recursive: true })
    database = acquire(lock, busy)
    return await work()
  } finally {
    if (database !== undefined) {
      rmSync(lock, { force: true }) // before the lock ends, so that it is nobody else's file
      database.close()
    }
    held.delete(lock)
  }
}

function acquire(file: string, busy: (holder: string) => string): DatabaseSync {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    closeSync(openSync(file, 'a'))
    const before = identity(file)
    const database = new DatabaseSync(file, { timeout: 0 })
    try {
      // Exclusive: the lock of the write outlives it. No journal file: nothing here is worth one.
      database.exec(`PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;
        PRAGMA user_version=${process.pid}`)
    } catch (error) {
      database.close()
      if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) {
        throw new ConfigError([busy(holderOf(file))], { cause: error })
      }
      const why = error instanceof Error ? error.message : String(error)
      throw new ConfigError([`${file} cannot be locked: ${why}. Delete it if nothing uses it.`], {
        cause: error,
      })
    }
    if (before !== null && before === identity(file)) {
      return database
    }
    database.close() // the last holder deleted the file after it was opened here
  }
  throw new ConfigError([busy('another process')])
}

/** Device and inode of a file; null if there is none. */
function identity(file: string): string | null {
  const stats: BigIntStats | undefined = statSync(file, { bigint: true, throwIfNoEntry: false })
  return stats === undefined ? null : `${stats.dev} ${stats.ino}`
}

function holderOf(file: string): string {
  try {
    const id = readFileSync(file).readInt32BE(PROCESS_ID_AT)
    return id > 0 ? `process ${id}` : 'another process'
  } catch {
    return 'another process'
  }
}
