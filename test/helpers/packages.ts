/**
 * Converts the small checkpoints to model packages, once for each state of the converter.
 *
 * Packages are cached in the system's folder for temporary files, by a hash of all their inputs, so
 * that test files that run in parallel share them.
 */

import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { convertCheckpoint } from '../../inference/convert/convert.ts'
import { CARD_FILE } from '../../inference/package/model-card.ts'
import type { Precision } from '../../inference/blocks/precision.ts'
import type { CheckpointName } from './parity-names.ts'
import { checkpointFolder } from './parity.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')

/** @returns the folder of the package; tests must not change it. */
export async function packageFor(
  name: CheckpointName,
  precision: Precision = 'fp32',
): Promise<string> {
  const from = checkpointFolder(name)
  const out = path.join(tmpdir(), 'sightseer-test-packages', `${name}-${precision}-${hashOf(from)}`)
  if (!existsSync(path.join(out, CARD_FILE))) {
    const own = `${out}.${process.pid}`
    await mkdir(path.dirname(out), { recursive: true })
    await convertCheckpoint(from, own, { precision, name, source: null })
    try {
      await rename(own, out)
    } catch (error) {
      await rm(own, { recursive: true })
      if (!existsSync(path.join(out, CARD_FILE))) {
        throw error
      }
    }
  }
  return out
}

/** A package with another card. @returns its folder, to be deleted. */
export async function recardedPackage(from: string, changes: object): Promise<string> {
  const out = await mkdtemp(path.join(tmpdir(), 'sightseer-recarded-'))
  await cp(from, out, { recursive: true })
  const file = path.join(out, CARD_FILE)
  const card: object = JSON.parse(await readFile(file, 'utf8'))
  await writeFile(file, JSON.stringify({ ...card, ...changes }))
  return out
}

/** A hash of the checkpoint and of the code that converts it. */
function hashOf(checkpoint: string): string {
  const hash = createHash('sha256')
  const code = globSync('inference/{blocks,convert,families,onnx,package}/**/*.ts', {
    cwd: ROOT,
  }).sort()
  const files = globSync('**/*.*', { cwd: checkpoint }).sort()
  for (const file of [
    ...code.map((name) => path.join(ROOT, name)),
    ...files.map((name) => path.join(checkpoint, name)),
  ]) {
    hash.update(path.basename(file)).update(readFileSync(file))
  }
  return hash.digest('hex').slice(0, 16)
}
