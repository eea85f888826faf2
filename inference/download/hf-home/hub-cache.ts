/**
 * The cache of Hugging Face's own programs, where models that were downloaded before are:
 * `models--OWNER--NAME/` with `refs/REVISION` (a commit) and `snapshots/COMMIT/` (the files).
 *
 * Source: huggingface_hub, docs/source/en/guides/manage-cache.md.
 */

import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { ConfigError } from '../../../config/errors.ts'
import { isRepositoryId } from '../hub.ts'

/** A checkpoint in the cache. */
export type Snapshot = {
  readonly folder: string
  /** `OWNER/NAME`. */
  readonly id: string
  /** 40 hexadecimal digits. */
  readonly commit: string
}

const COMMIT = /^[0-9a-f]{40}$/

/**
 * The snapshot that a folder is, or holds for the revision `main`.
 *
 * @param folder a repository's folder of a cache, or a snapshot in one.
 * @returns null if it is neither.
 * @throws {ConfigError} if it is a repository's folder without a whole snapshot.
 */
export async function findSnapshot(folder: string): Promise<Snapshot | null> {
  const here = path.resolve(folder)
  const own = idOf(path.basename(here))
  if (own !== null) {
    return snapshotIn(here, own, 'main')
  }
  const commit = path.basename(here)
  const above = path.dirname(here)
  const id = idOf(path.basename(path.dirname(above)))
  return id !== null && COMMIT.test(commit) && path.basename(above) === 'snapshots'
    ? { folder: here, id, commit }
    : null
}

/**
 * The snapshot of a repository in the cache.
 *
 * @throws {ConfigError} if it is not there, saying how to get it.
 */
export async function cachedSnapshot(
  cache: string,
  id: string,
  revision: string,
): Promise<Snapshot> {
  const folder = path.join(cache, `models--${id.replace('/', '--')}`)
  if (!(await exists(folder))) {
    throw new ConfigError([
      `HF_HUB_OFFLINE is set, and ${id} is not in the cache at ${cache}. Unset it, or get the model with \`hf download ${id}\` where there is a network.`,
    ])
  }
  return snapshotIn(folder, id, revision)
}

/** What a package made of a folder is called: the repository's name for a folder of a cache. */
export function nameOfFolder(folder: string): string {
  const here = path.resolve(folder)
  const above = path.dirname(here)
  const isSnapshot = path.basename(above) === 'snapshots'
  const id = idOf(path.basename(isSnapshot ? path.dirname(above) : here))
  return id === null ? path.basename(here) : id.slice(id.indexOf('/') + 1)
}

async function snapshotIn(folder: string, id: string, revision: string): Promise<Snapshot> {
  const snapshots = path.join(folder, 'snapshots')
  const commit = COMMIT.test(revision)
    ? revision
    : ((await readReference(folder, revision)) ??
      (revision === 'main' ? await onlySnapshot(snapshots) : null))
  const snapshot = commit === null ? null : path.join(snapshots, commit)
  if (commit === null || snapshot === null || !(await exists(snapshot))) {
    throw new ConfigError([
      `${folder} has no snapshot of the revision ${revision}. Its snapshots are in ${snapshots}.`,
    ])
  }
  return { folder: snapshot, id, commit }
}

/** The commit of a branch or tag. */
async function readReference(folder: string, revision: string): Promise<string | null> {
  const references = path.join(folder, 'refs')
  const file = path.resolve(references, revision)
  if (!file.startsWith(`${references}${path.sep}`)) {
    return null
  }
  const text = await readFile(file, 'utf8').catch(() => '')
  return COMMIT.test(text.trim()) ? text.trim() : null
}

/** The snapshot of a cache that was made from a commit, and knows no branch. */
async function onlySnapshot(snapshots: string): Promise<string | null> {
  const names = await readdir(snapshots).catch(() => [])
  const [first] = names
  return names.length === 1 && first !== undefined && COMMIT.test(first) ? first : null
}

/** `OWNER/NAME` of `models--OWNER--NAME`; null for another name. */
function idOf(name: string): string | null {
  const [kind, owner, ...rest] = name.split('--')
  const id = `${owner}/${rest.join('--')}`
  return kind === 'models' && isRepositoryId(id) ? id : null
}

function exists(folder: string): Promise<boolean> {
  return stat(folder).then(
    (entry) => entry.isDirectory(),
    () => false,
  )
}
