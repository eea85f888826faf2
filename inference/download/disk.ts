/** Checks the free disk space before a download or conversion, so that it does not fail hours later. */

import { stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import { ConfigError } from '../../config/errors.ts'

const GB = 1e9

/** What will be written, where, and its size in bytes. */
export type DiskNeed = { readonly what: string; readonly folder: string; readonly bytes: number }

/**
 * Compares the sum of what is needed on each disk with what is free there.
 *
 * @param needs folders need not exist yet.
 * @throws {ConfigError} with a sentence per disk that is too full.
 */
export async function requireDisk(needs: readonly DiskNeed[]): Promise<void> {
  const disks = new Map<number, { needs: DiskNeed[]; folder: string }>()
  for (const need of needs) {
    const folder = await existingParent(need.folder)
    const { dev } = await stat(folder)
    const disk = disks.get(dev) ?? { needs: [], folder }
    disk.needs.push(need)
    disks.set(dev, disk)
  }
  const problems: string[] = []
  for (const { needs: diskNeeds, folder } of disks.values()) {
    const { bavail, bsize } = await statfs(folder)
    const free = bavail * bsize
    const needed = diskNeeds.reduce((sum, need) => sum + need.bytes, 0)
    if (needed > free) {
      const parts = diskNeeds.map((need) => `${need.what} ${formatGb(need.bytes)}`).join(', ')
      problems.push(
        `Not enough free disk at ${folder}: ${formatGb(needed)} needed (${parts}), ` +
          `${formatGb(free)} free. Free ${formatGb(needed - free)} more.`,
      )
    }
  }
  if (problems.length > 0) {
    throw new ConfigError(problems)
  }
}

/** Bytes as gigabytes (10^9), rounded up, so that the number is never too low. */
export function formatGb(bytes: number): string {
  const digits = bytes < 10 * GB ? 2 : 1
  const step = GB / 10 ** digits
  return `${(Math.ceil(bytes / step) / 10 ** digits).toFixed(digits)} GB`
}

/** The folder itself or the nearest parent that exists. */
async function existingParent(folder: string): Promise<string> {
  for (let here = path.resolve(folder); ; here = path.dirname(here)) {
    try {
      if ((await stat(here)).isDirectory()) {
        return here
      }
    } catch {
      // Not there yet: its parent decides.
    }
    if (here === path.dirname(here)) {
      return here
    }
  }
}
