import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { it } from 'node:test'
import { readConfig } from '../../../../inference/families/blip2/read-config.ts'
import { checkpointFolder } from '../../../helpers/parity.ts'

it('readConfig refuses more layers than there is memory to plan', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const json = JSON.parse(readFileSync(path.join(checkpointFolder('base'), 'config.json'), 'utf8'))
  for (const section of ['vision_config', 'qformer_config', 'text_config']) {
    json[section].num_hidden_layers = 1001
  }
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(json))
  const problems: string[] = []

  assert.equal(readConfig(folder, problems), null)

  assert.equal(problems.length, 3)
  for (const problem of problems) {
    assert.match(problem, /num_hidden_layers is 1001; a whole number from 1 to 1000 is needed\./)
  }
})

it('readConfig says what is wrong with a stem', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const json = JSON.parse(readFileSync(path.join(checkpointFolder('stem'), 'config.json'), 'utf8'))
  const problemsOf = (stem: unknown) => {
    json.vision_config.stem = stem
    writeFileSync(path.join(folder, 'config.json'), JSON.stringify(json))
    const problems: string[] = []
    readConfig(folder, problems)
    return problems.join('\n')
  }

  const stage = [6, 3, 2, 24, 1]
  const stem = { channels: 8, stages: [stage, stage], fine: 1 }
  assert.equal(problemsOf(stem), '')
  for (const wrong of [
    [],
    {},
    { ...stem, channels: 0 },
    { ...stem, stages: [] },
    { ...stem, fine: 0 },
    { ...stem, fine: 3 },
    { ...stem, stages: [stage, [6, 2, 2, 24, 1]] },
    { ...stem, stages: [stage, [6, 3, 4, 24, 1]] },
    { ...stem, stages: [stage, [6, 3, 2, 24]] },
    { ...stem, stages: [stage, ['6', 3, 2, 24, 1]] },
    { ...stem, stages: [stage, [6, 3, 2, 24, 0]] },
  ]) {
    assert.match(problemsOf(wrong), /vision_config\.stem is not \{"channels", "stages"/)
  }
  assert.match(
    problemsOf({ ...stem, stages: [stage] }),
    /stem has a stride of 4 in all; patch_size 8 and image_size 32/,
  )
})

it('readConfig reads a T5 as it was written before transformers 5', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const json = JSON.parse(
    readFileSync(path.join(checkpointFolder('t5-relu'), 'config.json'), 'utf8'),
  )
  const textOf = (settings: object) => {
    const {
      dense_act_fn: _,
      scale_decoder_outputs: __,
      tie_word_embeddings: ___,
      ...text
    } = json.text_config
    const config = { ...json, text_config: { ...text, ...settings } }
    writeFileSync(path.join(folder, 'config.json'), JSON.stringify(config))
    const read = readConfig(folder, [])?.model.text
    assert.ok(read?.kind === 't5')
    const { scaleLogits, activation, gated } = read
    return { scaleLogits, activation, gated }
  }

  // T5 1.0, T5 1.1, and the Flan-T5 of BLIP-2, which names its activation twice.
  assert.deepEqual(textOf({}), { scaleLogits: true, activation: 'relu', gated: false })
  const newer = { feed_forward_proj: 'gated-gelu', tie_word_embeddings: false }
  const gated = { scaleLogits: false, activation: 'gelu_new', gated: true }
  assert.deepEqual(textOf(newer), gated)
  assert.deepEqual(textOf({ ...newer, dense_act_fn: 'gelu' }), { ...gated, activation: 'gelu' })
})

it('readConfig reads a Qwen2, whose queries, keys and values have biases', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const json = JSON.parse(readFileSync(path.join(checkpointFolder('base'), 'config.json'), 'utf8'))
  json.text_config = { ...json.text_config, model_type: 'qwen2', num_key_value_heads: 2 }
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(json))
  const problems: string[] = []

  const config = readConfig(folder, problems)

  assert.deepEqual(problems, [])
  assert.equal(config?.type, 'qwen2')
  const { text } = config.model
  assert.ok(text.kind === 'llama')
  assert.deepEqual(text.bias, { qkv: true, output: false, mlp: false })
})
