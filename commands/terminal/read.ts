/** `npm run read`: the text and the codes in pictures. It needs no language model. */

import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { findModel } from '../../config/models.ts'
import { DecodingPool } from '../../inference/image/decoding/pool.ts'
import { drawBoxes } from '../../inference/ocr/draw-boxes.ts'
import { readPicture } from '../../inference/ocr/read-picture.ts'
import { openReader } from '../../inference/ocr/reader.ts'
import { plainText } from '../answer-text.ts'
import { readSettings, userFolder } from './environment.ts'
import { eachImage, readImage } from './images.ts'
import { EXIT_HELP, readArguments } from './options.ts'
import { DONE, printJson, printLine, runCommand, UsageError } from './run.ts'

const NAME = 'read'

const HELP = `Prints the text in each picture, line by line in reading order, and then what its QR codes and
bar codes say, each after its kind, as in "QRCode: https://example.com". No link is opened.

  npm run read -- IMAGE... [options]

IMAGE is a PNG, JPEG, WebP, AVIF, GIF or TIFF file, or - for standard input
(as for a file whose name is not UTF-8).

Options
  --json        print one JSON object per picture: its size, and of each line its text, its
                confidence (0 to 1) and its corners in pixels, from where its first character
                begins, clockwise; its codes with kind, text and corners. "complete" is false
                where there is more text than was read
  --draw FILE   write the picture with the boxes as a PNG file; takes one picture
  --help        print this help

Reads Latin script, Chinese and Cyrillic, by networks that come with the program (models/ocr), or by
those that SIGHTSEER_READER names (npm run pull -- ocr-small), which know no Cyrillic.

${EXIT_HELP}
`

const OPTIONS = {
  json: { type: 'boolean' },
  draw: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

await runCommand(NAME, (signal) => main(process.argv.slice(2), signal))

async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals: images } = readArguments(argv, OPTIONS)
  if (values.help) {
    process.stdout.write(HELP)
    return DONE
  }
  if (images.length === 0) {
    throw new UsageError('Give a picture.')
  }
  const { draw } = values
  if (draw !== undefined && images.length > 1) {
    throw new UsageError('--draw takes one picture.')
  }
  const config = readSettings()
  const folder = userFolder(NAME)
  const pictures = new DecodingPool({ limits: config.imageLimits })
  pictures.warm()
  const readerFolder = findModel(config.reader, config.modelsFolder, folder)
  const reader = await openReader(readerFolder, config.threads ?? availableParallelism())
  try {
    return await eachImage(images, async (image) => {
      const bytes = await readImage(image, { folder, config, signal })
      const read = await readPicture(reader, pictures, bytes, { signal })
      if (values.json) {
        printJson({ image, ...read })
      } else {
        const codes = read.codes.map(({ format, text }) => `${format}: ${plainText(text)}`)
        for (const line of [...read.lines.map(({ text }) => text), ...codes]) {
          printLine((images.length > 1 ? `${image}: ` : '') + line)
        }
      }
      if (draw !== undefined) {
        await writeFile(path.resolve(folder, draw), await drawBoxes(pictures, bytes, read))
      }
    })
  } finally {
    await pictures.close()
    await reader.release()
  }
}
