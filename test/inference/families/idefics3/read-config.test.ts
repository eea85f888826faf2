/** What is read of a SmolVLM's and an Idefics3's small files, and what is refused by name. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { type Kind, mostTilesWithin } from '../../../../inference/families/idefics3/card.ts'
import { readPreprocessing } from '../../../../inference/families/idefics3/preprocessing.ts'
import { readConfig } from '../../../../inference/families/idefics3/read-config.ts'

type Files = Readonly<Record<string, object>>

function withFiles<T>(files: Files, use: (folder: string) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), 'idefics3-config-'))
  try {
    for (const [name, json] of Object.entries(files)) {
      writeFileSync(path.join(folder, name), JSON.stringify(json))
    }
    return use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function read(config: object, kind: Kind = 'smolvlm', others: Files = {}) {
  const problems: string[] = []
  const found = withFiles({ 'config.json': config, ...others }, (folder) =>
    readConfig(folder, kind, problems),
  )
  return { config: found, problems: problems.join('\n') }
}

const LIMITS = { imageSize: 32, mostTiles: 20 }

function prepared(files: Files, limits = LIMITS) {
  const problems: string[] = []
  const read = withFiles(files, (folder) => readPreprocessing(folder, limits, problems))
  return { ...read, problems: problems.join('\n') }
}

function settings(json: object, limits = LIMITS) {
  return prepared({ 'preprocessor_config.json': json }, limits)
}

/** The reference's default of 32 gives seven patches a side, which its default scale_factor does not divide. */
const vision_config = { patch_size: 14 }
const text_config = { vocab_size: 300, hidden_size: 32, num_attention_heads: 4 }

/** Of a language model of another kind. */
function textOf(model_type: string) {
  return read({ vision_config, text_config: { model_type, eos_token_id: 5 } }).config!.model(null)
    .text
}

