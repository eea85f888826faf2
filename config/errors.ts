/** The kinds of error that carry a sentence for a person. Anything else thrown is a bug. */

/** The user's mistake (a broken picture, a question too long); the message is a sentence for them. */
export class InputError extends Error {
  override name = 'InputError' as const
}

/** The operator's mistake (a missing model, a bad setting); the message lists every problem. */
export class ConfigError extends Error {
  override name = 'ConfigError' as const
  readonly problems: readonly string[]

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options)
    this.problems = problems
  }
}
