/** Records as text: the format that earlier versions of the bot read and wrote. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decode, encode } from '../../../bot/store/encoding.ts'

const RECORD = { value: { a: [':x', '::y', 'z:', ''], ':b': 1.5, c: null }, expires: 1000 }
/** As Keyv 6.1.0 encodes it. */
const TEXT = '{"value":{"a":["::x",":::y","z:",""],":b":1.5,"c":null},"expires":1000}'

describe('encode', () => {
  it('writes what Keyv wrote', () => {
    assert.equal(encode(RECORD), TEXT)
  })
})

describe('decode', () => {
  it('gives back what was encoded', () => {
    assert.deepEqual(decode(TEXT), RECORD)
    assert.deepEqual(decode(encode({ value: 'x' })), { value: 'x' })
  })

  it('refuses damaged text', () => {
    for (const text of [
      '',
      TEXT.slice(0, -1),
      '7',
      'null',
      '[1]',
      '{"value":1,"expires":"soon"}',
    ]) {
      assert.throws(() => decode(text), text)
    }
  })
})
