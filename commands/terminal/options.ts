/** The command line options of describe, ask, chat and score. */

import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { InputError } from '../../config/errors.ts'
import { nearestName } from '../../config/nearest.ts'
import { resolveSettings } from '../../inference/generation/settings.ts'
import { DETAILS } from '../../inference/image/tiles.ts'
import type { GenerationOptions, RequestOptions } from '../../inference/contract/types.ts'
import { sentenceOf } from '../i18n/catalog.ts'
import { EN } from '../i18n/en.ts'
import { UsageError } from './run.ts'

export const MODEL_HELP = `  --model NAME|DIR          model package: a name under models/, or its folder (default: demo)
  --json                    print one JSON object per result, and nothing else on stdout.
                            Its "judgment" says whether the model knows such pictures
  --help                    print this help`

const GENERATION_HELP = `  --max-new-tokens N        longest answer, in tokens
  --min-new-tokens N        shortest answer, in tokens
  --beams N                 number of beams; 1 without --sample is greedy search
  --length-penalty X        with beams: above 0 favors long answers (default 1)
  --early-stopping WHEN     with beams: true, false or never (default false)
  --repetition-penalty X    above 1 discourages tokens that occurred before
  --no-repeat-ngram-size N  never repeat a sequence of N tokens
  --sample                  sample tokens instead of taking the likeliest
  --temperature X           below 1 favors likely tokens (default 1)
  --top-k N                 sample from the N likeliest tokens; 0 means all (default 50)
  --top-p X                 sample from the likeliest tokens that reach this probability (default 1)
  --seed N                  makes sampling repeatable
  --stop TEXT               end the answer before this text; can be repeated
  --stop-id N               end the answer with this token id; can be repeated
  --detail WHICH            of a model that cuts pictures into tiles: auto (by the picture's size),
                            low (one tile) or high (as its checkpoint says; default auto)`

const GENERATION_DEFAULTS = `Prompts and settings that you do not set come from the model. With --beams or --sample only the
lengths do; the other defaults are those of transformers.`

export const EXIT_HELP = 'Exit status: 0 done, 1 failed, 2 invalid arguments.'

/** Help on the options of commands that generate text, and the end of the help text. */
export const GENERATING_HELP = `${GENERATION_HELP}
${MODEL_HELP}

${GENERATION_DEFAULTS}

${EXIT_HELP}`

export const MODEL_OPTIONS = {
  model: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsOptionsConfig

export const GENERATION_OPTIONS = {
  'max-new-tokens': { type: 'string' },
  'min-new-tokens': { type: 'string' },
  beams: { type: 'string' },
  'length-penalty': { type: 'string' },
  'early-stopping': { type: 'string' },
  'repetition-penalty': { type: 'string' },
  'no-repeat-ngram-size': { type: 'string' },
  sample: { type: 'boolean' },
  temperature: { type: 'string' },
  'top-k': { type: 'string' },
  'top-p': { type: 'string' },
  seed: { type: 'string' },
  stop: { type: 'string', multiple: true },
  'stop-id': { type: 'string', multiple: true },
  detail: { type: 'string' },
} as const satisfies ParseArgsOptionsConfig

type GenerationValues = {
  readonly [K in keyof typeof GENERATION_OPTIONS]?: string | boolean | string[] | undefined
}

/** Reads the command line. @throws {UsageError} for an unknown option or a missing value. */
export function readArguments<T extends ParseArgsOptionsConfig>(
  argv: readonly string[],
  options: T,
) {
  try {
    return parseArgs({ args: joinNegatives(argv), options, allowPositionals: true, strict: true })
  } catch (error) {
    if (error instanceof TypeError && 'code' in error) {
      throw new UsageError(problemIn(argv, options) ?? error.message, { cause: error })
    }
    throw error
  }
}

/** A sentence for the first option that is unknown; undefined: there is none. */
function problemIn(argv: readonly string[], options: ParseArgsOptionsConfig): string | undefined {
  const names = Object.keys(options)
  const end = argv.indexOf('--')
  const unknown = (end < 0 ? argv : argv.slice(0, end))
    .map((argument) => /^--([^=]+)/.exec(argument)?.[1])
    .find((name) => name !== undefined && !names.includes(name))
  if (unknown === undefined) {
    return undefined
  }
  const nearest = nearestName(unknown, names)
  return `There is no option --${unknown}${nearest === undefined ? '.' : `; did you mean --${nearest}?`}`
}

/** Joins `--length-penalty -1` to `--length-penalty=-1`. Otherwise parseArgs reads -1 as an option. */
function joinNegatives(argv: readonly string[]): string[] {
  const joined: string[] = []
  for (const argument of argv) {
    const previous = joined.at(-1)
    if (/^-[\d.]/.test(argument) && previous !== undefined && /^--[a-z-]+$/.test(previous)) {
      joined[joined.length - 1] = `${previous}=${argument}`
    } else {
      joined.push(argument)
    }
  }
  return joined
}

/** Reads the generation options. @throws {UsageError} with all that are out of range. */
export function readGenerationOptions(
  values: GenerationValues,
): GenerationOptions & Pick<RequestOptions, 'detail'> {
  const options: GenerationOptions = {
    ...number(values, 'max-new-tokens', 'maxNewTokens'),
    ...number(values, 'min-new-tokens', 'minNewTokens'),
    ...number(values, 'beams', 'beams'),
    ...number(values, 'length-penalty', 'lengthPenalty'),
    ...number(values, 'repetition-penalty', 'repetitionPenalty'),
    ...number(values, 'no-repeat-ngram-size', 'noRepeatNgramSize'),
    ...number(values, 'temperature', 'temperature'),
    ...number(values, 'top-k', 'topK'),
    ...number(values, 'top-p', 'topP'),
    ...number(values, 'seed', 'seed'),
    ...earlyStopping(values['early-stopping']),
    ...(values.sample === true && { sample: true }),
    ...(Array.isArray(values.stop) && { stopStrings: values.stop }),
    ...(Array.isArray(values['stop-id']) && {
      stopIds: values['stop-id'].map((id) => toNumber('stop-id', id)),
    }),
  }
  try {
    resolveSettings(options, {}, [])
  } catch (error) {
    throw error instanceof InputError
      ? new UsageError(sentenceOf(error, EN), { cause: error })
      : error
  }
  return { ...options, ...detailOf(values.detail) }
}

function number<K extends keyof GenerationOptions>(
  values: GenerationValues,
  name: keyof GenerationValues,
  key: K,
): { readonly [P in K]?: number } {
  const value = values[name]
  const read: { [P in K]?: number } = {}
  if (typeof value === 'string') {
    read[key] = toNumber(name, value)
  }
  return read
}

function toNumber(name: string, text: string): number {
  const value = Number(text)
  if (text.trim() === '' || Number.isNaN(value)) {
    throw new UsageError(`--${name} takes a number, not "${text}".`)
  }
  return value
}

function detailOf(value: GenerationValues['detail']): Pick<RequestOptions, 'detail'> {
  const detail = DETAILS.find((one) => one === value)
  if (value !== undefined && detail === undefined) {
    throw new UsageError(`--detail takes auto, low or high, not "${String(value)}".`)
  }
  return detail === undefined ? {} : { detail }
}

function earlyStopping(value: GenerationValues['early-stopping']) {
  switch (value) {
    case undefined:
      return {}
    case 'never':
      return { earlyStopping: 'never' } as const
    case 'true':
      return { earlyStopping: true }
    case 'false':
      return { earlyStopping: false }
    default:
      throw new UsageError(`--early-stopping takes true, false or never, not "${String(value)}".`)
  }
}
