import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { readTokenizer } from '../../../../inference/convert/tokenizers/tokenizer-files.ts'
import { parseTokenizer } from '../../../../inference/text/tokenizer.ts'
import { FIXTURES } from '../../../helpers/parity.ts'

const SOURCE = path.join(FIXTURES, 'tokenizers', 'llama')
const TEXT = ' two  spaces, naïve 🙂\n'

const folder = mkdtempSync(path.join(tmpdir(), 'llama-tokenizer-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const read = (name: string) => JSON.parse(readFileSync(path.join(SOURCE, name), 'utf8'))

/** The ids of TEXT by a changed tokenizer, and those after a special token in a text. */
function encodeWith(file: object, config: object) {
  writeFileSync(
    path.join(folder, 'tokenizer.json'),
    JSON.stringify({ ...read('tokenizer.json'), ...file }),
  )
  writeFileSync(
    path.join(folder, 'tokenizer_config.json'),
    JSON.stringify({ ...read('tokenizer_config.json'), ...config }),
  )
  const problems: string[] = []
  const text = readTokenizer(folder, null, problems)
  assert.deepEqual(problems, [])
  const tokenizer = parseTokenizer(text, 'tokenizer.json')
  const options = { special: true, parseSpecial: true }
  return [tokenizer.encode(TEXT, options), tokenizer.encode(`</s>${TEXT.trim()}`, options)]
}

describe('the tokenizer of a Llama', () => {
  const expected = encodeWith({}, {})

  it('has the same ids from the file as it was published at first', () => {
    const legacy = {
      normalizer: {
        type: 'Sequence',
        normalizers: [
          { type: 'Prepend', prepend: '▁' },
          { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
        ],
      },
      pre_tokenizer: null,
    }
    assert.deepEqual(encodeWith(legacy, { tokenizer_class: 'LlamaTokenizerFast' }), expected)
  })

  it('marks a word after a special token where the settings are called legacy', () => {
    const [first, second] = encodeWith({}, { legacy: true })
    assert.deepEqual(first, expected[0])
    assert.notDeepEqual(second, expected[1])
  })

  it('begins and ends texts as the settings say, and else as the file says', () => {
    const [begun] = expected
    assert.equal(begun![0], 2)
    const [both] = encodeWith({}, { bos_token: '<s>', add_eos_token: true })
    assert.deepEqual(both, [1, ...begun!.slice(1), 2])
    const absent = { add_bos_token: undefined, add_eos_token: undefined, bos_token: '<s>' }
    assert.deepEqual(encodeWith({}, absent), expected)
  })

  it('is refused with steps that are not its own', () => {
    const text = JSON.stringify({ ...read('tokenizer.json'), normalizer: { type: 'NFC' } })
    assert.throws(() => parseTokenizer(text, 'tokenizer.json'), /has a NFC, which is not supported/)
    const split = read('tokenizer.json')
    split.pre_tokenizer.split = true
    assert.throws(
      () => parseTokenizer(JSON.stringify(split), 'tokenizer.json'),
      /has a Metaspace, which is not supported/,
    )
  })
})
