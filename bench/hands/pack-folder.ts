/** Packs a folder of drawn pictures into the committed test set. */

import { execFileSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { HANDS_FOLDER } from './truth.ts'

/** No file of the repository is larger. */
const MAX_BYTES = 12 * 2 ** 20

/** Writes `NAME.tar` into the test set from the folder of that name; nothing if there is none. */
export function packFolder(from: string, name: string): void {
  if (!existsSync(path.join(from, name))) {
    return
  }
  const archive = path.join(HANDS_FOLDER, `${name}.tar`)
  const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mode=0644', '--mtime=@0']
  const packed = ['--format=ustar', '--sort=name', ...owner, '-cf', archive, '-C', from, name]
  execFileSync('tar', packed)
  if (statSync(archive).size > MAX_BYTES) {
    throw new RangeError(`${archive} is larger than ${MAX_BYTES} bytes`)
  }
}
