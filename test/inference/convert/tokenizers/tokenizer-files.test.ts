import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { Tokenizer } from '@huggingface/tokenizers'
import { readTokenizer } from '../../../../inference/convert/tokenizers/tokenizer-files.ts'
import { checkpointFolder } from '../../../helpers/parity.ts'

const TEXTS = [
  '',
  'Question: what is this? Answer:',
  ' two  spaces',
  'héllo 🙂\n',
  '<image></s><pad>x',
]

const IDS = { bos: 2, pad: 1, vocabSize: 304 }

const folder = mkdtempSync(path.join(tmpdir(), 'tokenizer-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, text: string) {
  writeFileSync(path.join(folder, name), text)
}

/** The template and the added tokens of a tokenizer that is built for a model with this first id. */
function build(bos: number) {
  const text = readTokenizer(folder, { bos, pad: 1, vocabSize: 304 }, [])
  const { post_processor: template, added_tokens: tokens } = JSON.parse(text)
  return [template, tokens.map(({ content }: { content: string }) => content)]
}

describe('readTokenizer', () => {
  const original = readFileSync(path.join(checkpointFolder('base'), 'tokenizer.json'), 'utf8')
  const { model, added_tokens: added } = JSON.parse(original)

  it('gives tokenizer.json as it is', () => {
    assert.equal(readTokenizer(checkpointFolder('base'), IDS, []), original)
  })

  it('says what is missing', () => {
    const problems: string[] = []
    assert.equal(readTokenizer(folder, IDS, problems), '')
    assert.match(problems.join(), /neither tokenizer\.json nor vocab\.json with merges\.txt/)
  })

  it('refuses one that would not open', () => {
    const unigram = { ...JSON.parse(original), model: { type: 'Unigram', vocab: [['a', 0]] } }
    const unknown = { ...JSON.parse(original), pre_tokenizer: { type: 'Foo' } }
    const mistakes = [
      [unigram, /tokenizer\.json is not a Unigram tokenizer \(model\.unk_id/],
      [unknown, /tokenizer\.json has a Foo, which is not supported/],
    ] as const
    for (const [tokenizer, sentence] of mistakes) {
      write('tokenizer_config.json', '{"tokenizer_class":"PreTrainedTokenizerFast"}')
      write('tokenizer.json', JSON.stringify(tokenizer))
      const problems: string[] = []
      readTokenizer(folder, IDS, problems)
      rmSync(path.join(folder, 'tokenizer.json'))
      rmSync(path.join(folder, 'tokenizer_config.json'))
      assert.match(problems.join(), sentence)
    }
  })

  /** What is read of tokenizer.json with these changes. */
  function read(changes: object, config: object) {
    write('tokenizer.json', JSON.stringify({ ...JSON.parse(original), ...changes }))
    write('tokenizer_config.json', JSON.stringify(config))
    const problems: string[] = []
    const text = readTokenizer(folder, IDS, problems)
    rmSync(path.join(folder, 'tokenizer.json'))
    rmSync(path.join(folder, 'tokenizer_config.json'))
    return { text, problems: problems.join('\n') }
  }

  it('takes what GPT2Tokenizer of transformers takes from each file', () => {
    const pattern = { Regex: '(a+)+$' }
    const changes = {
      normalizer: { type: 'Lowercase' },
      pre_tokenizer: { type: 'Split', pattern, behavior: 'Isolated', invert: false },
    }
    for (const tokenizer_class of [undefined, 'GPT2Tokenizer', 'GPT2TokenizerFast']) {
      const { text, problems } = read(changes, { tokenizer_class, add_prefix_space: true })
      assert.equal(problems, '')
      const { normalizer, pre_tokenizer: split } = JSON.parse(text)
      assert.equal(normalizer, null)
      assert.equal(split.type, 'ByteLevel')
      assert.equal(split.add_prefix_space, true)
    }
    const prefixed = { ...JSON.parse(original).pre_tokenizer, add_prefix_space: true }
    const { text } = read({ pre_tokenizer: prefixed }, { tokenizer_class: 'GPT2Tokenizer' })
    assert.equal(JSON.parse(text).pre_tokenizer.add_prefix_space, false)
  })

  it('keeps the steps of other classes, and refuses those that could take any time', () => {
    const config = { tokenizer_class: 'PreTrainedTokenizerFast' }
    const lower = { normalizer: { type: 'Sequence', normalizers: [{ type: 'Lowercase' }] } }
    assert.deepEqual(JSON.parse(read(lower, config).text).normalizer, lower.normalizer)
    const split = { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated' }
    const replace = { type: 'Replace', pattern: { Regex: '(a+)+$' }, content: '' }
    const hostile = [
      { pre_tokenizer: split },
      { pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Digits' }, split] } },
      { normalizer: replace },
      { normalizer: { type: 'Sequence', normalizers: [replace] } },
      { decoder: { type: 'Sequence', decoders: [{ type: 'ByteLevel' }, replace] } },
    ]
    for (const changes of hostile) {
      const { text, problems } = read(changes, config)
      assert.equal(text, '')
      assert.match(problems, /has a (Split|Replace) with the pattern .*, which is not supported/)
    }
  })

  it('refuses a token that the model does not have, and one for whole words only', () => {
    const area = { id: 304, content: '<area>', single_word: false, special: false }
    const beyond = read({ added_tokens: [...added, area] }, {}).problems
    assert.match(beyond, /has the token "<area>" with the id 304, but the model has only 304 ids/)
    const special = { ...area, special: true } // never in a text
    assert.equal(read({ added_tokens: [...added, special] }, {}).problems, '')
    const word = { ...area, id: 303, single_word: true }
    assert.match(read({ added_tokens: [word] }, {}).problems, /"<area>" for whole words only/)
  })

  it('builds one whose special tokens are those that the model names', () => {
    write('vocab.json', '{"a":0,"<begin>":7,"<pad>":1}')
    write('merges.txt', '#version: 0.2\n')
    const [template, names] = build(7)
    assert.deepEqual(template.special_tokens, {
      '<begin>': { id: '<begin>', ids: [7], tokens: ['<begin>'] },
    })
    assert.deepEqual(names, ['<pad>', '<begin>'])
    assert.deepEqual(build(3), [null, ['<pad>']])
  })

  it('builds one from a vocabulary and merges that gives the same ids', () => {
    write('vocab.json', JSON.stringify(model.vocab))
    const merges: (string | string[])[] = model.merges
    const lines = merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' ')))
    write('merges.txt', `#version: 0.2\n${lines.join('\n')}\n`)
    write('special_tokens_map.json', JSON.stringify({ pad_token: { content: '<pad>' } }))
    const image = added.find((token: { content: string }) => token.content === '<image>')
    write('added_tokens.json', JSON.stringify({ '<image>': image.id }))
    const problems: string[] = []
    const built = new Tokenizer(JSON.parse(readTokenizer(folder, IDS, problems)), {})
    const expected = new Tokenizer(JSON.parse(original), {})
    assert.deepEqual(problems, [])
    for (const text of TEXTS) {
      const { ids } = expected.encode(text)
      assert.deepEqual(built.encode(text).ids, ids)
      assert.equal(
        built.decode(ids, { skip_special_tokens: true }),
        expected.decode(ids, { skip_special_tokens: true }),
      )
    }
  })
})
