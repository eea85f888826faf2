/** `npm run describe`: describes pictures, one line each, or all of them together. */

import type { Answer } from '../../inference/contract/types.ts'
import { requireInside } from '../../inference/domain/judge-picture.ts'
import { warnIfUnsure } from './honest.ts'
import { eachImage, readImage } from './images.ts'
import {
  GENERATING_HELP,
  GENERATION_OPTIONS,
  MODEL_OPTIONS,
  readArguments,
  readGenerationOptions,
} from './options.ts'
import { DONE, printJson, printLine, runCommand, UsageError } from './run.ts'
import { withModel } from './session.ts'

const NAME = 'describe'

const HELP = `Describes pictures, one line each.

  npm run describe -- IMAGE... [options]

IMAGE is a PNG, JPEG, WebP, AVIF, GIF or TIFF file, or - for standard input
(as for a file whose name is not UTF-8).

Options
  --prompt TEXT             text that the description continues; '' for none
  --together                one description of all pictures, for models that take several:
                            --prompt may have text between their places (docs/models.md)
${GENERATING_HELP}
`

const OPTIONS = {
  ...MODEL_OPTIONS,
  ...GENERATION_OPTIONS,
  prompt: { type: 'string' },
  together: { type: 'boolean' },
} as const

await runCommand(NAME, (signal) => main(process.argv.slice(2), signal))

async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals: images } = readArguments(argv, OPTIONS)
  if (values.help) {
    process.stdout.write(HELP)
    return DONE
  }
  if (images.length === 0) {
    throw new UsageError('Which picture? Give at least one file.')
  }
  const options = {
    ...readGenerationOptions(values),
    ...(values.prompt !== undefined && { prompt: values.prompt }),
    signal,
  }
  return withModel(NAME, { name: values.model }, signal, async (session) => {
    const { model } = session
    const print = (about: object, answer: Answer, name: string) => {
      const { text, tokenIds, judgment, timings } = answer
      if (values.json) {
        printJson({ ...about, text, tokenIds, judgment, model: model.card.name, timings })
      } else {
        requireInside(model.card, judgment)
        warnIfUnsure(judgment)
        printLine(`${name}${text}`)
      }
    }
    if (values.together === true) {
      const files: Uint8Array[] = []
      for (const image of images) {
        files.push(await readImage(image, session))
      }
      print({ images }, await model.describe(files, options), '')
      return DONE
    }
    return eachImage(images, async (image) => {
      const bytes = await readImage(image, session)
      const name = images.length > 1 ? `${image}: ` : ''
      print({ image }, await model.describe(bytes, options), name)
    })
  })
}
