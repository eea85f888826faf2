/**
 * The libraries with which ONNX Runtime runs on CUDA: those of its own that its npm package leaves out,
 * and NVIDIA's.
 *
 * What belongs to the installed version, and where it goes, is in the package's script/install-metadata.js,
 * which its own install script goes by.
 */

import { execFile } from 'node:child_process'
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
} from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createInflateRaw } from 'node:zlib'
import { z } from 'zod'
import { ConfigError } from '../../../config/errors.ts'
import { readZip, type ZipEntry, ZipError } from '../../convert/checkpoint/zip.ts'
import type { HttpClient } from '../../download/http.ts'
import { withRetries } from '../../download/retry.ts'
import { lastLine } from './driver.ts'
import { fetchPackage, type FetchOptions, type NugetPackage } from './nuget.ts'

const require = createRequire(import.meta.url)
const PLATFORM = 'linux/x64'
const MANIFEST = `${PLATFORM}:cuda12`
/** TensorRT's is not used. */
const NEEDED = /providers_(?:cuda|shared)\.so$/
/** Attempts to download the package. */
const MAX_FAILURES = 3
const BINDING = 'onnxruntime_binding.node'

const metadataSchema = z.object({
  manifests: z.record(
    z.string(),
    z.record(z.string(), z.object({ package: z.string(), path: z.string() })),
  ),
  packages: z.record(
    z.string(),
    z.object({
      name: z.string(),
      versions: z.array(z.object({ feed: z.string(), version: z.string() })).min(1),
    }),
  ),
  feeds: z.record(z.string(), z.object({ index: z.string() })),
})

/** What is to be installed. */
export type ProviderFiles = {
  readonly source: NugetPackage
  /** Where ONNX Runtime looks for them. */
  readonly folder: string
  /** Path in the package, by file name. */
  readonly files: Readonly<Record<string, string>>
}

/** @throws {ConfigError} if there are none for this system, or the package has another layout. */
export function providerFiles(): ProviderFiles {
  const here = `${process.platform}/${process.arch}`
  if (here !== PLATFORM) {
    throw new ConfigError([
      `ONNX Runtime's npm package has CUDA for ${PLATFORM} only; this is ${here}.`,
    ])
  }
  const root = path.dirname(require.resolve('onnxruntime-node/package.json'))
  const metadata = metadataSchema.parse(require(path.join(root, 'script', 'install-metadata.js')))
  const manifest = Object.entries(metadata.manifests[MANIFEST] ?? {}).filter(([name]) =>
    NEEDED.test(name),
  )
  const source = metadata.packages[manifest[0]?.[1].package ?? '']
  const { feed = '', version = '' } = source?.versions[0] ?? {}
  const index = metadata.feeds[feed]?.index
  const folder = readdirSync(path.join(root, 'bin'))
    .map((api) => path.join(root, 'bin', api, PLATFORM))
    .find((one) => existsSync(path.join(one, BINDING)))
  if (source === undefined || index === undefined || folder === undefined) {
    throw new ConfigError([
      `The installed onnxruntime-node does not say where its CUDA libraries are.`,
    ])
  }
  return {
    source: { index, name: source.name, version },
    folder,
    files: Object.fromEntries(
      manifest.map(([name, { path: inPackage }]) => [path.basename(name), inPackage]),
    ),
  }
}

/** The files that are not installed. */
export function missingFiles({ folder, files }: ProviderFiles): string[] {
  return Object.keys(files).filter((name) => !existsSync(path.join(folder, name)))
}

/**
 * Downloads the package and installs the files: all of them, or none.
 *
 * @throws {ConfigError} if the download fails, is not authentic, or lacks a file.
 */
export async function installFiles(
  client: HttpClient,
  { source, folder, files }: ProviderFiles,
  options: FetchOptions,
): Promise<void> {
  const temporary = await mkdtemp(path.join(folder, '.cuda-'))
  try {
    const archive = path.join(temporary, 'package')
    await withRetries(() => fetchPackage(client, source, archive, options), {
      maxFailures: MAX_FAILURES,
      signal: options.signal,
    })
    await extract(archive, files, temporary)
    for (const name of Object.keys(files)) {
      await rename(path.join(temporary, name), path.join(folder, name))
    }
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

async function extract(
  archive: string,
  files: ProviderFiles['files'],
  folder: string,
): Promise<void> {
  const descriptor = openSync(archive, 'r')
  let entries: ReadonlyMap<string, ZipEntry>
  try {
    entries = readZip(descriptor, fstatSync(descriptor).size, { mayDeflate: true })
  } catch (error) {
    const isBroken = error instanceof ZipError
    throw isBroken ? new ConfigError([`The package ${error.message}.`], { cause: error }) : error
  } finally {
    closeSync(descriptor)
  }
  for (const [name, inPackage] of Object.entries(files)) {
    const entry = entries.get(inPackage)
    if (entry === undefined) {
      throw new ConfigError([`The package has no ${inPackage}.`])
    }
    const length = entry.deflatedBytes ?? entry.bytes
    const stored = createReadStream(archive, {
      start: entry.offset,
      end: entry.offset + length - 1,
    })
    const target = createWriteStream(path.join(folder, name))
    await (entry.deflatedBytes === null
      ? pipeline(stored, target)
      : pipeline(stored, createInflateRaw(), target))
  }
}

/** Where Debian's and Ubuntu's packages of NVIDIA have a library. */
const PACKAGES: readonly (readonly [library: RegExp, name: string])[] = [
  [/^libcudart\.so/, 'cuda-cudart-12-*'],
  [/^libcublas/, 'libcublas-12-*'],
  [/^libcudnn/, 'cudnn9-cuda-12'],
  [/^libcufft/, 'libcufft-12-*'],
  [/^libcurand/, 'libcurand-12-*'],
  [/^libnvrtc/, 'cuda-nvrtc-12-*'],
  [/^libcuda\.so/, 'the driver'],
]

/**
 * The libraries of NVIDIA that the dynamic linker does not find, each with the package that has it.
 *
 * @throws {ConfigError} if `ldd` cannot tell.
 */
export async function missingLibraries({ folder, files }: ProviderFiles): Promise<string[]> {
  const missing = new Set<string>()
  for (const name of Object.keys(files)) {
    let said: string
    try {
      ;({ stdout: said } = await promisify(execFile)('ldd', [path.join(folder, name)]))
    } catch (cause) {
      throw new ConfigError([`ldd cannot read ${name}: ${lastLine(cause)}.`], { cause })
    }
    for (const [, library = ''] of said.matchAll(/^\s*(\S+) => not found/gm)) {
      const known = PACKAGES.find(([pattern]) => pattern.test(library))
      missing.add(known === undefined ? library : `${library} (${known[1]})`)
    }
  }
  return [...missing].toSorted()
}
