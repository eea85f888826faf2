/** `npm run chat`: a dialog about a picture in the terminal, or with questions from a pipe. */

import { createInterface } from 'node:readline'
import { InputError } from '../../config/errors.ts'
import { sentenceOf } from '../i18n/catalog.ts'
import { EN } from '../i18n/en.ts'
import { imageSourceOf } from '../../inference/contract/image-source.ts'
import type { GenerationOptions, Model, Step, Turn } from '../../inference/contract/types.ts'
import { answerRecord, type Ask, askerOf, textOf, warnIfUnsure } from './honest.ts'
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

const HELP = `Answers questions about a picture as you type them. Press Ctrl-D to end.

  npm run chat -- IMAGE [options]

IMAGE is a PNG, JPEG, WebP, AVIF, GIF or TIFF file. A pipe can send the questions, one per line.

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
  return withModel(NAME, { name: values.model }, signal, async (session) => {
    const { model } = session
    const bytes = await readImage(image, session)
    const source = await imageSourceOf(bytes)
    await model.encode(source, { signal }) // reports a bad picture before the first question
    const ask = await askerOf(model, [source], { signal, marks: values.json ?? false })
    return chat({ model, ask, image, options, json: values.json ?? false, signal })
  })
}

type Chat = {
  readonly model: Model
  readonly ask: Ask
  readonly image: string
  readonly options: GenerationOptions
  readonly json: boolean
  readonly signal: AbortSignal
}

/** Reads and answers questions until the end of the input. */
async function chat({ model, ask, image, options, json, signal }: Chat): Promise<number> {
  const isTerminal = process.stdin.isTTY
  // A beam search may change the start of its best answer, so it cannot be shown while it grows.
  const beams = options.beams ?? (options.sample ? 1 : (model.card.defaults.ask.beams ?? 1))
  const streams = process.stdout.isTTY && beams === 1
  const lines = createInterface({ input: process.stdin, output: process.stderr, prompt: '> ' })
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT')) // readline catches Ctrl-C
  signal.addEventListener('abort', () => lines.close(), { once: true })
  const history: Turn[] = []
  let status = DONE
  const prompt = () => isTerminal && lines.prompt()
  prompt()
  for await (const line of lines) {
    const question = line.trim()
    if (question !== '') {
      try {
        const line = json || !streams ? null : growingLine()
        const onStep = ({ text }: Step) => line?.grow(text)
        const askOptions = { ...options, history, signal, onStep }
        const answer = await ask(question, askOptions)
        if (answer.isTurn) {
          history.push({ question, answer: answer.text })
        }
        if (json) {
          printJson(answerRecord({ images: [image], question, model: model.card.name }, answer))
        } else {
          warnIfUnsure(answer.judgment)
          if (line && answer.isTurn) {
            line.end(answer.text)
          } else {
            printLine(textOf(answer))
          }
        }
      } catch (error) {
        if (!(error instanceof InputError)) {
          throw error
        }
        printError(sentenceOf(error, EN))
        status = isTerminal ? DONE : FAILED // a user at the terminal has seen the error
      }
    }
    prompt()
  }
  if (isTerminal) {
    process.stderr.write('\n') // ends the line of the last prompt
  }
  signal.throwIfAborted()
  return status
}
