/**
 * The SQLite file that a world is saved to and loaded from.
 *
 * Records are written in transactions, so that the file is consistent after a crash. Values are
 * serialized as structured clones, which support maps, sets and bigints.
 */

import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import { deserialize, serialize } from 'node:v8'
import { pathOf } from '../cdn/files.ts'
import type { StoredFile } from '../cdn/files.ts'
import type { SavedWorld } from './records.ts'

/** The version of the records' format; a file of another version is rejected. */
const VERSION = 1

/** SQLite's application id of a state file: "Sght" in ASCII. */
const APPLICATION_ID = 0x53_67_68_74

/** The kinds of records. */
export type Kind =
  | 'application'
  | 'user'
  | 'guild'
  | 'audit'
  | 'channel'
  | 'message'
  | 'interaction'

/** A state file that cannot be used; the message is shown to the user. */
export class StateFileError extends Error {
  override name = 'StateFileError' as const
}

/** An open state file, locked for other processes. */
export class StateFile {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #put: StatementSync
  readonly #remove: StatementSync
  readonly #removeRange: StatementSync
  readonly #putFile: StatementSync
  readonly #removeFile: StatementSync

  /**
   * Opens the file, and creates it if it does not exist.
   *
   * @throws {StateFileError} if it is not a state file, of another version, or in use.
   */
  constructor(path: string) {
    this.#path = path
    this.#database = this.#open()
    const prepare = (sql: string) => this.#database.prepare(sql)
    this.#put = prepare('INSERT OR REPLACE INTO records (kind, id, value) VALUES (?, ?, ?)')
    this.#remove = prepare('DELETE FROM records WHERE kind = ? AND id = ?')
    this.#removeRange = prepare('DELETE FROM records WHERE kind = ? AND id >= ? AND id < ?')
    this.#putFile = prepare('INSERT OR REPLACE INTO files (path, about, bytes) VALUES (?, ?, ?)')
    this.#removeFile = prepare('DELETE FROM files WHERE path = ?')
  }

  #open(): DatabaseSync {
    let database: DatabaseSync | undefined
    try {
      database = new DatabaseSync(this.#path)
      // One process at a time. With the write-ahead log a crash keeps the last full transaction.
      database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL')
      database.exec('PRAGMA synchronous = NORMAL')
      this.#checkOwn(database)
      database.exec(
        `CREATE TABLE IF NOT EXISTS records
           (kind TEXT, id TEXT, value BLOB, PRIMARY KEY (kind, id)) WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, about BLOB, bytes BLOB);
         PRAGMA user_version = ${VERSION};
         PRAGMA application_id = ${APPLICATION_ID}`,
      )
      return database
    } catch (cause) {
      database?.close()
      if (cause instanceof StateFileError) {
        throw cause
      }
      throw new StateFileError(`The sandbox’s state file ${this.#path} ${reasonOf(cause)}.`, {
        cause,
      })
    }
  }

  /** @throws {StateFileError} for another application's database, or another version. */
  #checkOwn(database: DatabaseSync): void {
    const tables = database.prepare('SELECT name FROM sqlite_schema LIMIT 1').all()
    if (tables.length === 0) {
      return
    }
    const id = database.prepare('PRAGMA application_id').get()?.['application_id']
    const version = database.prepare('PRAGMA user_version').get()?.['user_version']
    if (id !== APPLICATION_ID) {
      throw new StateFileError(`${this.#path} is a database, but not the sandbox’s state.`)
    }
    if (version !== VERSION) {
      throw new StateFileError(
        `The sandbox’s state file ${this.#path} is of another version (${String(version)}, not ${VERSION}); delete it to start anew.`,
      )
    }
  }

  /** All records of the file; null if it is new. */
  load(): SavedWorld | null {
    const [application] = this.#all<SavedWorld['application']>('application')
    if (!application) {
      return null
    }
    return {
      application,
      users: this.#all('user'),
      guilds: this.#all('guild'),
      audit: this.#all('audit'),
      channels: this.#all('channel'),
      messages: this.#all('message'),
      interactions: this.#all('interaction'),
      files: this.#files(),
    }
  }

  #all<T>(kind: Kind): T[] {
    const rows = this.#database
      .prepare('SELECT value FROM records WHERE kind = ? ORDER BY length(id), id')
      .all(kind)
    return rows.map(({ value }): T => deserialize(bytesOf(value)))
  }

  #files(): StoredFile[] {
    const rows = this.#database.prepare('SELECT about, bytes FROM files').all()
    return rows.map(({ about, bytes }): StoredFile => {
      const rest: Omit<StoredFile, 'bytes'> = deserialize(bytesOf(about))
      return { ...rest, bytes: bytesOf(bytes) }
    })
  }

  /** Runs `write` in a transaction; rolls back and rethrows its errors. */
  transaction(write: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      write()
      this.#database.exec('COMMIT')
    } catch (error) {
      // A full disk rolls back by itself; another ROLLBACK would hide why.
      if (this.#database.isTransaction) {
        this.#database.exec('ROLLBACK')
      }
      throw error
    }
  }

  /** Writes a record. */
  put(kind: Kind, id: string, value: unknown): void {
    this.#put.run(kind, id, serialize(value))
  }

  /** Deletes a record. */
  remove(kind: Kind, id: string): void {
    this.#remove.run(kind, id)
  }

  /** Deletes the records with ids from `from` (included) to `to` (excluded), compared as text. */
  removeRange(kind: Kind, from: string, to: string): void {
    this.#removeRange.run(kind, from, to)
  }

  /** Writes a file. */
  putFile(file: StoredFile): void {
    const { bytes, ...about } = file
    this.#putFile.run(pathOf(file), serialize(about), bytes)
  }

  /** Deletes a file. */
  removeFile(path: string): void {
    this.#removeFile.run(path)
  }

  close(): void {
    this.#database.close()
  }
}

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) {
    return value
  }
  throw new TypeError(`expected bytes, got ${typeof value}`)
}

function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause)
  if (/locked|busy/i.test(message)) {
    return 'is in use by another process'
  }
  if (/not a database|malformed/i.test(message)) {
    return 'is not a database'
  }
  return `cannot be opened (${message})`
}
