/** Downloads pictures from Discord's CDN, and from nowhere else. */

import { Agent, buildConnector, errors, request } from 'undici'
import type { PictureLink } from '../../commands/picture.ts'
import { setTimeout as wait } from 'node:timers/promises'
import { InputError } from '../../config/errors.ts'
import { lookupPublic, PrivateAddressError } from './public-addresses.ts'

/** Discord's own hosts of attachments, and its proxy for pictures that come from elsewhere. */
export const DISCORD_CDN_ORIGINS = [
  'https://cdn.discordapp.com',
  'https://media.discordapp.net',
  'https://images-ext-1.discordapp.net',
  'https://images-ext-2.discordapp.net',
] as const

const TIMEOUT_MS = 20_000
/** Pauses before a download is repeated, milliseconds: a CDN that is away for a second loses none. */
const PAUSES_MS = [500, 2_000, 6_000] as const
const CONNECTIONS_PER_HOST = 16
const MIB = 1024 * 1024
/** Discord's own limit is 10 MiB for most members, up to 500 MiB with Nitro. */
const DEFAULT_MAX_BYTES = 32 * MIB

export type PictureSource = {
  /**
   * Origins that may be asked, such as https://cdn.discordapp.com. A name of an `https` one must
   * lead to a public address; `http` is for a loopback Discord.
   */
  readonly origins: readonly string[]
  /** Larger files are refused. Default 32 MiB. */
  readonly maxBytes?: number | undefined
  /** A download that takes longer is given up, milliseconds. Default 20 s. */
  readonly timeoutMs?: number
  /** Pauses before a failed download is repeated, milliseconds. Default 0.5, 2 and 6 s. */
  readonly pausesMs?: readonly number[]
}

/**
 * Downloads one picture.
 *
 * @throws {InputError} if it is too large, gone or no picture (`image/too-large`, `image/gone`,
 *   `image/not-a-picture`), does not come, after retries (`image/timeout`, `image/not-fetched`,
 *   `image/bad-response`), or is not on Discord (`image/elsewhere`).
 * @throws the signal's reason once that is aborted.
 */
export type FetchPicture = (link: PictureLink, signal?: AbortSignal) => Promise<Uint8Array>

export type PictureFetcher = FetchPicture & {
  /** Ends its connections. */
  close(): Promise<void>
}

/** Makes the function that downloads pictures. */
export function createPictureFetcher(source: PictureSource): PictureFetcher {
  const { origins, maxBytes = DEFAULT_MAX_BYTES, timeoutMs = TIMEOUT_MS } = source
  const { pausesMs = PAUSES_MS } = source
  const agent = new Agent({ connect: connectOnlyTo(origins), connections: CONNECTIONS_PER_HOST })
  const tooLarge = () => new InputError('image/too-large', { maxBytes })
  const fetchOnce = async ({ url, size, kind }: PictureLink, signal?: AbortSignal) => {
    if (!origins.includes(URL.parse(url)?.origin ?? '')) {
      throw notOnDiscord()
    }
    if (size > maxBytes) {
      throw tooLarge()
    }
    const timeout = AbortSignal.timeout(timeoutMs)
    try {
      const either = AbortSignal.any(signal ? [signal, timeout] : [timeout])
      const bytes = await download(url, { agent, signal: either, maxBytes, kind })
      if (bytes === null) {
        throw tooLarge()
      }
      return bytes
    } catch (error) {
      signal?.throwIfAborted()
      throw error instanceof InputError ? error : whyNotCome(error, timeout.aborted)
    }
  }
  const fetchPicture = async (link: PictureLink, signal?: AbortSignal) => {
    for (const pauseMs of pausesMs) {
      try {
        return await fetchOnce(link, signal)
      } catch (error) {
        if (!mayComeLater(error)) {
          throw error
        }
        await wait(pauseMs, undefined, signal && { signal }).catch(() => signal?.throwIfAborted())
      }
    }
    return fetchOnce(link, signal)
  }
  return Object.assign(fetchPicture, { close: () => agent.destroy() })
}

/** The last line of defense: no connection to any other host, whatever asked for it. */
function connectOnlyTo(origins: readonly string[]): buildConnector.connector {
  const open = buildConnector({ timeout: TIMEOUT_MS })
  const openPublic = buildConnector({ timeout: TIMEOUT_MS, lookup: lookupPublic })
  return (options, callback) => {
    const { protocol, hostname, port } = options
    const { origin } = new URL(`${protocol}//${hostname}${port ? `:${port}` : ''}`)
    if (!origins.includes(origin)) {
      callback(notOnDiscord(), null)
    } else if (protocol === 'https:') {
      openPublic(options, callback)
    } else {
      open(options, callback)
    }
  }
}

type Download = {
  readonly agent: Agent
  readonly signal: AbortSignal
  readonly maxBytes: number
  readonly kind: PictureLink['kind']
}

/** @returns the body, or null if it is longer than `maxBytes`. */
async function download(url: string, options: Download): Promise<Uint8Array | null> {
  const { agent, signal, maxBytes, kind } = options
  // undici follows no redirect unless it is told to.
  const { statusCode, headers, body } = await request(url, { dispatcher: agent, signal })
  try {
    checkAnswer(statusCode, kind === 'file' ? undefined : headers['content-type'])
    if (Number(headers['content-length'] ?? 0) > maxBytes) {
      return null
    }
    const chunks: Uint8Array[] = []
    let length = 0
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      length += chunk.length
      if (length > maxBytes) {
        return null
      }
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  } finally {
    if (!body.readableEnded) {
      body.on('error', () => {}).destroy()
    }
  }
}

function checkAnswer(statusCode: number, type: string | string[] | undefined): void {
  if ([401, 403, 404, 410, 415].includes(statusCode)) {
    throw new InputError('image/gone')
  }
  if (statusCode !== 200) {
    throw new InputError('image/bad-response', { status: statusCode })
  }
  // The bytes decide in the end; this only spares the download of a page or a film.
  if (typeof type === 'string' && !/^(image\/|application\/octet-stream|binary\/)/i.test(type)) {
    throw new InputError('image/not-a-picture')
  }
}

function whyNotCome(cause: unknown, timedOut: boolean): InputError {
  return timedOut || cause instanceof errors.ConnectTimeoutError
    ? new InputError('image/timeout', null, { cause })
    : new InputError('image/not-fetched', null, { cause })
}

/** Whether the way failed, not the file. A download that ran into its time limit is not repeated. */
function mayComeLater(error: unknown): boolean {
  if (!(error instanceof InputError)) {
    return false
  }
  const { code, params } = error
  return (
    (code === 'image/not-fetched' && !(error.cause instanceof PrivateAddressError)) ||
    (code === 'image/bad-response' && Number(Reflect.get(params ?? {}, 'status')) >= 500)
  )
}

function notOnDiscord(): InputError {
  return new InputError('image/elsewhere')
}
