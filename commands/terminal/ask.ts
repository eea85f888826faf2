/** `npm run ask`: answers questions about a picture in one conversation. */

import { imageSourceOf } from '../../inference/contract/image-source.ts'
import type { Turn } from '../../inference/contract/types.ts'
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

  npm run ask -- IMAGE QUESTION... [options]

IMAGE is a PNG, JPEG, WebP, AVIF, GIF or TIFF file, or - for standard input
(as for a file whose name is not UTF-8).

Options
${GENERATING_HELP}
`

const OPTIONS = { ...MODEL_OPTIONS, ...GENERATION_OPTIONS } as const

await runCommand(NAME, (signal) => main(process.argv.slice(2), signal))

async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = readArguments(argv, OPTIONS)
  if (values.help) {
    process.stdout.write(HELP)
    return DONE
  }
  const [image, ...questions] = positionals
  if (image === undefined || questions.length === 0) {
    throw new UsageError('Give a picture and at least one question, each question in quotes.')
  }
  const options = readGenerationOptions(values)
  return withModel(NAME, { name: values.model }, signal, async (session) => {
    const { model } = session
    const bytes = await readImage(image, session)
    const source = await imageSourceOf(bytes)
    const ask = await askerOf(model, source, { signal, marks: values.json ?? false })
    const history: Turn[] = []
    for (const question of questions) {
      const answer = await ask(question, { ...options, history, signal })
      if (answer.isTurn) {
        history.push({ question, answer: answer.text })
      }
      if (values.json) {
        printJson(answerRecord({ image, question, model: model.card.name }, answer))
      } else {
        warnIfUnsure(answer.judgment)
        printLine(textOf(answer))
      }
    }
    return DONE
  })
}
