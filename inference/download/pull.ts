/**
 * Makes a model package from a checkpoint folder or from a repository of the hub.
 *
 * The cheapest checks come first: target, pictures, repository, small files, disk, weights, conversion.
 * The package gets its name by the last rename, so an incomplete one is never opened.
 */

import { readdir, rename, rm, rmdir } from 'node:fs/promises'
import path from 'node:path'
import { findCalibrationPictures } from '../convert/calibration/calibration-pictures.ts'
import { convertCheckpoint, estimatePackageBytes } from '../convert/convert.ts'
import { ConfigError } from '../../config/errors.ts'
import { readSmallFiles, requireCheckpoint, type SmallFiles } from '../convert/small-files.ts'
import { CARD_FILE, type ModelCard } from '../package/model-card.ts'
import type { Precision, VisionStorage } from '../blocks/precision.ts'
import { requireDisk } from './disk.ts'
import { downloadCheckpoint, type Downloaded } from './download.ts'
import { readRepository, type Hub, type Repository } from './hub.ts'
import { licenseSentence, printable, readLicense } from '../package/license.ts'
import type { RetryOptions } from './retry.ts'

const CACHE_FOLDER = '.downloads'

/** What to make a package from. */
export type PullSource =
  | { readonly folder: string }
  | { readonly repository: string; readonly revision: string }

export type PullProgress = {
  readonly phase: 'download' | 'calibrate' | 'convert'
  readonly done: number
  readonly total: number
  /** The repository, tensor, layer or file at work, for a progress line. */
  readonly what: string
}

export type PullOptions = {
  readonly source: PullSource
  /** Folder of the package to make. */
  readonly out: string
  readonly name: string
  readonly precision: Precision
  /** How a quantized package holds its vision tower. Default: the converter's. */
  readonly vision?: VisionStorage | undefined
  /** Folder of pictures to smooth a W8A8 vision tower with. */
  readonly calibrate?: string | undefined
  /** Replace a package that is already at `out`. */
  readonly force: boolean
  /** Keep the downloaded checkpoint afterwards. */
  readonly keepDownload: boolean
  /** Folder of all packages; downloads are kept in a hidden folder of it. */
  readonly modelsFolder: string
  readonly hub: Hub
  readonly signal: AbortSignal
  /** See `RetryOptions`; tests replace it. */
  readonly wait?: RetryOptions['wait']
  onProgress(progress: PullProgress): void
  onNote(text: string): void
}

export type Pulled = {
  readonly card: ModelCard
  readonly download: (Downloaded & { readonly seconds: number }) | null
  readonly convertSeconds: number
}

type Checkpoint = {
  readonly folder: string
  readonly repository: Repository | null
  readonly download: Pulled['download']
}

/**
 * Downloads unless the source is a folder, converts, and moves the package to `out`.
 *
 * @throws {ConfigError} with a sentence for every problem; the signal's reason when aborted.
 */
export async function pullModel(options: PullOptions): Promise<Pulled> {
  const { source, out, precision, signal } = options
  const replaces = await checkTarget(options)
  const pictures = await picturesToCalibrate(options)
  const checkpoint =
    'folder' in source
      ? { folder: source.folder, repository: null, download: null }
      : await download(options, source)
  const from = checkpoint.folder
  const { own, model } = checkSmallFiles(from)
  const packageBytes = estimatePackageBytes(from, precision, options.vision)
  await requireDisk([{ what: 'package', folder: path.dirname(out), bytes: packageBytes }])
  const license = own.license ?? checkpoint.repository?.license ?? (await readLicense(from))
  options.onNote(licenseSentence(license, model.license.note))

  // convertCheckpoint writes beside its target and renames at the end. A package to be replaced
  // stays in place until the new one is complete.
  const target = replaces ? `${out}.new` : out
  await rm(`${target}.partial`, { recursive: true, force: true })
  if (replaces) {
    await rm(target, { recursive: true, force: true })
  }
  const started = performance.now()
  let card: ModelCard
  try {
    card = await convertCheckpoint(from, target, {
      precision,
      vision: options.vision,
      calibrate: pictures,
      name: options.name,
      source: {
        repository: checkpoint.repository?.id ?? null,
        revision: checkpoint.repository?.commit ?? null,
        license: license === null ? null : printable(license),
      },
      onProgress: (progress) => options.onProgress(progress),
      signal,
    })
  } catch (error) {
    await rm(`${target}.partial`, { recursive: true, force: true })
    throw error
  }
  if (replaces) {
    await rm(`${out}.old`, { recursive: true, force: true })
    await rename(out, `${out}.old`)
    await rename(target, out)
    await rm(`${out}.old`, { recursive: true })
  }
  const convertSeconds = (performance.now() - started) / 1000
  if (checkpoint.repository !== null && !options.keepDownload) {
    await removeDownload(from, options.modelsFolder)
  }
  return { card, download: checkpoint.download, convertSeconds }
}

