/**
 * Reads prepared weights from the disk in a separate thread while their sessions are opened. A session
 * only maps them: without this, the first run would wait for the disk at each of its matrices.
 */

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

const THREAD_FILE = new URL('read-ahead-thread.ts', import.meta.url)

/**
 * Starts reading. The thread ends by itself or with the calling thread, and keeps neither alive.
 *
 * @param graphs paths of prepared graphs.
 * @returns resolves once everything is read. Never rejects: the session reports what cannot be read.
 */
export async function readAhead(graphs: readonly string[]): Promise<void> {
  if (graphs.length === 0) {
    return
  }
  const thread = new Worker(THREAD_FILE, { workerData: graphs, name: 'read-ahead' })
  thread.unref()
  await once(thread, 'exit').catch(() => {})
}
