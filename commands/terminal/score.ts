/** `npm run score`: the probability of each given answer, for each picture. */

import { judgePicture, requireInside } from '../../inference/domain/judge-picture.ts'
import type { ScoredAnswer } from '../../inference/contract/types.ts'
import { eachImage, readImage } from './images.ts'
import { EXIT_HELP, MODEL_HELP, MODEL_OPTIONS, readArguments } from './options.ts'
import { DONE, printJson, printLine, runCommand, UsageError } from './run.ts'
import { withModel } from './session.ts'

const NAME = 'score'

const HELP = `Prints the probability of each answer, relative to the others.

  npm run score -- IMAGE... --prompt TEXT --answer TEXT --answer TEXT... [options]

IMAGE is a PNG, JPEG, WebP, AVIF, GIF or TIFF file, or - for standard input
(as for a file whose name is not UTF-8).

Options
  --prompt TEXT             text before the answer, such as "Question: is it red? Answer:"
  --answer TEXT             an answer to score; can be repeated. Give at least two to compare
${MODEL_HELP}

${EXIT_HELP}
`

const OPTIONS = {
  ...MODEL_OPTIONS,
  prompt: { type: 'string' },
  answer: { type: 'string', multiple: true },
} as const

await runCommand(NAME, (signal) => main(process.argv.slice(2), signal))

async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals: images } = readArguments(argv, OPTIONS)
  if (values.help) {
    process.stdout.write(HELP)
    return DONE
  }
  const { prompt, answer: answers = [] } = values
  if (images.length === 0 || prompt === undefined || answers.length === 0) {
    throw new UsageError('Give a picture, a --prompt, and at least one --answer.')
  }
  return withModel(NAME, { name: values.model }, signal, async (session) => {
    const { model } = session
    return eachImage(images, async (image) => {
      const bytes = await readImage(image, session)
      const { judgment } = await judgePicture(model, bytes, { signal })
      const scores = await model.score(bytes, { prompt, answers, signal })
      if (values.json) {
        printJson({ image, prompt, judgment, model: model.card.name, answers: scores })
      } else {
        requireInside(model.card, judgment)
        printLine((images.length > 1 ? `${image}: ` : '') + inWords(scores))
      }
    })
  })
}

/** For example `yes 97.3 %, no 2.7 %`. */
function inWords(scores: readonly ScoredAnswer[]): string {
  return scores
    .map(({ answer, probability }) => `${answer.trim()} ${(probability * 100).toFixed(1)} %`)
    .join(', ')
}
