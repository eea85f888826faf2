/** Where Hugging Face's own programs keep the saved token and downloaded models. */

import { homedir } from 'node:os'
import path from 'node:path'

export type HubPaths = {
  /** The token that `hf auth login` saves. */
  readonly tokenFile: string
  /** The folder of `models--OWNER--NAME` folders. */
  readonly cache: string
}

/**
 * The paths, by the same rules as huggingface_hub 1.x, constants.py.
 *
 * @param env the values of HF_HOME, HF_HUB_CACHE, HF_TOKEN_PATH and XDG_CACHE_HOME.
 */
export function hubPaths(env: Readonly<Record<string, string | undefined>>): HubPaths {
  const caches = env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache')
  const home = expanded(env['HF_HOME']) ?? path.join(caches, 'huggingface')
  return {
    tokenFile: expanded(env['HF_TOKEN_PATH']) ?? path.join(home, 'token'),
    cache: expanded(env['HF_HUB_CACHE']) ?? path.join(home, 'hub'),
  }
}

/** `~` is the user's own folder; null for an empty value. */
function expanded(value: string | undefined): string | null {
  return value ? value.trim().replace(/^~(?=\/|$)/, homedir()) : null
}
