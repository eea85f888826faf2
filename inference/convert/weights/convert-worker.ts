/** The thread of a conversion: takes tasks, one at a time, and answers each. */

import { parentPort } from 'node:worker_threads'
import { ConfigError } from '../../errors.ts'
import { convertChunk, hashFile } from './chunk.ts'
import type { Chunk, HashTask } from './chunk.ts'

export type Task = Chunk | HashTask

/** `problems` is set where the operator has to be told; other errors end the thread. */
export type TaskAnswer = { readonly result: string | null; readonly problems?: readonly string[] }

const port = parentPort
if (port === null) {
  throw new TypeError('expected to be started as a worker thread')
}
port.on('message', (task: Task) => {
  port.postMessage(answer(task))
})

function answer(task: Task): TaskAnswer {
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
