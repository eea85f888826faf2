import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigError, hasCode, InputError } from '../../config/errors.ts'
import { fromPlainError, toPlainError } from '../../config/plain-error.ts'

function sent(thrown: unknown): Error {
  return fromPlainError(JSON.parse(JSON.stringify(toPlainError(thrown))))
}

describe('fromPlainError', () => {
  it('gives an InputError back with its code, values and cause', () => {
    const cause = new TypeError('bad header')
    const error = sent(new InputError('image/damaged', { format: 'PNG' }, { cause }))
    assert.ok(error instanceof InputError)
    assert.ok(hasCode(error, 'image/damaged'))
    assert.ok(!hasCode(error, 'image/empty'))
    assert.deepEqual(error.params, { format: 'PNG' })
    assert.equal(error.message, 'image/damaged {"format":"PNG"}')
    assert.ok(error.cause instanceof Error)
    assert.equal(error.cause.name, 'TypeError')
    assert.equal(error.cause.message, 'bad header')
  })

  it('gives a ConfigError back with every problem', () => {
    const error = sent(new ConfigError(['one', 'two']))
    assert.ok(error instanceof ConfigError)
    assert.deepEqual(error.problems, ['one', 'two'])
  })

  it('keeps the name, message and stack of a bug', () => {
    const bug = new RangeError('expected 1, got 2')
    const error = sent(bug)
    assert.ok(!(error instanceof InputError || error instanceof ConfigError))
    assert.deepEqual(
      { name: error.name, message: error.message, stack: error.stack },
      { name: 'RangeError', message: 'expected 1, got 2', stack: bug.stack },
    )
  })

  it('takes whatever is thrown, and causes in a circle', () => {
    assert.equal(sent('just text').message, 'just text')
    const one = new Error('one')
    one.cause = new Error('two', { cause: one })
    assert.equal(sent(one).message, 'one')
  })

  it('refuses a value that is not an error', () => {
    assert.throws(() => fromPlainError({ kind: 'input', code: 3 }), { name: 'ZodError' })
    assert.throws(() => fromPlainError(null), { name: 'ZodError' })
  })
})
