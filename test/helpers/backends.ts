/** The databases that a store can be in, for tests that run on each of them. */

import { openPostgres } from '../../bot/store/backends/postgres.ts'
import { openRedis } from '../../bot/store/backends/redis.ts'
import { openSqlite } from '../../bot/store/backends/sqlite.ts'
import { sqliteFile, startPostgres, startRedis, WITH_POSTGRES, WITH_REDIS } from './databases.ts'

/** Each with its name, the options of `describe`, how it is started, and how it is opened. */
export const BACKENDS = [
  ['SQLite', {}, sqliteFile, openSqlite],
  ['Redis', WITH_REDIS, startRedis, openRedis],
  ['Postgres', WITH_POSTGRES, startPostgres, openPostgres],
] as const
