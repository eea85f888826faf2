/**
 * Reads a file of hashes on a thread of its own: parsing and checking 8 MiB takes longer than the
 * main thread may be busy.
 */

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { InputError } from '../../../config/errors.ts'
import type { FileEntry, HashFile } from './hash-file.ts'
import type { HashFileMessage } from './hash-file-thread.ts'

const THREAD_FILE = new URL('./hash-file-thread.ts', import.meta.url)
/** The heap of the thread, in MiB; 8 MiB of JSON need about 60. */
const MAX_HEAP_MIB = 256
const MAX_READ_MS = 20_000

/**
 * @param bytes the whole file; they are moved to the thread and can no longer be used here.
 * @throws {InputError} `hash/bad-file` if it is not a file of hashes, or takes too long to read.
 */
export async function readHashFile(bytes: Uint8Array<ArrayBuffer>): Promise<HashFile> {
  const worker = new Worker(THREAD_FILE, {
    workerData: bytes,
    transferList: [bytes.buffer],
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
    name: 'hash-file',
  })
  const entries: FileEntry[] = []
  let counts: Omit<HashFile, 'entries'> | undefined
  worker.on('message', (message: HashFileMessage) => {
    if (message.type === 'entries') {
      entries.push(...message.entries)
    } else if (message.type === 'end') {
      ;({ counts } = message)
    }
  })
  const limit = setTimeout(() => void worker.terminate(), MAX_READ_MS)
  try {
    await once(worker, 'exit')
  } catch {
    // Its heap was full: the file is not a list.
  } finally {
    clearTimeout(limit)
  }
  if (counts === undefined) {
    throw new InputError('hash/bad-file')
  }
  return { entries, ...counts }
}
