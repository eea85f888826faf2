/** The thread of a conversion: runs tasks, one at a time. */

import { ConfigError } from '../../../config/errors.ts'
import { convertChunk, hashFile } from './chunk.ts'
import type { Chunk, HashTask } from './chunk.ts'

export type Task = Chunk | HashTask

/** `problems` is set where the message is for the operator: an error loses its class between threads. */
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
