import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Tokenizer } from '@huggingface/tokenizers'
import { numberTokenizer } from '../../../bench/synthetic/number-tokenizer.ts'

const SPECIAL = { '<s>': 0, '<end>': 1, '<image>': 400 }

describe('numberTokenizer', () => {
  const tokenizer = new Tokenizer(numberTokenizer(400, SPECIAL), {})
  const ids = (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids

  it('has a token for each number, and ids below the size only', () => {
    const [first] = ids(' 1')
    const last = 400 - first!
    assert.deepEqual(ids(` 1 12 ${last}`), [first, first! + 11, 399])
    assert.equal(tokenizer.decode([first!, first! + 11]), ' 1 12')
  })

  it('takes other text byte by byte, two line ends as one, and special tokens whole', () => {
    assert.equal(ids('Ñ').length, 2)
    assert.equal(ids('\n\n').length, 1)
    assert.deepEqual(ids('<image><end>'), [400, 1])
    assert.equal(tokenizer.decode(ids('Look: Ñ!')), 'Look: Ñ!')
  })
})
