/**
 * The folder of the package to make. One process at a time writes to it: from the first check to the
 * last rename it holds the lock `.NAME.lock` beside the folder.
 */

import { lstat, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { ConfigError } from '../../config/errors.ts'
import { CARD_FILE } from '../package/model-card.ts'
import { PREPARED_FOLDER } from '../package/names.ts'
import { withLock } from './lock.ts'

export type Target = {
  /** Where to make the package; does not exist yet. */
  readonly building: string
  /** Puts the complete package in the place of the one that it replaces, if it replaces one. */
  finish(): Promise<void>
}

export type TargetOptions = {
  /** Folder of the package; a symbolic link stands for the folder that it leads to. */
  readonly out: string
  /** The checkpoint's folder; null if it comes from the hub. */
  readonly from: string | null
  /** Replace a package that is already there. It stays in place until the new one is complete. */
  readonly force: boolean
  /** The file that makes a folder a package. Default: a model's card. */
  readonly card?: string
}

/**
 * Runs `work` with a target that can be used.
 *
 * @throws {ConfigError} before any work if it cannot be used, or if another process uses it.
 */
export async function withTarget<T>(
  { out, from, force, card = CARD_FILE }: TargetOptions,
  work: (target: Target) => Promise<T>,
): Promise<T> {
  const folder = await followLink(out)
  if (from !== null && path.resolve(from) === path.resolve(folder)) {
    throw new ConfigError(['--out must be another folder than --from.'])
  }
  const lock = path.join(path.dirname(folder), `.${path.basename(folder)}.lock`)
  const busy = (holder: string) =>
    `A package is being made at ${out} by ${holder}. Wait for it, stop it, or choose another --out.`
  return withLock(lock, busy, async () => {
    const old = `${folder}.old`
    await undoInterrupted(folder, old)
    if (!(await checkFolder(folder, { out, force, card }))) {
      return work({ building: folder, finish: async () => {} })
    }
    const building = `${folder}.new`
    await remove(building)
    return work({
      building,
      async finish() {
        await remove(old)
        await rename(folder, old)
        await rename(building, folder)
        await remove(old)
      },
    })
  })
}

function remove(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true })
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  )
}

/** @throws {ConfigError} for a link that leads nowhere. */
async function followLink(out: string): Promise<string> {
  const isLink = await lstat(out).then(
    (entry) => entry.isSymbolicLink(),
    () => false,
  )
  if (!isLink) {
    return path.resolve(out)
  }
  return realpath(out).catch((cause: unknown) => {
    throw new ConfigError([`${out} is a symbolic link that leads nowhere; choose another --out.`], {
      cause,
    })
  })
}

/** A process that was killed between the two renames of a replacement left only the old package. */
async function undoInterrupted(folder: string, old: string): Promise<void> {
  if (!(await exists(folder)) && (await exists(path.join(old, CARD_FILE)))) {
    await rename(old, folder)
  }
}

/** @returns whether a package is there that will be replaced. */
async function checkFolder(
  folder: string,
  { out, force, card }: { readonly out: string; readonly force: boolean; readonly card: string },
): Promise<boolean> {
  let entries
  try {
    entries = await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return false
    }
    throw new ConfigError([`${out} cannot be used as a folder.`], { cause: error })
  }
  const isPackage = entries.some((entry) => entry.name === card)
  const foreign = entries.some((entry) => !entry.isFile() && entry.name !== PREPARED_FOLDER)
  if (!isPackage || foreign) {
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
