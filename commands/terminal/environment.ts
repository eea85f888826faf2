/** What a terminal command reads of the process around it: settings and where it was typed. */

import { config as loadEnvironment } from 'dotenv'
import { type Config, readConfig } from '../../config/config.ts'

/** The settings, from the environment and from `.env` where the environment has none. */
export function readSettings(): Config {
  loadEnvironment({ quiet: true })
  return readConfig(process.env)
}

/**
 * What the paths a person types start from: npm runs scripts in the package's root and keeps
 * where the person was.
 *
 * @param command name of the npm script.
 */
export function typedFrom(command: string): string {
  const { npm_lifecycle_event: script, INIT_CWD: start } = process.env
  return script === command && start !== undefined ? start : process.cwd()
}