describe('readConfig', () => {
  it('fills in what the files leave out', () => {
    for (const kind of ['smolvlm', 'idefics3'] as const) {
      const { config, problems } = read({ vision_config, text_config: {} }, kind)
      assert.equal(problems, '')
      assert.deepEqual(config!.tokens, { pad: 2, stop: [2], image: 128_257 })
      assert.deepEqual([config!.language, config!.imageSize, config!.vocab], ['llama', 224, 32_000])
      const { vision, projector, text } = config!.model(null)
      assert.deepEqual(
        [vision.hidden, vision.intermediate, vision.layers, vision.heads],
        [1152, 3072, 12, 16],
      )
      assert.deepEqual([vision.activation, vision.epsilon], ['gelu_pytorch_tanh', 1e-6])
      assert.deepEqual([projector.tokens, projector.shuffle, projector.bias], [256, 2, false])
      assert.deepEqual([text.hidden, text.layers, text.kvHeads], [4096, 32, 32])
      assert.deepEqual([text.maxPositions, text.epsilon], [2048, 1e-6])
      assert.equal(text.headTensor, 'lm_head.weight')
    }
  })

  it('has another epsilon where the language model is not described at all', () => {
    for (const [config, epsilon] of [
      [{}, 1e-5],
      [{ text_config: null }, 1e-5],
      [{ text_config }, 1e-6],
    ] as const) {
      const { text } = read({ vision_config, ...config }).config!.model(null)
      assert.equal(text.epsilon, epsilon)
    }
  })

  it('takes what they say', () => {
    const { config, problems } = read({
      architectures: ['SmolVLMForConditionalGeneration'],
      scale_factor: 4,
      image_token_id: 290,
      vision_config: { image_size: 56, patch_size: 7, hidden_size: 24, num_attention_heads: 3 },
      text_config: { ...text_config, eos_token_id: 7, max_position_embeddings: 64 },
    })
    assert.equal(problems, '')
    assert.deepEqual(config!.tokens, { pad: 7, stop: [7], image: 290 })
    const { vision, projector, text } = config!.model(null)
    assert.deepEqual([vision.imageSize, vision.patchSize, vision.hidden], [56, 7, 24])
    assert.deepEqual([projector.tokens, projector.width, projector.embed], [64, 24, 32])
    assert.deepEqual([text.vocab, text.headDim, text.maxPositions], [300, 8, 64])
  })

  it('counts the whole patches of a side', () => {
    const { config, problems } = read({ vision_config: { image_size: 30, patch_size: 7 } })
    assert.equal(problems, '')
    assert.equal(config!.model(null).projector.tokens, 16)
  })

  it('ends answers as generation_config.json says', () => {
    const { config } = read({ vision_config, text_config: { eos_token_id: 7 } }, 'smolvlm', {
      'generation_config.json': { eos_token_id: [5, 6], pad_token_id: 4 },
    })
    assert.deepEqual(config!.tokens, { pad: 4, stop: [5, 6], image: 128_257 })
  })

  it('ties the head where either part says so', () => {
    const weights = { has: () => false, equal: () => false }
    for (const config of [
      { tie_word_embeddings: true },
      { text_config: { tie_word_embeddings: true } },
    ]) {
      const { text } = read({ vision_config, ...config }).config!.model(weights)
      assert.equal(text.headTensor, text.embedTensor)
    }
    assert.equal(read({ vision_config }).config!.model(weights).text.headTensor, 'lm_head.weight')
  })

  it('has a Qwen2’s biases and a Qwen3’s norms', () => {
    assert.deepEqual(textOf('qwen2').bias, { qkv: true, output: false, mlp: false })
    assert.equal(textOf('qwen3').headNorms, true)
  })

  it('refuses by name what it cannot convert', () => {
    for (const [config, sentence] of [
      [{ architectures: ['LlavaForConditionalGeneration'] }, /names LlavaForConditionalGeneration/],
      // The other of the two.
      [{ architectures: ['Idefics3ForConditionalGeneration'] }, /supported is SmolVLMForCond/],
      [{ quantization_config: { bits: 4 } }, /quantized already/],
      [{ text_config: { quantization_config: { bits: 4 } } }, /quantized already/],
      [{ text_config: 'llama' }, /text_config is not an object/],
      [{ text_config: { model_type: 'mistral' } }, /text_config\.model_type is "mistral"/],
      [{ text_config: { model_type: 'qwen2' } }, /eos_token_id is missing/],
      [{ text_config: { num_key_value_heads: 5 } }, /num_key_value_heads is 5, which does not/],
      [{ image_token_id: null }, /image_token_id is null; a token id is needed/],
      [{ scale_factor: 3 }, /scale_factor is 3, which does not divide the patches of a side/],
      [{ scale_factor: 0 }, /scale_factor is 0; a whole number above 0/],
      [{ vision_config: {} }, /scale_factor is 2, which does not divide/],
      [{ vision_config: { patch_size: 256 } }, /patch_size is 256, larger than the image/],
      [{ vision_config: { image_size: [224, 224] } }, /image_size is \[224,224\]/],
      [
        { vision_config: { ...vision_config, num_attention_heads: 7 } },
        /num_attention_heads is 7, which does not/,
      ],
      [
        { vision_config: { ...vision_config, hidden_act: 'xielu' } },
        /vision_config\.hidden_act is "xielu"/,
      ],
      [
        { vision_config: { ...vision_config, num_hidden_layers: 1001 } },
        /from 1 to 1000 is needed/,
      ],
    ] as const) {
      const { config: found, problems } = read({ vision_config, ...config })
      assert.match(problems, sentence)
      assert.equal(found, null)
    }
  })

  it('names every reason at once, and says nothing without a file', () => {
    const { problems } = read({ scale_factor: 5, vision_config, quantization_config: {} })
    assert.equal(problems.split('\n').length, 2)
    const missing: string[] = []
    assert.equal(
      withFiles({}, (folder) => readConfig(folder, 'idefics3', missing)),
      null,
    )
    assert.deepEqual(missing, [])
  })
})

