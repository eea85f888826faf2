/** The errors of inference/. The two every room shares are defined below all of them, in config/. */

export { ConfigError, InputError } from '../config/errors.ts'

/** The inference thread died while the request waited; the next request starts a new one. */
export class WorkerCrashError extends Error {
  override name = 'WorkerCrashError' as const
}
