/** What the operator is told of a folder that the bot cannot write to. */

import { ConfigError } from './errors.ts'

const CODES = new Set<unknown>(['EACCES', 'EPERM', 'EROFS'])
/** SQLite's result codes for a file or a folder that it may not write to. */
const SQLITE_READONLY = 8
const SQLITE_CANTOPEN = 14

/**
 * The error for a folder that cannot be written to; undefined if the cause is another.
 *
 * @param setting names another place, such as `SIGHTSEER_STORE`.
 */
export function unwritableFolder(
  folder: string,
  setting: string,
  cause: unknown,
): ConfigError | undefined {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const sqlite = cause instanceof Error && 'errcode' in cause ? cause.errcode : undefined
  if (!CODES.has(code) && sqlite !== SQLITE_READONLY && sqlite !== SQLITE_CANTOPEN) {
    return undefined
  }
  const problem = `The bot cannot write to the folder ${folder}: give the user that runs it the right to write there, or name another place with ${setting}.`
  return new ConfigError([problem], { cause })
}
