/**
 * Has prepared weights read from the disk while their sessions are opened, by a thread beside the
 * one that this blocks. A session only maps them: without this the first run would wait for each
 * of its matrices in turn, and a disk for the run.
 */

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

const THREAD_FILE = new URL('read-ahead-thread.ts', import.meta.url)

/**
 * Starts reading. The thread ends by itself, or with the one that calls, and keeps neither alive.
 *
 * @param graphs files of prepared graphs.
 * @returns resolves once all is read. Does not reject: what cannot be read, the session tells.
 */
export async function readAhead(graphs: readonly string[]): Promise<void> {
  if (graphs.length === 0) {
    return
  }
  const thread = new Worker(THREAD_FILE, { workerData: graphs, name: 'read-ahead' })
  thread.unref()
  await once(thread, 'exit').catch(() => {})
}
