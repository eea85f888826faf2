/** What is read of a LLaVA's small files, and what is refused by name. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { readPreprocessing } from '../../../../inference/families/llava/preprocessing.ts'
import { readConfig } from '../../../../inference/families/llava/read-config.ts'

function withFile<T>(name: string, json: object, use: (folder: string) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), 'llava-config-'))
  try {
    writeFileSync(path.join(folder, name), JSON.stringify(json))
    return use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function read(config: object) {
  const problems: string[] = []
  const found = withFile('config.json', config, (folder) => readConfig(folder, 'llava', problems))
  return { config: found, problems: problems.join('\n') }
}

function fitOf(settings: object, tower: 'clip' | 'siglip' = 'clip') {
  const problems: string[] = []
  const { fit, background, mean } = withFile('preprocessor_config.json', settings, (folder) =>
    readPreprocessing(folder, 32, tower, problems),
  )
  return { fit, background, mean: mean[0], problems: problems.join('\n') }
}

function filterOf(settings: object) {
  return withFile('preprocessor_config.json', settings, (folder) => {
    const problems: string[] = []
    const { resample } = readPreprocessing(folder, 32, 'siglip', problems)
    assert.deepEqual(problems, [])
    return resample
  })
}

describe('readConfig', () => {
  it('fills in what published files leave out: LLaVA 1.5', () => {
    const { config, problems } = read({
      text_config: { max_position_embeddings: 4096, rms_norm_eps: 1e-5, vocab_size: 32_064 },
    })
    assert.equal(problems, '')
    const { vision, text, projector } = config!.model(null)
    assert.equal(vision.activation, 'quick_gelu') // CLIP's own
    assert.deepEqual([vision.layers, vision.imageSize, vision.dropsFirst], [23, 336, true])
    assert.deepEqual([text.hidden, text.layers, text.kvHeads, text.headDim], [4096, 32, 32, 128])
    assert.equal(projector.tokens, 576)
    assert.equal(config!.tokens.image, 32_000)
  })

  it('has a Qwen2’s biases and a Qwen3’s norms', () => {
    const qwen2 = read({ text_config: { model_type: 'qwen2', eos_token_id: 5 } })
    assert.deepEqual(qwen2.config!.model(null).text.bias, { qkv: true, output: false, mlp: false })
    const qwen3 = read({ text_config: { model_type: 'qwen3', eos_token_id: 5 } })
    assert.equal(qwen3.config!.model(null).text.headNorms, true)
    assert.equal(qwen3.config!.model(null).text.headDim, 128)
  })

  it('finds the names of tensors that the weights have', () => {
    const { config } = read({})
    const { vision, projector, text } = config!.model({
      has: (tensor) => tensor.startsWith('model.') || tensor === 'lm_head.weight',
      equal: () => false,
    })
    assert.equal(vision.tensors.module, 'model.vision_tower.vision_model')
    assert.deepEqual(projector.modules[0], 'model.multi_modal_projector.linear_1')
    assert.equal(text.module, 'model.language_model')
    assert.equal(text.headTensor, 'lm_head.weight')
  })

  it('refuses by name what it cannot convert', () => {
    for (const [config, sentence] of [
      [{ architectures: ['LlavaLlamaForCausalLM'] }, /architectures names LlavaLlamaForCausalLM/],
      [{ vision_config: { model_type: 'pixtral' } }, /vision_config\.model_type is "pixtral"/],
      [{ text_config: { model_type: 'gemma' } }, /text_config\.model_type is "gemma"/],
      [
        { vision_feature_layer: -30 },
        /vision_feature_layer is -30; the vision tower has 24 layers/,
      ],
      [{ vision_feature_layer: [] }, /vision_feature_layer is \[\]/],
      [{ vision_feature_select_strategy: 'cls' }, /select_strategy is "cls"/],
      [{ text_config: { model_type: 'qwen2' } }, /eos_token_id is missing/],
      [
        { text_config: { model_type: 'qwen3', eos_token_id: 1, use_sliding_window: true } },
        /sliding window/,
      ],
      [{ quantization_config: { bits: 4 } }, /quantized already/],
    ] as const) {
      const { config: found, problems } = read(config)
      assert.match(problems, sentence)
      assert.equal(found, null)
    }
  })
})

describe('readPreprocessing', () => {
  const crop_size = { height: 32, width: 32 }

  it('crops as CLIP, squashes as SigLIP, surrounds as the first LLaVA', () => {
    const clip = { image_processor_type: 'CLIPImageProcessor', size: { shortest_edge: 32 } }
    assert.equal(fitOf({ ...clip, crop_size }).fit, 'crop')
    assert.equal(fitOf({}).fit, 'crop')
    const siglip = { image_processor_type: 'SiglipImageProcessorFast', size: crop_size }
    assert.deepEqual(fitOf(siglip), {
      fit: 'squash',
      background: undefined,
      mean: 0.5,
      problems: '',
    })
    assert.equal(fitOf({}, 'siglip').mean, 0.5)
    const llava = {
      image_processor_type: 'LlavaImageProcessor',
      do_pad: true,
      image_mean: [0.5, 1, 0],
    }
    assert.deepEqual(fitOf({ ...llava, size: { shortest_edge: 32 }, crop_size }), {
      fit: 'surround',
      background: [127, 255, 0],
      mean: 0.5,
      problems: '',
    })
  })

  it("takes the settings' filter", () => {
    const settings = { image_processor_type: 'SiglipImageProcessor', size: crop_size }
    for (const [resample, filter] of [
      [null, 'bicubic'],
      [1, 'lanczos'],
      [2, 'bilinear'],
      [3, 'bicubic'],
    ] as const) {
      assert.equal(filterOf({ ...settings, resample }), filter)
    }
  })

  it('refuses other sizes, filters and processors', () => {
    for (const [settings, sentence] of [
      [{ size: { shortest_edge: 40 } }, /size is .*takes 32 pixels/],
      [{ size: { height: 32, width: 40 } }, /size is .*takes 32 pixels/],
      [{ crop_size: { height: 24, width: 24 } }, /crop_size is .*takes 32 pixels/],
      [{ do_center_crop: false }, /do_center_crop is false/],
      [{ do_resize: false }, /do_resize is false/],
      [{ resample: 4 }, /resample is 4; 1 \(Lanczos\), 2 \(bilinear\) and 3 \(bicubic\)/],
      [{ image_processor_type: 'PixtralImageProcessor' }, /"PixtralImageProcessor"; those of CLIP/],
    ] as const) {
      assert.match(fitOf(settings).problems, sentence)
    }
  })
})
