/** `npm run ask`: answers questions about a picture, or about several together, in one conversation. */

import { imageSourceOf } from '../../inference/contract/image-source.ts'
import type { ImageSource, Turn } from '../../inference/contract/types.ts'
import { answerRecord, askerOf, textOf, warnIfUnsure } from './honest.ts'
import { readImage } from './images.ts'
import {
  GENERATING_HELP,
  GENERATION_OPTIONS,
  MODEL_OPTIONS,
  readArguments,
  readGenerationOptions,
} from './options.ts'
import { DONE, printJson, printLine, runCommand, UsageError } from './run.ts'
import { withModel } from './session.ts'

const NAME = 'ask'

const HELP = `Answers questions about a picture, one line per answer. A question may refer to earlier ones.

  npm run ask -- IMAGE... QUESTION... [options]

IMAGE is a PNG, JPEG, WebP, AVIF, GIF or TIFF file, or - for standard input
(as for a file whose name is not UTF-8). Further arguments that end as the names of
such files do, such as b.png, are pictures too, as long as they come before the questions:
each question is about all of them together. Not every model takes several: docs/models.md.
For text between pictures, such as examples: npm run describe -- --help, --together.

Options
${GENERATING_HELP}
`

/** The name of a picture's file; no question ends like this. */
const PICTURE_NAME = /\.(?:png|apng|jpe?g|webp|avif|gif|tiff?)$/i

const OPTIONS = { ...MODEL_OPTIONS, ...GENERATION_OPTIONS } as const

await runCommand(NAME, (signal) => main(process.argv.slice(2), signal))

async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = readArguments(argv, OPTIONS)
  if (values.help) {
    process.stdout.write(HELP)
    return DONE
  }
  const { images, questions } = split(positionals)
  if (images.length === 0 || questions.length === 0) {
    throw new UsageError('Give a picture and at least one question, each question in quotes.')
  }
  checkOrder(questions)
  const options = readGenerationOptions(values)
  return withModel(NAME, { name: values.model }, signal, async (session) => {
    const { model } = session
    const sources: ImageSource[] = []
    for (const image of images) {
      sources.push(await imageSourceOf(await readImage(image, session)))
    }
    const ask = await askerOf(model, sources, { signal, marks: values.json ?? false })
    const history: Turn[] = []
    for (const question of questions) {
      const answer = await ask(question, { ...options, history, signal })
      if (answer.isTurn) {
        history.push({ question, answer: answer.text })
      }
      if (values.json) {
        printJson(answerRecord({ images, question, model: model.card.name }, answer))
      } else {
        warnIfUnsure(answer.judgment)
        printLine(textOf(answer))
      }
    }
    return DONE
  })
}

/** The first argument is a picture whatever its name is, and so are those after it that look like one. */
function split(positionals: readonly string[]) {
  const first = positionals.findIndex((name, i) => i > 0 && !PICTURE_NAME.test(name))
  const end = first < 0 ? positionals.length : first
  return { images: positionals.slice(0, end), questions: positionals.slice(end) }
}

/** A picture after a question would be taken for a question. */
function checkOrder(questions: readonly string[]): void {
  const picture = questions.find((question) => PICTURE_NAME.test(question))
  if (picture !== undefined) {
    throw new UsageError(
      `${picture} comes after a question; here all pictures come first. For text between pictures: ` +
        `npm run describe -- IMAGE... --together --prompt '<image>a cat <image>'`,
    )
  }
}
