/** Finds the pictures that a conversion is calibrated with. */

import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { ConfigError, InputError } from '../../../config/errors.ts'
import { decodeImage } from '../../image/decode.ts'

/** More pictures change little: each has hundreds of rows, and costs seconds at full size. */
const MAX_PICTURES = 32

const PICTURE = /\.(jpe?g|png|webp|avif|gif|tiff?)$/i

/** The picture files to use, and how many the folder has. */
export type CalibrationPictures = { readonly files: readonly string[]; readonly total: number }

/**
 * Selects at most MAX_PICTURES picture files of a folder, evenly spaced in the order of their names.
 * Each is decoded once, so that a broken one is reported before the conversion starts.
 *
 * @throws {ConfigError} if there is no folder or no picture, or with a sentence per broken picture.
 */
export async function findCalibrationPictures(folder: string): Promise<CalibrationPictures> {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new ConfigError([`--calibrate: ${folder} is not a folder.`])
  }
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .filter((name) => PICTURE.test(name))
    .sort()
  if (names.length === 0) {
    throw new ConfigError([`--calibrate: ${folder} has no picture in it, such as a .jpg or .png.`])
  }
  const count = Math.min(MAX_PICTURES, names.length)
  const files = Array.from({ length: count }, (_, i) =>
    path.join(folder, names[Math.floor((i * names.length) / count)]!),
  )
  const problems: string[] = []
  for (const file of files) {
    const problem = await problemOf(file)
    if (problem !== null) {
      problems.push(`--calibrate: ${file}: ${problem}`)
    }
  }
  if (problems.length > 0) {
    throw new ConfigError(problems)
  }
  return { files, total: names.length }
}

async function problemOf(file: string): Promise<string | null> {
  try {
    await decodeImage(readFileSync(file))
    return null
  } catch (error) {
    if (error instanceof InputError) {
      return `This is not a picture that can be read (${error.code}).`
    }
    if (error instanceof Error && 'code' in error) {
      return 'The file cannot be read.'
    }
    throw error
  }
}
