/**
 * Downloads the files of a repository that a package is made from, several at once.
 *
 * The small files come first: a model that cannot be converted, or does not fit on the disk, is
 * refused before its weights are downloaded. Each commit has its own folder, so files in it never
 * become stale, and a later run resumes there.
 */

import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fetchFile, type FetchContext } from './fetch-file.ts'
import type { Hub, RemoteFile, Repository } from './hub.ts'
import { bytesPresent } from './partial-file.ts'
import type { RetryOptions } from './retry.ts'
import { selectFirstFiles, selectShards } from './select-files.ts'

/** Files downloaded at once. */
const DEFAULT_AT_ONCE = 4

export type DownloadProgress = {
  /** Bytes on disk and in total. Until the shards are known, the total is that of the small files. */
  readonly done: number
  readonly total: number
}

export type DownloadOptions = {
  readonly hub: Hub
  readonly repository: Repository
  /** Folder of the repository that has the weights. */
  readonly subfolder?: string | undefined
  /** Where the files go; created if it does not exist. The caller keeps other processes away. */
  readonly folder: string
  readonly atOnce?: number
  readonly retry: Omit<RetryOptions, 'maxFailures'>
  onProgress(progress: DownloadProgress): void
  onNote(text: string): void
  /**
   * Called after the small files and before the weights; throw to refuse the model.
   *
   * @param missingBytes how much is still to be downloaded.
   */
  beforeWeights(weights: readonly RemoteFile[], missingBytes: number): Promise<void>
}

/** How many files the folder has, and their size in bytes. */
export type Downloaded = { readonly files: number; readonly bytes: number }

/**
 * Downloads the files; afterwards the folder is a checkpoint that transformers could read.
 *
 * @throws {ConfigError} when a file cannot be downloaded, or `beforeWeights` refuses.
 */
export async function downloadCheckpoint(options: DownloadOptions): Promise<Downloaded> {
  const { repository, folder, subfolder = '' } = options
  const { small, weights: listed } = selectFirstFiles(repository, subfolder)
  await mkdir(path.join(folder, subfolder), { recursive: true })
  await fetchAll(small, small, options)
  const weights =
    'single' in listed
      ? [listed.single]
      : selectShards(repository, listed, await readFile(path.join(folder, listed.index), 'utf8'))
  let missingBytes = 0
  for (const file of weights) {
    missingBytes += file.bytes - (await bytesPresent(file, folder))
  }
  await options.beforeWeights(weights, missingBytes)
  const files = [...small, ...weights]
  await fetchAll(weights, files, options)
  return { files: files.length, bytes: sumBytes(files) }
}

/**
 * Downloads some files, a few at once; the first failure aborts the others.
 *
 * @param counted the files that progress counts; those not in `files` count as complete.
 */
async function fetchAll(
  files: readonly RemoteFile[],
  counted: readonly RemoteFile[],
  options: DownloadOptions,
): Promise<void> {
  const total = sumBytes(counted)
  const present = new Map(counted.map((file) => [file, files.includes(file) ? 0 : file.bytes]))
  let done = [...present.values()].reduce((sum, bytes) => sum + bytes, 0)
  const stop = new AbortController()
  const context: FetchContext = {
    ...options,
    retry: { ...options.retry, signal: AbortSignal.any([options.retry.signal, stop.signal]) },
    onBytes(file, bytes) {
      done += bytes - (present.get(file) ?? 0)
      present.set(file, bytes)
      options.onProgress({ done, total })
    },
  }
  const queue = [...files]
  const worker = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      await fetchFile(file, context)
    }
  }
  let failed = false
  let failure: unknown
  const atOnce = Math.min(options.atOnce ?? DEFAULT_AT_ONCE, files.length)
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      try {
        await worker()
      } catch (error) {
        if (!failed) {
          failed = true
          failure = error
        }
        stop.abort()
      }
    }),
  )
  if (failed) {
    throw failure
  }
}

function sumBytes(files: readonly RemoteFile[]): number {
  return files.reduce((sum, file) => sum + file.bytes, 0)
}
