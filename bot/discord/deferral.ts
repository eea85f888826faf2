/**
 * When the first response to an interaction is sent: once what is asked is written down, so that a
 * process that ends between the two leaves no "thinking" that nobody goes on with.
 */

/** Discord gives up on an interaction after 3 s; a slow store or lookup is not waited for longer. */
const DEFER_AFTER_MS = 1500

/** Sends the first response; what is asked must be written down by then. */
export type Acknowledge = () => Promise<void>

/**
 * Does the work, which acknowledges when it has written itself down, and acknowledges for it when
 * that takes too long.
 *
 * @param send the first response; called once at most.
 * @param atLatestMs after so long it is sent anyway. Default 1.5 s.
 * @throws what `work` throws; a first response on its way has arrived by then.
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
    acknowledge().catch(() => {}) // the work itself meets the error, when it acknowledges
  }, atLatestMs)
  try {
    await work(acknowledge)
  } finally {
    clearTimeout(timer)
    await sent?.catch(() => {})
  }
}
