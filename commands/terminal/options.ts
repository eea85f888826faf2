/** The command line options that describe, ask, chat and score share. */

import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { InputError } from '../../config/errors.ts'
import { resolveSettings } from '../../inference/generation/settings.ts'
import type { GenerationOptions } from '../../inference/contract/types.ts'
import { sentenceOf } from '../i18n/catalogue.ts'
import { EN } from '../i18n/en.ts'
import { UsageError } from './run.ts'

export const MODEL_HELP = `  --model NAME|DIR          model package: a name under models/, or its folder (default: demo)
  --json                    print one JSON object per result, and nothing else on stdout
  --help                    print this`

const GENERATION_HELP = `  --max-new-tokens N        longest answer, in tokens
  --min-new-tokens N        shortest answer, in tokens
  --beams N                 beams of the search; 1 alone is plain greedy
  --length-penalty X        above 0 favors long answers, with beams (default 1)
  --early-stopping WHEN     true, false or never, with beams (default false)
  --repetition-penalty X    above 1 discourages what was already said
  --no-repeat-ngram-size N  no N tokens in a row occur twice
  --sample                  draw tokens at random
  --temperature X           below 1 draws likelier tokens (default 1)
  --top-k N                 draw among the N likeliest tokens; 0 means all (default 50)
  --top-p X                 draw among the likeliest tokens that reach this probability (default 1)
  --seed N                  makes the draws repeatable
  --stop TEXT               end the answer before this text; may be given again
  --stop-id N               end the answer with this token id; may be given again`

const GENERATION_DEFAULTS = `Prompts and settings you do not give are the model's own. With --beams or --sample, only the length
is: the rest is as in transformers.`

export const EXIT_HELP = 'Exit status: 0 done, 1 failed, 2 wrong use.'

/** Help on all options of a command that generates text, to its end. */
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
      throw new UsageError(error.message, { cause: error })
    }
    throw error
  }
}

/** `--length-penalty -1` as `--length-penalty=-1`: parseArgs would take -1 for an option. */
function joinNegatives(argv: readonly string[]): string[] {
  const joined: string[] = []
  for (const argument of argv) {
    const before = joined.at(-1)
    if (/^-[\d.]/.test(argument) && before !== undefined && /^--[a-z-]+$/.test(before)) {
      joined[joined.length - 1] = `${before}=${argument}`
    } else {
      joined.push(argument)
    }
  }
  return joined
}

/** The generation options given. @throws {UsageError} listing those that are out of range. */
export function readGenerationOptions(values: GenerationValues): GenerationOptions {
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
  return options
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
