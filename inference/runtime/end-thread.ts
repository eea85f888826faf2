/**
 * Ends the inference thread after a bug that no request can be told of: the error is thrown where
 * nothing catches it. The main thread then rejects what waits, and the next request starts a new one.
 */
export function endThread(error: unknown): void {
  setImmediate(() => {
    throw error
  })
}
