import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { Tokenizer } from '@huggingface/tokenizers'
import { readTokenizer } from '../../../../inference/convert/checkpoint/tokenizer-files.ts'
import { checkpointFolder } from '../../../helpers/parity.ts'

const TEXTS = [
  '',
  'Question: what is this? Answer:',
  ' two  spaces',
  'héllo 🙂\n',
  '<image></s><pad>x',
]

const folder = mkdtempSync(path.join(tmpdir(), 'tokenizer-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, text: string) {
  writeFileSync(path.join(folder, name), text)
}

describe('readTokenizer', () => {
  const original = readFileSync(path.join(checkpointFolder('base'), 'tokenizer.json'), 'utf8')
  const { model, added_tokens: added } = JSON.parse(original)

  it('gives tokenizer.json as it is', () => {
    assert.equal(readTokenizer(checkpointFolder('base'), []), original)
  })

  it('says what is missing', () => {
    const problems: string[] = []
    assert.equal(readTokenizer(folder, problems), '')
    assert.match(problems.join(), /neither tokenizer\.json nor vocab\.json with merges\.txt/)
  })

  it('refuses one that would not open', () => {
    const unigram = { ...JSON.parse(original), model: { type: 'Unigram', vocab: [['a', 0]] } }
    const unknown = { ...JSON.parse(original), pre_tokenizer: { type: 'Foo' } }
    const mistakes = [
      [unigram, /tokenizer\.json is not a byte-pair tokenizer/],
      [unknown, /tokenizer\.json is not a tokenizer that can be used here: .*Foo/],
    ] as const
    for (const [tokenizer, sentence] of mistakes) {
      write('tokenizer.json', JSON.stringify(tokenizer))
      const problems: string[] = []
      readTokenizer(folder, problems)
      rmSync(path.join(folder, 'tokenizer.json'))
      assert.match(problems.join(), sentence)
    }
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
    const built = new Tokenizer(JSON.parse(readTokenizer(folder, problems)), {})
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
