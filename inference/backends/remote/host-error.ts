/** Why a host did not answer a request. */

/**
 * - `unreachable`: no connection, silence, or no answer of an API as it is expected;
 * - `busy`: it has no room now;
 * - `refused`: it does not take the key, or does not have the model;
 * - `rejected`: it says that the request is wrong, which another host would say too;
 * - `cut`: it ended in the middle of an answer.
 */
export type HostFailure = 'unreachable' | 'busy' | 'refused' | 'rejected' | 'cut'

/** The message names the host and the reason, and never a key. */
export class HostError extends Error {
  override name = 'HostError' as const
  readonly failure: HostFailure

  constructor(failure: HostFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.failure = failure
  }

  /** Whether another host may answer. */
  get mayRetry(): boolean {
    return this.failure !== 'rejected' && this.failure !== 'cut'
  }
}
