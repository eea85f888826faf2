/** Downloads pictures from Discord's CDN, and from nowhere else. */

import { request } from 'undici'
import type { PictureLink } from '../commands/command.ts'
import { InputError } from '../config/errors.ts'

/** Discord's own hosts of attachments. */
export const DISCORD_CDN_ORIGINS = [
  'https://cdn.discordapp.com',
  'https://media.discordapp.net',
] as const

const TIMEOUT_MS = 20_000
const MIB = 1024 * 1024
/** Discord's own limit is 10 MiB for most members, up to 500 MiB with Nitro. */
const DEFAULT_MAX_BYTES = 32 * MIB

export type PictureSource = {
  /** Origins that may be asked, such as https://cdn.discordapp.com. */
  readonly origins: readonly string[]
  /** Larger files are refused. Default 32 MiB. */
  readonly maxBytes?: number | undefined
}

/**
 * Makes the function that downloads a picture.
 *
 * @returns a function that throws InputError if the file is too large, gone, or does not come.
 */
export function createPictureFetcher({ origins, maxBytes = DEFAULT_MAX_BYTES }: PictureSource) {
  return async function fetchPicture({ url, size }: PictureLink): Promise<Uint8Array> {
    if (!origins.includes(new URL(url).origin)) {
      throw new InputError('That picture is not on Discord, so I will not fetch it.')
    }
    const most = maxBytes < MIB ? `${maxBytes} bytes` : `${Math.floor(maxBytes / MIB)} MiB`
    const tooLarge = `That picture is over ${most}. Please send a smaller one.`
    if (size > maxBytes) {
      throw new InputError(tooLarge)
    }
    const bytes = await download(url, maxBytes)
    if (bytes === null) {
      throw new InputError(tooLarge)
    }
    return bytes
  }
}

/** @returns the body, or null if it is longer than `maxBytes`. */
async function download(url: string, maxBytes: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (statusCode !== 200) {
      await body.dump()
      throw new InputError('That picture is no longer there. Please upload it again.')
    }
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      length += chunk.length
      if (length > maxBytes) {
        return null
      }
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof InputError) {
      throw error
    }
    throw new InputError('That picture could not be fetched from Discord. Please try again.', {
      cause: error,
    })
  }
  return Buffer.concat(chunks)
}
