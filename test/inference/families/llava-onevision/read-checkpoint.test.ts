/** What is read of a LLaVA-OneVision's small files, and what is refused by name. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { llavaOnevision } from '../../../../inference/families/llava-onevision/family.ts'
import { readPreprocessing } from '../../../../inference/families/llava-onevision/preprocessing.ts'
import { readConfig } from '../../../../inference/families/llava/read-config.ts'

const TEXT = { text_config: { eos_token_id: 5 } }

function withFiles<T>(files: Readonly<Record<string, object>>, use: (folder: string) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), 'onevision-config-'))
  try {
    for (const [name, json] of Object.entries(files)) {
      writeFileSync(path.join(folder, name), JSON.stringify(json))
    }
    return use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function preprocessing(settings: object, config: object = {}) {
  const problems: string[] = []
  const files = { 'preprocessor_config.json': settings, 'config.json': config }
  const read = withFiles(files, (folder) => readPreprocessing(folder, folder, 32, problems))
  return { read, problems: problems.join('\n') }
}

describe('readConfig', () => {
  it('fills in what published files leave out', () => {
    const problems: string[] = []
    const config = withFiles({ 'config.json': TEXT }, (folder) =>
      readConfig(folder, 'llava-onevision', problems),
    )
    assert.deepEqual(problems, [])
    const { vision, text, projector } = config!.model(null)
    assert.deepEqual([vision.layers, vision.imageSize, vision.dropsFirst], [26, 384, false])
    assert.equal(vision.activation, 'gelu_pytorch_tanh')
    assert.deepEqual(text.bias, { qkv: true, output: false, mlp: false })
    assert.deepEqual([projector.tokens, projector.endTensor], [729, 'image_newline'])
    assert.equal(config!.tokens.image, 151_646)
    const { projector: renamed } = config!.model({
      has: (tensor) => tensor.startsWith('model.'),
      equal: () => false,
    })
    assert.equal(renamed.endTensor, 'model.image_newline')
  })

  it('refuses a class token among the patches', () => {
    const problems: string[] = []
    const vision_config = { model_type: 'clip_vision_model', image_size: 32, patch_size: 16 }
    withFiles({ 'config.json': { ...TEXT, vision_config } }, (folder) => {
      const folders = { config: folder, preprocessing: folder, tokenizer: folder }
      llavaOnevision.read(folders, problems)
    })
    assert.match(problems.join('\n'), /select_strategy gives other rows than the patches of a tile/)
  })
})

describe('readPreprocessing', () => {
  it('has the published resolutions where none are given', () => {
    const { read, problems } = preprocessing({})
    assert.equal(problems, '')
    assert.equal(read.resolutions.length, 36)
    assert.deepEqual(read.resolutions[1], { height: 32, width: 64 })
    assert.deepEqual([read.mostTiles, read.resample], [9, 'bicubic'])
    assert.deepEqual(read.background, [122, 116, 104]) // CLIP's mean color
  })

  it('reads lists, filter and colors', () => {
    const image_grid_pinpoints = [
      [64, 32],
      [32, 32],
    ]
    const settings = { image_grid_pinpoints, resample: 2, image_mean: [0.5, 0.5, 0.5] }
    const { read, problems } = preprocessing(
      { ...settings, size: { height: 32, width: 32 } },
      { image_grid_pinpoints, vision_aspect_ratio: 'anyres_max_4' },
    )
    assert.equal(problems, '')
    assert.deepEqual(read.resolutions, [
      { height: 64, width: 32 },
      { height: 32, width: 32 },
    ])
    assert.deepEqual(
      [read.mostTiles, read.resample, read.background],
      [4, 'bilinear', [127, 127, 127]],
    )
  })

  it('refuses by name what it cannot do', () => {
    const list = { image_grid_pinpoints: [[32, 32]] }
    for (const [settings, config, sentence] of [
      [
        { image_processor_type: 'LlavaNextImageProcessor' },
        {},
        /"LlavaNextImageProcessor"; that of LLaVA-One/,
      ],
      [{ size: { shortest_edge: 40 } }, {}, /size is .*takes 32 pixels/],
      [{ do_resize: false }, {}, /do_resize is false/],
      [{ do_center_crop: true }, {}, /do_center_crop is true/],
      [list, {}, /image_grid_pinpoints is another list than that of config.json/],
      [{}, list, /image_grid_pinpoints is another list than that of config.json/],
      [{}, { image_grid_pinpoints: [[32, 40]] }, /multiples of 32, and at most 4096/],
      [{}, { image_grid_pinpoints: [[32, 32 * 200]] }, /multiples of 32, and at most 4096/],
      [{}, { image_grid_pinpoints: [] }, /multiples of 32/],
      [{}, { vision_aspect_ratio: 'pad' }, /vision_aspect_ratio is "pad"; anyres_max_N/],
    ] as const) {
      assert.match(preprocessing(settings, config).problems, sentence)
    }
  })
})
