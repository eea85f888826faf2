/** The thread of readHashFile: parses the file, and posts its entries in small messages. */

import { parentPort, workerData } from 'node:worker_threads'
import type { FileEntry, HashFile } from './hash-file.ts'
import { parseHashFile } from './hash-file.ts'

/** Entries of one message: the reader takes other work between messages. */
const ENTRIES_PER_MESSAGE = 200

export type HashFileMessage =
  | { readonly type: 'entries'; readonly entries: readonly FileEntry[] }
  | { readonly type: 'end'; readonly counts: Omit<HashFile, 'entries'> }
  | { readonly type: 'bad-file' }

const bytes: unknown = workerData
const file = bytes instanceof Uint8Array ? parseHashFile(Buffer.from(bytes).toString('utf8')) : null
const post = (message: HashFileMessage) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of a thread, no window
  parentPort?.postMessage(message)
}
if (file) {
  for (let i = 0; i < file.entries.length; i += ENTRIES_PER_MESSAGE) {
    post({ type: 'entries', entries: file.entries.slice(i, i + ENTRIES_PER_MESSAGE) })
  }
  const { dismissed, omitted } = file
  post({ type: 'end', counts: { dismissed, omitted } })
} else {
  post({ type: 'bad-file' })
}