describe('readPreprocessing', () => {
  it('fills in what the files leave out, by the model’s own size', () => {
    assert.deepEqual(prepared({}), {
      resample: 'lanczos',
      fit: 'tiles',
      tiles: { longestEdge: 128, split: true },
      rescaleFactor: 1 / 255,
      mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5],
      problems: '',
    })
  })

  it('takes what they say, of either class', () => {
    for (const image_processor_type of [
      'Idefics3ImageProcessor',
      'SmolVLMImageProcessorFast',
      'SmolVLMImageProcessorPil',
    ]) {
      const read = settings({
        image_processor_type,
        size: { longest_edge: 100 },
        max_image_size: { longest_edge: 32 },
        resample: 2,
        do_image_splitting: false,
        do_rescale: false,
        image_mean: [0, 0.5, 1],
        image_std: 0.25,
      })
      assert.deepEqual(read, {
        resample: 'bilinear',
        fit: 'tiles',
        tiles: { longestEdge: 100, split: false },
        rescaleFactor: 1,
        mean: [0, 0.5, 1],
        std: [0.25, 0.25, 0.25],
        problems: '',
      })
    }
    assert.deepEqual(settings({ size: 64, max_image_size: 32 }).tiles.longestEdge, 64)
    assert.equal(settings({ feature_extractor_type: 'Idefics3ImageProcessor' }).problems, '')
  })

  it('reads the newer file before the older', () => {
    const { tiles } = prepared({
      'processor_config.json': { image_processor: { size: { longest_edge: 96 } } },
      'preprocessor_config.json': { size: { longest_edge: 64 } },
    })
    assert.equal(tiles.longestEdge, 96)
  })

  it('lets pictures keep their size, whatever size says', () => {
    for (const size of [{ longest_edge: 1456 }, { height: 8, width: 8 }, null]) {
      const { tiles, problems } = settings({ do_resize: false, size })
      assert.equal(problems, '')
      assert.deepEqual(tiles, { longestEdge: 128, split: true, mostTiles: 20 })
    }
    // As large as the reference resizes at all.
    const large = settings({ do_resize: false }, { imageSize: 1540, mostTiles: 20 })
    assert.equal(large.tiles.longestEdge, 4096)
  })

  it('refuses other sizes, filters and processors', () => {
    for (const [json, sentence] of [
      [{ image_processor_type: 'CLIPImageProcessor' }, /"CLIPImageProcessor"; those of Idefics3/],
      // Of the first Idefics, and of the second.
      [{ image_processor_type: 'IdeficsImageProcessor' }, /image_processor_type is "Idefics/],
      [{ image_processor_type: 'Idefics2ImageProcessor' }, /image_processor_type is "Idefics2/],
      [{ feature_extractor_type: 7 }, /image_processor_type is 7/],
      [{ max_image_size: { longest_edge: 64 } }, /max_image_size is 64; .* takes 32 pixels/],
      [{ max_image_size: { height: 32, width: 32 } }, /max_image_size is \{"height"/],
      [{ size: { height: 32, width: 32 } }, /size is \{"height":32,"width":32\}; a longest_edge/],
      [{ size: { longest_edge: 4097 } }, /a longest_edge of at most 4096 pixels/],
      [{ size: { longest_edge: 0 } }, /size is \{"longest_edge":0\}/],
      [{ size: { longest_edge: 32.5 } }, /size is \{"longest_edge":32\.5\}/],
      [{ resample: 0 }, /resample is 0; 1 \(Lanczos\), 2 \(bilinear\) and 3 \(bicubic\)/],
      [{ do_resize: 'no' }, /do_resize is "no"; true or false/],
      [{ do_image_splitting: 1 }, /do_image_splitting is 1; true or false/],
      [{ image_std: [0.5, 0.5, 0] }, /image_std is \[0\.5,0\.5,0\]/],
      [{ rescale_factor: -1 }, /rescale_factor is -1; a number above 0/],
    ] as const) {
      assert.match(settings(json).problems, sentence)
    }
  })
})

describe('mostTilesWithin', () => {
  it('leaves room for a text', () => {
    assert.equal(mostTilesWithin({ maxPositions: 8192, tileTokens: 64 }), 101) // of 78 positions
    assert.equal(mostTilesWithin({ maxPositions: 320, tileTokens: 4 }), 13) // 240 of 18
    assert.equal(mostTilesWithin({ maxPositions: 100, tileTokens: 90 }), 1)
  })
})
