/**
 * Downloads a package from a NuGet registry, so that it is complete and verified, or absent.
 *
 * Source: Microsoft, NuGet Server API: "Service index", "Package content", "Package metadata" and
 * "Catalog", whose entry of a package has its SHA-512.
 */

import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { ConfigError } from '../../../config/errors.ts'
import { connectionError, get, type HttpClient } from '../../download/http.ts'

/** Of a document of the registry. */
const MAX_DOCUMENT_BYTES = 16 * 2 ** 20

const serviceIndex = z.object({
  resources: z.array(z.object({ '@id': z.string(), '@type': z.string() })),
})
const registration = z.object({
  catalogEntry: z.union([
    z.string(),
    z.object({ '@id': z.string() }).transform((one) => one['@id']),
  ]),
})
const catalogEntry = z.object({
  packageHash: z.base64(),
  packageHashAlgorithm: z.literal('SHA512'),
  packageSize: z.int().positive(),
})

export type NugetPackage = {
  /** Address of the registry's service index. */
  readonly index: string
  readonly name: string
  readonly version: string
}

/**
 * Downloads a package to a file.
 *
 * @param onBytes called with the bytes so far and all bytes.
 * @throws {ConfigError} if the registry does not have it, or it is not what the registry says.
 */
export async function fetchPackage(
  client: HttpClient,
  { index, name, version }: NugetPackage,
  file: string,
  { signal, onBytes = () => {} }: FetchOptions,
): Promise<void> {
  const { resources } = await readDocument(client, index, serviceIndex, signal)
  const baseOf = (type: string) => {
    const found = resources.find((one) => one['@type'] === type)
    if (found === undefined) {
      throw new ConfigError([`${index} does not list ${type}: it is no NuGet registry.`])
    }
    return found['@id'].replace(/\/?$/, '/')
  }
  const [id, number] = [name.toLowerCase(), version.toLowerCase()]
  const leaf = `${baseOf('RegistrationsBaseUrl')}${id}/${number}.json`
  const { catalogEntry: entry } = await readDocument(client, leaf, registration, signal)
  const expected = await readDocument(client, entry, catalogEntry, signal)
  const address = `${baseOf('PackageBaseAddress/3.0.0')}${id}/${number}/${id}.${number}.nupkg`
  try {
    await download(client, address, file, { expected, signal, onBytes })
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
}

export type FetchOptions = {
  readonly signal: AbortSignal
  readonly onBytes?: (bytes: number, all: number) => void
}

async function download(
  client: HttpClient,
  address: string,
  file: string,
  {
    expected,
    signal,
    onBytes,
  }: Required<FetchOptions> & { readonly expected: z.infer<typeof catalogEntry> },
): Promise<void> {
  const { body, status, url } = await get(client, new URL(address), {}, signal)
  if (status !== 200) {
    await body.dump()
    throw new ConfigError([`${address} answers with status ${status}.`])
  }
  const hash = createHash('sha512')
  let bytes = 0
  const checked = async function* () {
    for await (const piece of body) {
      const part = Buffer.from(piece)
      bytes += part.length
      if (bytes > expected.packageSize) {
        throw new ConfigError([damaged(address, `more than ${expected.packageSize} bytes`)])
      }
      hash.update(part)
      onBytes(bytes, expected.packageSize)
      yield part
    }
  }
  try {
    await pipeline(checked, createWriteStream(file))
  } catch (error) {
    signal.throwIfAborted()
    throw connectionError(error, url.host)
  }
  if (bytes !== expected.packageSize) {
    throw new ConfigError([damaged(address, `${bytes} bytes instead of ${expected.packageSize}`)])
  }
  const digest = hash.digest('base64')
  if (digest !== expected.packageHash) {
    throw new ConfigError([
      damaged(address, `its SHA-512 is ${digest}, not ${expected.packageHash}`),
    ])
  }
}

function damaged(address: string, how: string): string {
  return `${address} is not what the registry says: ${how}. It was deleted.`
}

async function readDocument<T>(
  client: HttpClient,
  address: string,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T> {
  const { body, status } = await get(client, new URL(address), {}, signal)
  if (status !== 200) {
    await body.dump()
    throw new ConfigError([`${address} answers with status ${status}.`])
  }
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of body) {
    pieces.push(Buffer.from(piece))
    bytes += piece.length
    if (bytes > MAX_DOCUMENT_BYTES) {
      throw new ConfigError([`${address} has over ${MAX_DOCUMENT_BYTES} bytes.`])
    }
  }
  try {
    return schema.parse(JSON.parse(Buffer.concat(pieces).toString('utf8')))
  } catch (cause) {
    throw new ConfigError([`${address} is no document of a NuGet registry.`], { cause })
  }
}
