import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { ConfigError } from '../../../config/errors.ts'
import { PRECISIONS, type Precision } from '../../../inference/blocks/precision.ts'
import { convertCheckpoint } from '../../../inference/convert/convert.ts'
import {
  changeWeights,
  folder,
  from,
  giveEachTestACheckpoint,
  OPTIONS,
  out,
  useCheckpoint,
  WEIGHTS,
} from '../../helpers/own-checkpoint.ts'
import { floatTensor, valuesOf, writeHeader } from '../../helpers/safetensors.ts'

giveEachTestACheckpoint()

async function refusal(precision: Precision = OPTIONS.precision): Promise<string> {
  let message = ''
  await assert.rejects(convertCheckpoint(from, out, { ...OPTIONS, precision }), (error) => {
    assert.ok(error instanceof ConfigError, String(error))
    ;({ message } = error)
    return true
  })
  assert.deepEqual(readdirSync(folder), ['from'])
  return message
}

describe('a safetensors file is refused, as by its own library, for', () => {
  const F32 = { dtype: 'F32', shape: [1] }
  const a = { ...F32, data_offsets: [0, 4] }
  const late = { ...F32, data_offsets: [5, 9] }
  const CASES: readonly [what: string, header: unknown, bytes: number, reason: RegExp][] = [
    ['an overlap', { a, b: { ...F32, data_offsets: [2, 6] } }, 6, /b overlaps the tensor before/],
    ['the same bytes twice', { a, b: a }, 4, /b overlaps the tensor before/],
    ['a hole', { a, b: late }, 9, /b comes after unused bytes/],
    ['a late start', { a: { ...F32, data_offsets: [1, 5] } }, 5, /a comes after unused bytes/],
    ['trailing bytes', { a }, 5, /1 bytes follow its tensors/],
    ['metadata of numbers', { __metadata__: { x: 1 }, a }, 4, /its __metadata__ is not text/],
    ['metadata twice', '{"__metadata__":{},"__metadata__":{}}', 0, /has "__metadata__" twice/],
    ['a name twice', '{"a":{},"\\u0061":{}}', 0, /has "a" twice/],
    ['a field twice', '{"a":{"shape":[2],"shape":[1]}}', 4, /has "shape" twice/],
    ['three offsets', { a: { ...F32, data_offsets: [0, 4, 4] } }, 4, /entry of a is broken/],
    ['an unknown type', { a: { ...a, dtype: 'F99' } }, 4, /type F99, which the format does not/],
    ['a wrong size', { a: { ...a, dtype: 'I8' } }, 4, /a is I8 \[1\] but has 4 bytes/],
    ['a huge shape', { a: { ...a, shape: [2 ** 50, 2 ** 50] } }, 4, /but has 4 bytes/],
    ['a header in no encoding', '{"\xff":1}', 0, /its header is not JSON/],
  ]
  for (const [what, header, bytes, reason] of CASES) {
    it(what, async () => {
      const text = typeof header === 'string' ? header : JSON.stringify(header)
      writeHeader(path.join(from, WEIGHTS), Buffer.from(text, 'latin1'), bytes)
      assert.match(await refusal(), reason)
    })
  }

  it('being a folder', async () => {
    rmSync(path.join(from, WEIGHTS))
    mkdirSync(path.join(from, WEIGHTS))
    assert.match(await refusal(), /model\.safetensors is not a file/)
    useCheckpoint('separate-head')
    rmSync(path.join(from, 'model-00002-of-00004.safetensors'))
    mkdirSync(path.join(from, 'model-00002-of-00004.safetensors'))
    assert.match(await refusal(), /model-00002-of-00004\.safetensors is not a file/)
  })

  it('being a pointer of Git LFS, like every other file', async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n'
    writeFileSync(path.join(from, WEIGHTS), pointer)
    writeFileSync(path.join(from, 'tokenizer.json'), pointer)
    const message = await refusal()
    assert.match(message, /tokenizer\.json is a pointer of Git LFS/)
    assert.match(message, /model\.safetensors is a pointer of Git LFS .*`git lfs pull`/)
  })
})

describe('values that are not numbers are refused', () => {
  const PLACES = [
    ['vision_model.encoder.layers.0.mlp.fc1.weight', NaN],
    ['qformer.encoder.layer.0.attention.attention.query.weight', Infinity],
    ['language_model.model.decoder.layers.1.fc1.bias', -Infinity],
  ] as const
  for (const precision of PRECISIONS) {
    it(`by file and tensor in ${precision}, once they are met`, async () => {
      for (const [name, wrong] of PLACES) {
        useCheckpoint('base')
        changeWeights((tensors) => {
          const { shape } = tensors[name]!
          const values = Float32Array.from(valuesOf(tensors[name]!))
          values[1] = wrong
          tensors[name] = floatTensor(values, shape)
        })
        const named = `${WEIGHTS}: ${name} has values that are not numbers or are infinite`
        const message = await refusal(precision)
        assert.ok(message.includes(named), message)
      }
    })
  }
})

describe('a LoRA adapter is refused with the commands that merge it', () => {
  it('beside full weights', async () => {
    writeFileSync(path.join(from, 'adapter_config.json'), '{"base_model_name_or_path":"a/base"}')
    const message = await refusal()
    assert.match(message, /has a LoRA adapter .* beside its full weights, and transformers applies/)
    assert.ok(message.includes(`mv "${from}"/adapter_* adapter/`), message)
    assert.ok(message.includes(`from_pretrained("${from}")`), message)
  })

  it('alone', async () => {
    rmSync(path.join(from, 'config.json'))
    writeFileSync(path.join(from, 'adapter_config.json'), '{"base_model_name_or_path":"a/base"}')
    const message = await refusal()
    assert.match(message, /is a LoRA adapter .*changes the weights of a\/base/)
    assert.ok(message.includes(`PeftModel.from_pretrained(base, "${from}").merge_and_unload()`))
  })
})
