/** What is read of an IDEFICS's small files, and what is refused by name. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { readPreprocessing } from '../../../../inference/families/idefics/preprocessing.ts'
import { readConfig } from '../../../../inference/families/idefics/read-config.ts'
import { readSpecialTokens } from '../../../../inference/families/idefics/read-tokens.ts'

function withFiles<T>(files: Readonly<Record<string, object>>, use: (folder: string) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), 'idefics-config-'))
  try {
    for (const [name, json] of Object.entries(files)) {
      writeFileSync(path.join(folder, name), JSON.stringify(json))
    }
    return use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function read(config: object, generation: object = {}) {
  const problems: string[] = []
  const files = { 'config.json': config, 'generation_config.json': generation }
  return { config: withFiles(files, (folder) => readConfig(folder, problems)), problems }
}

function tokensOf(tokens: readonly object[], settings: object = {}) {
  const problems: string[] = []
  const files = { 'tokenizer.json': { added_tokens: tokens }, 'tokenizer_config.json': settings }
  return { tokens: withFiles(files, (folder) => readSpecialTokens(folder, problems)), problems }
}

const PUBLISHED = {
  additional_vocab_size: 2,
  cross_layer_interval: 4,
  qk_layer_norms: true,
  use_resampler: true,
  vocab_size: 32_000,
}

function special(content: string, id: number) {
  return { content, id, special: true }
}

function problemsOf(settings: object): string {
  const problems: string[] = []
  withFiles({ 'preprocessor_config.json': settings }, (folder) =>
    readPreprocessing(folder, { tower: 'clip', imageSize: 224 }, problems),
  )
  return problems.join('\n')
}

describe('readConfig', () => {
  it('reads a published file, whose parts have sections of their own', () => {
    const { config, problems } = read({
      ...PUBLISHED,
      vision_config: { embed_dim: 1280 },
      perceiver_config: { qk_layer_norms_perceiver: true },
    })
    assert.deepEqual(problems, [])
    const { vision, resampler, keys, decoder } = config!.model(null)
    assert.deepEqual(
      [vision.hidden, vision.layers, vision.patchSize, vision.activation, vision.states],
      [1280, 32, 14, 'gelu', [32]],
    )
    const { latents, layers, heads, headDim, headNorms, intermediate, tokens } = resampler!
    assert.deepEqual([latents, layers, heads, headDim, headNorms], [64, 6, 16, 96, true])
    assert.deepEqual([intermediate, tokens], [5120, 257])
    assert.equal(keys.modules.length, 8)
    assert.equal(keys.modules[7], 'model.gated_cross_attn_layers.7.cross_attn')
    assert.deepEqual(decoder.gated, { interval: 4, headNorms: true, gateWidth: 1, rows: 64 })
    assert.equal(config!.vocab, 32_002)
  })

  it('takes the tower of a BLIP-2, with its stem and its pictures', () => {
    const tower = { model_type: 'blip_2_vision_model', hidden_size: 160, num_hidden_layers: 4 }
    const stem = { channels: 8, stages: [[1, 3, 2, 8, 1]], fine: 1 }
    const sides = { num_attention_heads: 5, image_size: 32, patch_size: 4 }
    const { config, problems } = read({ vision_config: { ...tower, ...sides, stem } })
    assert.deepEqual(problems, [])
    const { vision } = config!.model(null)
    assert.deepEqual(
      [config!.tower, vision.tensors.module, vision.layers, vision.states],
      ['blip', 'model.vision_model', 4, null],
    )
    assert.equal(vision.stem!.channels, 8)
    const pictures = { image_processor_type: 'BlipImageProcessor', size: { height: 32, width: 32 } }
    const read32 = (tower: 'blip' | 'clip') => {
      const found: string[] = []
      withFiles({ 'preprocessor_config.json': pictures }, (folder) =>
        readPreprocessing(folder, { tower, imageSize: 32 }, found),
      )
      return found.length
    }
    assert.deepEqual([read32('blip'), read32('clip')], [0, 1])
  })

  it('reads an older file, whose parts stand beside each other', () => {
    const { config } = read({
      ...PUBLISHED,
      vision_embed_dim: 1280,
      vision_num_hidden_layers: 3,
      resampler_n_latents: 32,
      qk_layer_norms_perceiver: true,
    })
    const { vision, resampler } = config!.model(null)
    assert.deepEqual([vision.hidden, vision.layers], [1280, 3])
    assert.deepEqual([resampler!.latents, resampler!.headNorms], [32, true])
  })

  it('looks at all rows without a resampler, and has no added ids unless there are some', () => {
    const { config } = read({ vision_config: { image_size: 28, patch_size: 7 } })
    const { resampler, keys, decoder } = config!.model(null)
    assert.equal(resampler, null)
    assert.deepEqual([keys.rows, keys.modules.length], [17, 32])
    assert.equal(decoder.added, null)
  })

  it('takes a head of the weights, also for the added ids', () => {
    const { config } = read({ ...PUBLISHED, tie_word_embeddings: true })
    const tied = config!.model(null).decoder
    assert.equal(tied.text.headTensor, tied.text.embedTensor)
    assert.equal(tied.added!.headTensor, tied.added!.embedTensor)
    const own = config!.model({ has: () => true, equal: () => false }).decoder
    assert.equal(own.text.headTensor, 'lm_head.weight')
    assert.equal(own.added!.headTensor, 'lm_head.additional_fc.weight')
  })

  it('takes what ends an answer from generation_config.json', () => {
    assert.deepEqual(read({ eos_token_id: 5, pad_token_id: 7 }).config!.stop, [5])
    assert.equal(read({ eos_token_id: 5, pad_token_id: 7 }).config!.pad, 7)
    assert.deepEqual(read({ eos_token_id: 5 }, { eos_token_id: [3, 4] }).config!.stop, [3, 4])
  })

  it('refuses by name what it cannot convert', () => {
    for (const [config, sentence] of [
      [{ architectures: ['Idefics2ForConditionalGeneration'] }, /names Idefics2For/],
      [{ cross_layer_interval: 3 }, /cross_layer_interval is 3, which does not divide 32 layers/],
      [{ alpha_type: 'matrix' }, /alpha_type is "matrix"/],
      [{ hidden_size: 100, num_attention_heads: 8 }, /does not divide hidden_size 100/],
      [{ vision_config: { embed_dim: 100 } }, /does not divide hidden_size 100/],
      [{ vision_config: { image_size: 7 } }, /patch_size is 14, larger than the image/],
      [{ additional_vocab_size: -1 }, /additional_vocab_size is -1/],
      [{ quantization_config: { bits: 4 } }, /quantized already/],
    ] as const) {
      const { config: model, problems } = read(config)
      assert.match(problems.join('\n'), sentence)
      assert.equal(model, null)
    }
  })
})

describe('readSpecialTokens', () => {
  const all = [
    special('<s>', 1),
    special('</s>', 2),
    special('<fake_token_around_image>', 7),
    special('<image>', 8),
  ]

  it('finds them by their texts', () => {
    const { tokens } = tokensOf(all)
    assert.deepEqual(tokens, { start: '<s>', image: 8, textEnd: 2, turnEnd: null })
    const settings = { bos_token: { content: '<b>' }, eos_token: '<e>' }
    const named = [...all, special('<b>', 3), special('<e>', 4), special('<end_of_utterance>', 9)]
    const { tokens: others } = tokensOf(named, settings)
    assert.deepEqual(others, { start: '<b>', image: 8, textEnd: 4, turnEnd: 9 })
  })

  it('names those that are missing', () => {
    const { tokens, problems } = tokensOf(all.slice(0, 3))
    assert.equal(tokens, null)
    assert.match(problems.join(), /no special token "<image>"/)
    const ordinary = [...all.slice(0, 3), { ...special('<image>', 8), special: false }]
    assert.match(tokensOf(ordinary).problems.join(), /no special token "<image>"/)
    assert.match(tokensOf(all, { add_eos_token: true }).problems.join(), /add_eos_token is true/)
    const none: string[] = []
    withFiles({}, (folder) => readSpecialTokens(folder, none))
    assert.match(none.join(), /has no tokenizer\.json/)
  })
})

describe('readPreprocessing', () => {
  it('takes either name of the size', () => {
    assert.equal(problemsOf({ image_processor_type: 'IdeficsImageProcessor', image_size: 224 }), '')
    assert.equal(problemsOf({ size: { height: 224, width: 224 } }), '')
    assert.equal(problemsOf({}), '')
  })

  it('refuses other sizes, filters and processors', () => {
    for (const [settings, sentence] of [
      [{ image_size: 448 }, /image_size is 448/],
      [{ size: { height: 224, width: 448 } }, /size is .*takes 224 pixels/],
      [{ resample: 5 }, /resample is 5/],
      [{ do_resize: false }, /do_resize is false/],
      [{ image_processor_type: 'Idefics3ImageProcessor' }, /that of IDEFICS is supported/],
    ] as const) {
      assert.match(problemsOf(settings), sentence)
    }
  })
})
