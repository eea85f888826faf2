/** `npm run chat`: a dialogue about a picture in the terminal; works from a pipe too. */

import { createInterface } from 'node:readline'
import { InputError } from '../../config/errors.ts'
import { sentenceOf } from '../i18n/catalogue.ts'
import { EN } from '../i18n/en.ts'
import { imageSourceOf } from '../../inference/contract/image-source.ts'
import type {
  GenerationOptions,
  ImageSource,
  Model,
  Step,
  Turn,
} from '../../inference/contract/types.ts'
import { readImage } from './images.ts'
import {
  GENERATING_HELP,
  GENERATION_OPTIONS,
  MODEL_OPTIONS,
  readArguments,
  readGenerationOptions,
} from './options.ts'
import {
  DONE,
  FAILED,
  growingLine,
  printError,
  printJson,
  printLine,
  runCommand,
  UsageError,
} from './run.ts'
import { withModel } from './session.ts'

const NAME = 'chat'

const HELP = `Talks about a picture: type a question, read the answer. Ctrl-D ends the talk.

  npm run chat -- IMAGE [options]

IMAGE is a PNG, JPEG, WebP, AVIF, GIF or TIFF file. Questions may also come through a pipe, one a line.

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
  const [image, ...more] = positionals
  if (image === undefined || more.length > 0) {
    throw new UsageError('Give one picture.')
  }
  if (image === '-') {
    throw new UsageError('Standard input is where the questions come from: give a file.')
  }
  const options = readGenerationOptions(values)
  return withModel(NAME, values.model, signal, async ({ model, config, folder }) => {
    const bytes = await readImage(image, folder, config.imageLimits.maxBytes)
    const source = await imageSourceOf(bytes)
    await model.encode(source, { signal }) // what is wrong with it is said before the first question
    return talk({ model, source, image, options, json: values.json ?? false, signal })
  })
}

type Talk = {
  readonly model: Model
  readonly source: ImageSource
  readonly image: string
  readonly options: GenerationOptions
  readonly json: boolean
  readonly signal: AbortSignal
}

/** Asks for questions until there are no more. */
async function talk({ model, source, image, options, json, signal }: Talk): Promise<number> {
  const typed = process.stdin.isTTY
  // With beams the best one changes while it grows, so only single answers are shown as they come.
  const beams = options.beams ?? (options.sample ? 1 : (model.card.defaults.ask.beams ?? 1))
  const streams = process.stdout.isTTY && beams === 1
  const lines = createInterface({ input: process.stdin, output: process.stderr, prompt: '> ' })
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT')) // readline would keep it
  signal.addEventListener('abort', () => lines.close(), { once: true })
  const history: Turn[] = []
  let status = DONE
  const ask = () => typed && lines.prompt()
  ask()
  for await (const line of lines) {
    const question = line.trim()
    if (question !== '') {
      try {
        const line = json || !streams ? null : growingLine()
        const onStep = ({ text }: Step) => line?.grow(text)
        const asked = { ...options, history, signal, onStep }
        const { text, tokenIds, timings } = await model.ask(source, question, asked)
        history.push({ question, answer: text })
        if (json) {
          printJson({ image, question, text, tokenIds, model: model.card.name, timings })
        } else if (line) {
          line.end(text)
        } else {
          printLine(text)
        }
      } catch (error) {
        if (!(error instanceof InputError)) {
          throw error
        }
        printError(sentenceOf(error, EN))
        status = typed ? DONE : FAILED // a person saw it and went on
      }
    }
    ask()
  }
  if (typed) {
    process.stderr.write('\n') // after the prompt that got no question
  }
  signal.throwIfAborted()
  return status
}
