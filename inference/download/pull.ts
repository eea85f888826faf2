/**
 * Makes a model package from a checkpoint folder or from a repository of the hub.
 *
 * The cheapest checks come first: target, pictures, repository, small files, disk, weights, conversion.
 * The package gets its name by the last rename, so an incomplete one is never opened.
 */

import { rm, rmdir } from 'node:fs/promises'
import path from 'node:path'
import { findCalibrationPictures } from '../convert/calibration/calibration-pictures.ts'
import { convertCheckpoint, estimatePackageBytes } from '../convert/convert.ts'
import { ConfigError } from '../../config/errors.ts'
import type { CheckpointSource } from '../convert/checkpoint/folders.ts'
import { readSmallFiles, requireCheckpoint, type SmallFiles } from '../convert/small-files.ts'
import type { TemplateGap } from '../families/common/chat-template.ts'
import type { ModelCard } from '../package/model-card.ts'
import type { Precision, VisionStorage } from '../blocks/precision.ts'
import { requireDisk } from './disk.ts'
import { downloadCheckpoint, type Downloaded } from './download.ts'
import { withLock } from './lock.ts'
import { readRepository, type Hub, type Repository } from './hub.ts'
import { fileProblem } from './system-error.ts'
import { type Target, withTarget } from './target.ts'
import { licenseSentence, printable, readLicense } from '../package/license.ts'
import type { RetryOptions } from './retry.ts'

const CACHE_FOLDER = '.downloads'

/** The prompts of a card that make a chat format. */
const FORMAT_PARTS = ['opening', 'answer', 'next', 'generationPrompt'] as const

/** What to make a package from. */
export type PullSource =
  | {
      readonly folder: string
      /** Repository and commit that the folder is a copy of, if known. */
      readonly origin?: Pick<Repository, 'id' | 'commit'>
    }
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
  /** Folder in the source that has the weights. */
  readonly subfolder?: string | undefined
  /** Folder that has the tokenizer. */
  readonly tokenizer?: string | undefined
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
  /** Why the chat format is not the one of the checkpoint's template; null: it is, or there is none to follow. */
  readonly templateGap: TemplateGap | null
}

type Checkpoint = {
  readonly folder: string
  readonly repository: Pick<Repository, 'id' | 'commit'> | null
  /** Stated by the hub. */
  readonly license?: string | null
  readonly download: Pulled['download']
}

/**
 * Downloads unless the source is a folder, converts, and moves the package to `out`.
 *
 * @throws {ConfigError} with a sentence for every problem; the signal's reason when aborted.
 */
export async function pullModel(options: PullOptions): Promise<Pulled> {
  const { source, out, force } = options
  const from = 'folder' in source ? source.folder : null
  try {
    return await withTarget({ out, from, force }, async (target) => {
      const pictures = await picturesToCalibrate(options)
      const work = (checkpoint: Checkpoint) => convert(options, checkpoint, target, pictures)
      return 'folder' in source
        ? work({ folder: source.folder, repository: source.origin ?? null, download: null })
        : withDownload(options, source, work)
    })
  } catch (error) {
    throw fileProblem(error, out)
  }
}

async function convert(
  options: PullOptions,
  checkpoint: Checkpoint,
  target: Target,
  pictures: readonly string[] | undefined,
): Promise<Pulled> {
  const { out, precision, vision, signal } = options
  const { repository, download } = checkpoint
  const from = sourceIn(checkpoint.folder, options)
  const { own, model } = checkSmallFiles(from)
  const bytes = estimatePackageBytes(from, precision, vision)
  await requireDisk([{ what: 'package', folder: path.dirname(out), bytes }])
  const license = own.license ?? checkpoint.license ?? (await readLicense(checkpoint.folder))
  options.onNote(licenseSentence(license, model.license.note))
  const started = performance.now()
  const card = await convertCheckpoint(from, target.building, {
    precision,
    vision,
    calibrate: pictures,
    name: options.name,
    source: {
      repository: repository?.id ?? null,
      revision: repository?.commit ?? null,
      license: license === null ? null : printable(license),
    },
    onProgress: (progress) => options.onProgress(progress),
    signal,
  })
  await target.finish()
  const convertSeconds = (performance.now() - started) / 1000
  return { card, download, convertSeconds, templateGap: templateGapOf({ own, model }) }
}

