/** Settings and working directory of a terminal command. */

import { config as loadEnvironment } from 'dotenv'
import { isServed } from '../../config/addresses.ts'
import { type Config, readConfig } from '../../config/config.ts'

/**
 * Reads the settings from the environment and `.env`. The environment takes precedence.
 *
 * @param model from the command line: where it is addresses of servers, the setting of that name.
 */
export function readSettings(model?: string): Config {
  loadEnvironment({ quiet: true })
  const named = model !== undefined && isServed(model) ? { SIGHTSEER_MODEL: model } : {}
  return readConfig({ ...process.env, ...named })
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
