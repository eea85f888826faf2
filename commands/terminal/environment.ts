/** Settings and working directory of a terminal command. */

import { config as loadEnvironment } from 'dotenv'
import { type Config, readConfig } from '../../config/config.ts'

/** Reads the settings from the environment and `.env`. The environment takes precedence. */
export function readSettings(): Config {
  loadEnvironment({ quiet: true })
  return readConfig(process.env)
}

/**
 * Base of relative paths on the command line. npm runs scripts in the package's root, and passes the
 * user's working directory in INIT_CWD.
 *
 * @param command name of the npm script.
 */
export function userFolder(command: string): string {
  const { npm_lifecycle_event: script, INIT_CWD: start } = process.env
  return script === command && start !== undefined ? start : process.cwd()
}