/** Where the download of a commit is kept until its package is complete. */
function downloadFolder(modelsFolder: string, id: string, commit: string): string {
  return path.join(modelsFolder, CACHE_FOLDER, id.replace('/', '--'), commit)
}

async function download(
  options: PullOptions,
  source: { readonly repository: string; readonly revision: string },
): Promise<Checkpoint> {
  const { hub, signal, precision, out } = options
  const onPause = (message: string, pauseMs: number) =>
    options.onNote(`${message}; retrying in ${Math.max(1, Math.round(pauseMs / 1000))} s.`)
  const retry = { signal, onPause, ...(options.wait ? { wait: options.wait } : {}) }
  const repository = await readRepository(hub, source.repository, source.revision, retry)
  const folder = downloadFolder(options.modelsFolder, repository.id, repository.commit)
  options.onNote(`${repository.id} at commit ${repository.commit.slice(0, 12)}.`)
  const started = performance.now()
  const downloaded = await downloadCheckpoint({
    hub,
    repository,
    folder,
    retry,
    onNote: (text) => options.onNote(text),
    onProgress: (progress) =>
      options.onProgress({ phase: 'download', what: repository.id, ...progress }),
    async beforeWeights(_weights, missingBytes) {
      checkSmallFiles(folder)
      const packageBytes = estimatePackageBytes(folder, precision, options.vision)
      await requireDisk([
        { what: 'download', folder, bytes: missingBytes },
        { what: 'package', folder: path.dirname(out), bytes: packageBytes },
      ])
    },
  })
  const seconds = (performance.now() - started) / 1000
  return { folder, repository, download: { ...downloaded, seconds } }
}

/**
 * Refuses a target that cannot be used, before any work.
 *
 * @returns whether a package exists there that will be replaced.
 */
async function checkTarget({ source, out, force }: PullOptions): Promise<boolean> {
  if ('folder' in source && path.resolve(source.folder) === path.resolve(out)) {
    throw new ConfigError(['--out must be another folder than --from.'])
  }
  let entries
  try {
    entries = await readdir(out, { withFileTypes: true })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return false
    }
    throw new ConfigError([`${out} cannot be used as a folder.`], { cause: error })
  }
  const isPackage = entries.some((entry) => entry.name === CARD_FILE)
  if (!isPackage || entries.some((entry) => !entry.isFile())) {
    throw new ConfigError([
      `${out} is there already and is not a model package; choose another --out.`,
    ])
  }
  if (!force) {
    throw new ConfigError([
      `There is a model package at ${out} already. Use --force to replace it, or --out for another place.`,
    ])
  }
  return true
}

/** The picture files in the folder `calibrate`; undefined without one. */
async function picturesToCalibrate(options: PullOptions) {
  const { calibrate } = options
  if (calibrate === undefined) {
    return undefined
  }
  const { files, total } = await findCalibrationPictures(calibrate)
  options.onNote(
    files.length < total
      ? `Calibrating with ${files.length} of the ${total} pictures in ${calibrate}.`
      : `Calibrating with ${total === 1 ? '1 picture' : `${total} pictures`} from ${calibrate}.`,
  )
  return files
}

/**
 * Checks the small files of a checkpoint.
 *
 * @throws {ConfigError} with a sentence for each problem that prevents a conversion.
 */
function checkSmallFiles(folder: string): SmallFiles {
  requireCheckpoint(folder)
  const problems: string[] = []
  const files = readSmallFiles(folder, problems)
  if (files === null) {
    throw new ConfigError(problems)
  }
  return files
}

/** Deletes a commit's download, and the folders above it if they are empty then. */
async function removeDownload(folder: string, modelsFolder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  const cache = path.join(modelsFolder, CACHE_FOLDER)
  for (const parent of [path.dirname(folder), cache]) {
    await rmdir(parent).catch(() => undefined) // Not empty: other downloads are in it.
  }
}
