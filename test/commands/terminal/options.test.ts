/** What the command line says of options that it does not know. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  GENERATION_OPTIONS,
  MODEL_OPTIONS,
  readArguments,
} from '../../../commands/terminal/options.ts'
import { UsageError } from '../../../commands/terminal/run.ts'

const OPTIONS = { ...MODEL_OPTIONS, ...GENERATION_OPTIONS }

describe('readArguments', () => {
  for (const [args, message] of [
    [['a.png', '--bems', '3'], 'There is no option --bems; did you mean --beams?'],
    [['--max-new-token=3'], 'There is no option --max-new-token; did you mean --max-new-tokens?'],
    [['--frobnicate'], 'There is no option --frobnicate.'],
  ] as const) {
    it(message, () => {
      assert.throws(
        () => readArguments(args, OPTIONS),
        (error) => error instanceof UsageError && error.message === message,
      )
    })
  }

  it('takes what follows -- for words', () => {
    const { positionals } = readArguments(['a.png', '--', '--bems'], OPTIONS)
    assert.deepEqual(positionals, ['a.png', '--bems'])
  })

  it('says what is missing of an option that it knows', () => {
    assert.throws(() => readArguments(['--model'], OPTIONS), UsageError)
  })
})
