/** Chooses the request that is admitted next, within a limit of sequences that run at once. */

import type { Urgency } from '../contract/types.ts'
import type { FairQueue } from './fair-queue.ts'
import type { QueuedRequest } from './live-request.ts'
import type { Program } from './work.ts'

/** Urgencies that may take half of the room: a person who waits may come at any moment. */
const IN_BACKGROUND: ReadonlySet<Urgency> = new Set(['background', 'bulk'])

/**
 * The next request of the queue, which stays in it.
 *
 * A request that takes more than all the room is admitted when nothing else is at work.
 *
 * @param live the requests at work.
 * @param maxSequences sequences at work at once; a beam counts as one.
 * @returns null where none waits, or there is no room.
 */
export function nextToAdmit(
  queue: FairQueue<QueuedRequest>,
  live: readonly QueuedRequest[],
  maxSequences: number,
): QueuedRequest | null {
  const taken = sequencesOf(live)
  const background = sequencesOf(live.filter(isInBackground))
  const next = queue.peek(
    (request) =>
      !isInBackground(request) ||
      background === 0 ||
      background + rowsOf(request.program) <= maxSequences / 2,
  )
  return next && (taken === 0 || taken + rowsOf(next.program) <= maxSequences) ? next : null
}

function isInBackground({ claim }: QueuedRequest): boolean {
  return IN_BACKGROUND.has(claim.urgency)
}

function sequencesOf(requests: readonly QueuedRequest[]): number {
  return requests.reduce((sum, { program }) => sum + rowsOf(program), 0)
}

/** Encoding takes no row of the decoder, but the same memory and time before it. */
function rowsOf({ rows }: Program): number {
  return Math.max(rows, 1)
}
