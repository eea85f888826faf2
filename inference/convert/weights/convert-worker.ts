/** Entry point of a conversion's threads: runs one task at a time. */

import { ConfigError } from '../../../config/errors.ts'
import { convertChunk, hashFile } from './chunk.ts'
import type { Chunk, HashTask } from './chunk.ts'

export type Task = Chunk | HashTask

/**
 * `result` is a hash or null. `problems` has the sentences of a ConfigError, which would lose its
 * class on the way to the main thread.
 */
export type TaskResult = { readonly result: string | null; readonly problems?: readonly string[] }

/** Called by the pool, by name. */
export function run(task: Task): TaskResult {
  try {
    if (task.kind === 'hash') {
      return { result: hashFile(task.file) }
    }
    convertChunk(task)
    return { result: null }
  } catch (error) {
    if (error instanceof ConfigError) {
      return { result: null, problems: error.problems }
    }
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') {
      return { result: null, problems: ['The disk is full.'] }
    }
    throw error
  }
}
