/**
 * Reads the description of a repository from the hub, and explains in a sentence why that fails.
 *
 * One request gives the commit, every file with its size and digest, and the license. The response
 * is validated: its names and digests become paths on disk.
 */

import { z } from 'zod'
import { ConfigError } from '../../config/errors.ts'
import { connectionError, get, type HttpAnswer, type HttpClient } from './http.ts'
import { withRetries, type RetryOptions } from './retry.ts'

/** A larger response cannot be the description of a repository. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024
const MAX_FAILURES = 4

/** The hub's address and the client for it. */
export type Hub = {
  /** Origin and path prefix without a slash at the end, e.g. `https://huggingface.co`. */
  readonly endpoint: string
  readonly client: HttpClient
}

/** The digest of a file; the hub gives one kind or the other. */
export type Digest = { readonly kind: 'sha256' | 'git-sha1'; readonly hex: string }

export type RemoteFile = {
  readonly name: string
  readonly bytes: number
  readonly digest: Digest
}

export type Repository = {
  /** `OWNER/NAME` as requested. */
  readonly id: string
  /** The commit the revision stands for; 40 hexadecimal digits. */
  readonly commit: string
  readonly files: readonly RemoteFile[]
  /** The license the model card names, or null. */
  readonly license: string | null
}

const sha1 = z.string().regex(/^[0-9a-f]{40}$/)
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

const answerSchema = z.object({
  sha: sha1,
  cardData: z
    .object({
      license: z.union([z.string(), z.array(z.string())]).nullish(),
      license_name: z.string().nullish(),
    })
    .nullish(),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.int().nonnegative().nullish(),
      blobId: sha1.nullish(),
      lfs: z.object({ size: z.int().nonnegative(), sha256 }).nullish(),
    }),
  ),
})

/** Whether the text is `OWNER/NAME` as the hub allows it. */
export function isRepositoryId(text: string): boolean {
  const part = '[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?'
  return new RegExp(`^${part}/${part}$`).test(text) && !text.includes('..')
}

/** The address of one file of a commit. */
export function fileUrl(hub: Hub, repository: Repository, name: string): URL {
  const parts = name.split('/').map(encodeURIComponent).join('/')
  const path = `${repository.id}/resolve/${repository.commit}/${parts}`
  return new URL(`${hub.endpoint}/${path}`)
}

/**
 * Reads the commit, files and license of a revision (branch, tag or commit) of a repository.
 *
 * @throws {ConfigError} saying what to do, when the hub refuses or fails.
 */
export async function readRepository(
  hub: Hub,
  id: string,
  revision: string,
  retry: Omit<RetryOptions, 'maxFailures'>,
): Promise<Repository> {
  const path = `api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`
  const url = new URL(`${hub.endpoint}/${path}`)
  const text = await withRetries(
    async () => {
      const answer = await get(hub.client, url, { accept: 'application/json' }, retry.signal)
      if (answer.status !== 200) {
        throw await refusal(answer, hub, id, `revision ${revision}`)
      }
      return readText(answer, retry.signal)
    },
    { ...retry, maxFailures: MAX_FAILURES },
  )
  const parsed = answerSchema.safeParse(parseJson(text))
  if (!parsed.success) {
    throw new ConfigError(
      [`${url.host} does not answer as a model hub does. Check HF_ENDPOINT (${hub.endpoint}).`],
      { cause: parsed.error },
    )
  }
  const { sha, cardData, siblings } = parsed.data
  const files: RemoteFile[] = []
  for (const { rfilename: name, size, blobId, lfs } of siblings) {
    if (lfs) {
      files.push({ name, bytes: lfs.size, digest: { kind: 'sha256', hex: lfs.sha256 } })
    } else if (typeof size === 'number' && blobId) {
      files.push({ name, bytes: size, digest: { kind: 'git-sha1', hex: blobId } })
    }
  }
  if (files.length === 0 && siblings.length > 0) {
    throw new ConfigError([
      `${url.host} lists the files of ${id} without their sizes and digests, which a download is checked with. Use another endpoint (HF_ENDPOINT is ${hub.endpoint}).`,
    ])
  }
  const license = [cardData?.license ?? []].flat().join(', ')
  const named = license === 'other' && cardData?.license_name ? cardData.license_name : license
  return { id, commit: sha, files, license: named === '' ? null : named }
}

/**
 * Explains why the hub refused, and what the operator can do. Dumps the body.
 *
 * @param what the thing requested, e.g. `revision main`.
 */
export async function refusal(
  answer: HttpAnswer,
  hub: Hub,
  id: string,
  what: string,
): Promise<ConfigError> {
  await answer.body.dump()
  const page = `${hub.endpoint}/${id}`
  const code = answer.header('x-error-code')
  const hasToken = hub.client.token !== undefined
  if (code === 'GatedRepo') {
    const first = `${id} is gated: its owner asks for agreement first. Accept the terms at ${page}`
    const then = hasToken
      ? 'with the account that HF_TOKEN belongs to, then try again.'
      : 'with your account, put a token of that account into HF_TOKEN, then try again.'
    return new ConfigError([`${first} ${then}`])
  }
  if (answer.header('x-error-message') === 'Access to this resource is disabled.') {
    return new ConfigError([`The hub has disabled ${id}; nobody can download it.`])
  }
  if (code === 'RevisionNotFound') {
    return new ConfigError([`${id} has no ${what}. The branches are listed at ${page}/tree/main.`])
  }
  const fromHub = answer.url.origin === new URL(hub.endpoint).origin || code === 'RepoNotFound'
  const missing = answer.status === 404 && code !== 'EntryNotFound' && fromHub
  if (answer.status === 401 || missing) {
    return new ConfigError([notFound(answer, id, hasToken)])
  }
  if (answer.status === 403) {
    return new ConfigError([
      `HF_TOKEN may not read ${id}. Give it read access to this repository in the token's settings.`,
    ])
  }
  if (answer.status === 404) {
    return new ConfigError([`${id} has no ${what}.`])
  }
  return new ConfigError([
    `${answer.url.host} answered ${answer.status} when asked for ${what} of ${id}. Check HF_ENDPOINT (${hub.endpoint}).`,
  ])
}

/** The hub answers 401 or 404 both for a missing repository and for a private one. */
function notFound(answer: HttpAnswer, id: string, hasToken: boolean): string {
  if (answer.header('x-error-message') === 'Invalid credentials in Authorization header') {
    return 'The hub does not accept HF_TOKEN. Make a new token, or unset it for public models.'
  }
  const check = `The hub shows no repository ${id}. Check the spelling`
  return hasToken
    ? `${check}; if it is private, HF_TOKEN must belong to an account that may read it.`
    : `${check}; if it is private, put a token that may read it into HF_TOKEN.`
}

async function readText(answer: HttpAnswer, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    const body: AsyncIterable<Buffer> = answer.body
    for await (const chunk of body) {
      bytes += chunk.length
      if (bytes > MAX_ANSWER_BYTES) {
        throw new ConfigError([`${answer.url.host} does not answer as a model hub does.`])
      }
      chunks.push(chunk)
    }
  } catch (error) {
    signal.throwIfAborted()
    throw connectionError(error, answer.url.host)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
