/**
 * Compares the files of a package with the digests on its card, before a model is opened: changed
 * weights would open and answer nonsense.
 *
 * Reading all files takes about a second for each gigabyte and core, so what was read is recorded in
 * the package's folder, and a file is read again only if it is another one or was written to: its
 * device, inode, size, or time of change differ. A folder that cannot be written to is read each time.
 */

import { createHash } from 'node:crypto'
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { ConfigError } from '../../config/errors.ts'
import type { ModelPackage } from './open-package.ts'
import { VERIFIED_FILE } from './names.ts'

/** Bytes read at once. */
const READ_BYTES = 4 * 1024 * 1024

/** By file name: what `identityOf` said when the file had the digest. */
const recordSchema = z.record(z.string(), z.object({ identity: z.string(), sha256: z.string() }))
type VerifiedFiles = z.infer<typeof recordSchema>

/**
 * Reads every file of a package that has not been read since it was written.
 *
 * @throws {ConfigError} naming each file that is not the one on the card, and saying what to do.
 */
export async function verifyPackage({ folder, card }: ModelPackage): Promise<void> {
  const known = await readRecord(folder)
  const verified: VerifiedFiles = {}
  const problems: string[] = []
  for (const [name, { sha256 }] of Object.entries(card.files)) {
    const file = path.join(folder, name)
    const identity = await identityOf(file)
    const before = known[name]
    if (before?.identity === identity && before.sha256 === sha256) {
      verified[name] = before
    } else if ((await hashOf(file)) !== sha256) {
      problems.push(`${file} has been changed: its sha256 is not the one on the card.`)
    } else if ((await identityOf(file)) === identity) {
      verified[name] = { identity, sha256 }
    }
  }
  if (Object.entries(verified).some(([name, entry]) => known[name]?.identity !== entry.identity)) {
    await writeRecord(folder, verified)
  }
  if (problems.length > 0) {
    const { repository } = card.source
    const again = repository === null ? 'npm run pull' : `npm run pull -- ${repository}`
    throw new ConfigError([
      ...problems,
      `Copy the package again, or make it again: ${again} --force`,
    ])
  }
}

/** Changes when the file is written to, or is replaced by another one. */
async function identityOf(file: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true })
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(READ_BYTES)
  const handle = await open(file, 'r')
  try {
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, READ_BYTES)
      if (bytesRead === 0) {
        return hash.digest('hex')
      }
      hash.update(buffer.subarray(0, bytesRead))
    }
  } finally {
    await handle.close()
  }
}

async function readRecord(folder: string): Promise<VerifiedFiles> {
  try {
    const text = await readFile(path.join(folder, VERIFIED_FILE), 'utf8')
    return recordSchema.parse(JSON.parse(text))
  } catch {
    return {} // none, or a broken one: all files are read
  }
}

async function writeRecord(folder: string, record: VerifiedFiles): Promise<void> {
  const file = path.join(folder, VERIFIED_FILE)
  const own = `${file}.${process.pid}`
  try {
    await writeFile(own, `${JSON.stringify(record, null, 2)}\n`)
    await rename(own, file)
  } catch {
    await rm(own, { force: true }).catch(() => undefined) // a read-only folder is read each time
  }
}
