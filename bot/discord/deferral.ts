/**
 * When the first response to an interaction is sent: after the request is stored, so that a process
 * that ends between the two leaves no "thinking" that is never resumed.
 */

/** An interaction expires after 3 s without a response, so a slow store is not awaited for longer. */
const DEFER_AFTER_MS = 1500

/** Sends the first response; the request must be stored by then. */
export type Acknowledge = () => Promise<void>

/**
 * Runs the work, which acknowledges once its request is stored. If that takes too long, the
 * acknowledgment is sent without waiting.
 *
 * @param send the first response; called once at most.
 * @param atLatestMs it is sent after this time in any case. Default 1.5 s.
 * @throws what `work` throws; a first response in flight has arrived by then.
 */
export async function withDeferral(
  send: () => Promise<unknown>,
  work: (acknowledge: Acknowledge) => Promise<void>,
  atLatestMs: number = DEFER_AFTER_MS,
): Promise<void> {
  let sent: Promise<unknown> | undefined
  const acknowledge = async () => {
    await (sent ??= send())
  }
  const timer = setTimeout(() => {
    acknowledge().catch(() => {}) // the work gets this error when it acknowledges
  }, atLatestMs)
  try {
    await work(acknowledge)
  } finally {
    clearTimeout(timer)
    await sent?.catch(() => {})
  }
}
