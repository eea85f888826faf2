/**
 * Ends the inference thread after a bug that belongs to no request: throws the error where nothing
 * catches it. The main thread then rejects the waiting requests, and the next request starts a new
 * thread.
 */
export function endThread(error: unknown): void {
  setImmediate(() => {
    throw error
  })
}
