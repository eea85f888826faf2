/** The token that `hf auth login` saved, for people who set no HF_TOKEN. Never print it. */

import { readFile } from 'node:fs/promises'

/** Longer files hold no token, in characters. */
const MAX_LENGTH = 1000

/** @returns the token in the file; undefined if there is none. */
export async function readSavedToken(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const token = text.replaceAll(/[\r\n]/g, '').trim()
  return token.length <= MAX_LENGTH && /^[\x21-\x7e]+$/.test(token) ? token : undefined
}
