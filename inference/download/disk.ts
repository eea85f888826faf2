/** Checks that a disk has room before work starts, so that hours are not lost at the last gigabyte. */

import { stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import { ConfigError } from '../../config/errors.ts'

const GB = 1e9

/** Something that will be written, and where. */
export type Need = { readonly what: string; readonly folder: string; readonly bytes: number }

/**
 * Adds up what is needed on each disk and compares it with what is free there.
 *
 * @param needs folders need not exist yet.
 * @throws {ConfigError} saying per disk how many GB are missing.
 */
export async function requireDisk(needs: readonly Need[]): Promise<void> {
  const disks = new Map<number, { needs: Need[]; folder: string }>()
  for (const need of needs) {
    const folder = await existingParent(need.folder)
    const { dev } = await stat(folder)
    const disk = disks.get(dev) ?? { needs: [], folder }
    disk.needs.push(need)
    disks.set(dev, disk)
  }
  const problems: string[] = []
  for (const { needs: here, folder } of disks.values()) {
    const { bavail, bsize } = await statfs(folder)
    const free = bavail * bsize
    const needed = here.reduce((sum, need) => sum + need.bytes, 0)
    if (needed > free) {
      const parts = here.map((need) => `${need.what} ${formatGb(need.bytes)}`).join(', ')
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

/** Bytes as gigabytes (10^9), rounded up so that a need is never understated. */
export function formatGb(bytes: number): string {
  const digits = bytes < 10 * GB ? 2 : 1
  const step = GB / 10 ** digits
  return `${(Math.ceil(bytes / step) / 10 ** digits).toFixed(digits)} GB`
}

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