/** A gap that the checkpoint's sightseer.json fills is none. */
function templateGapOf({ own, model }: Pick<SmallFiles, 'own' | 'model'>): TemplateGap | null {
  const { templateGap = null } = model
  const isGiven = FORMAT_PARTS.every((part) => own.prompts?.[part] != null)
  return templateGap?.reason !== 'one-picture' && isGiven ? null : templateGap
}

/** Where the download of a commit is kept until its package is complete. */
function downloadFolder(modelsFolder: string, id: string, commit: string): string {
  return path.join(modelsFolder, CACHE_FOLDER, id.replace('/', '--'), commit)
}

/**
 * Downloads a checkpoint for `work`, and deletes it when that has succeeded. No other process downloads
 * the same commit, or deletes it, meanwhile.
 */
async function withDownload(
  options: PullOptions,
  source: { readonly repository: string; readonly revision: string },
  work: (checkpoint: Checkpoint) => Promise<Pulled>,
): Promise<Pulled> {
  const { hub, signal, modelsFolder } = options
  const onPause = (message: string, pauseMs: number) =>
    options.onNote(`${message}; retrying in ${Math.max(1, Math.round(pauseMs / 1000))} s.`)
  const retry = { signal, onPause, ...(options.wait ? { wait: options.wait } : {}) }
  const repository = await readRepository(hub, source.repository, source.revision, retry)
  const folder = downloadFolder(modelsFolder, repository.id, repository.commit)
  const busy = (holder: string) =>
    `${repository.id} is being downloaded or converted by ${holder}. Wait for it, or stop it and try again.`
  const pulled = await withLock(`${folder}.lock`, busy, async () => {
    options.onNote(`${repository.id} at commit ${repository.commit.slice(0, 12)}.`)
    const result = await work(await download(options, repository, folder, retry))
    if (!options.keepDownload) {
      await rm(folder, { recursive: true, force: true })
    }
    return result
  })
  for (const parent of [path.dirname(folder), path.join(modelsFolder, CACHE_FOLDER)]) {
    await rmdir(parent).catch(() => undefined) // Not empty: other downloads are in it.
  }
  return pulled
}

async function download(
  options: PullOptions,
  repository: Repository,
  folder: string,
  retry: Omit<RetryOptions, 'maxFailures'>,
): Promise<Checkpoint> {
  const { hub, precision, out } = options
  const started = performance.now()
  const downloaded = await downloadCheckpoint({
    subfolder: options.subfolder,
    hub,
    repository,
    folder,
    retry,
    onNote: (text) => options.onNote(text),
    onProgress: (progress) =>
      options.onProgress({ phase: 'download', what: repository.id, ...progress }),
    async beforeWeights(_weights, missingBytes) {
      const from = sourceIn(folder, options)
      checkSmallFiles(from)
      const packageBytes = estimatePackageBytes(from, precision, options.vision)
      await requireDisk([
        { what: 'download', folder, bytes: missingBytes },
        { what: 'package', folder: path.dirname(out), bytes: packageBytes },
      ])
    },
  })
  const seconds = (performance.now() - started) / 1000
  const { license } = repository
  return { folder, repository, license, download: { ...downloaded, seconds } }
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

function sourceIn(folder: string, { subfolder, tokenizer }: PullOptions): CheckpointSource {
  return { folder, subfolder, tokenizer }
}

/**
 * Checks the small files of a checkpoint.
 *
 * @throws {ConfigError} with a sentence for each problem that prevents a conversion.
 */
function checkSmallFiles(source: CheckpointSource): SmallFiles {
  const folders = requireCheckpoint(source)
  const problems: string[] = []
  const files = readSmallFiles(folders, problems)
  if (files === null) {
    throw new ConfigError(problems)
  }
  return files
}
