/** The checkpoints in the shape of SmolVLM2 and LLaVA-OneVision, with the files of their processors. */

import {
  addLanguage,
  addLinear,
  addTower,
  type ChatModel,
  languageConfig,
  type Size,
  SIZES,
  towerConfig,
} from './chat-sizes.ts'
import { numberTokenizer } from './number-tokenizer.ts'
import type { Checkpoint, Shapes } from './random-weights.ts'

/** Patches that become one token along each side. */
const SHUFFLE = 4
/** Tiles along a side. */
const SMOLVLM_TILES = 4
const ONEVISION_TILES = 6

const HALF = [0.5, 0.5, 0.5]
const PIXELS = {
  do_convert_rgb: true,
  do_normalize: true,
  do_pad: true,
  do_rescale: true,
  do_resize: true,
  image_mean: HALF,
  image_std: HALF,
  rescale_factor: 1 / 255,
}

/** @param layers of the vision tower and of the language model; default: as many as the real ones have. */
export function chatCheckpoint(model: ChatModel, layers?: number): Checkpoint {
  const { tower, language } = SIZES[model]
  const fewer = layers === undefined ? {} : { layers }
  const size = { tower: { ...tower, ...fewer }, language: { ...language, ...fewer } }
  return model === 'llava-onevision-0.5b' ? onevision(size) : smolvlm(size)
}

/** Ids as in the published ones; places of tiles are tokens. */
function smolvlm({ tower, language }: Size): Checkpoint {
  const added = 49_152
  const special = smolvlmTokens(added)
  const shapes: Shapes = new Map()
  addTower(shapes, 'model.vision_model', tower)
  shapes.set('model.connector.modality_projection.proj.weight', [
    language.hidden,
    tower.hidden * SHUFFLE ** 2,
  ])
  addLanguage(shapes, 'model.text_model', language, false)
  const ids = { bos_token_id: 1, eos_token_id: 49_279, pad_token_id: 2 }
  const processor = {
    image_processor: {
      ...PIXELS,
      do_image_splitting: true,
      image_processor_type: 'SmolVLMImageProcessor',
      max_image_size: { longest_edge: tower.imageSize },
      resample: 1,
      size: { longest_edge: SMOLVLM_TILES * tower.imageSize },
    },
    image_seq_len: (tower.imageSize / tower.patchSize / SHUFFLE) ** 2,
    processor_class: 'SmolVLMProcessor',
  }
  return {
    config: {
      architectures: ['SmolVLMForConditionalGeneration'],
      model_type: 'smolvlm',
      image_token_id: special['<image>'],
      pad_token_id: ids.pad_token_id,
      scale_factor: SHUFFLE,
      tie_word_embeddings: true,
      vision_config: towerConfig(tower, 'smolvlm_vision'),
      // llama.cpp's converter asks for the class.
      text_config: {
        architectures: ['VLlama3ForCausalLM'],
        ...languageConfig(language, 'llama'),
        ...ids,
      },
    },
    files: {
      ...texts(numberTokenizer(added, special), { eos: '<end_of_utterance>', pad: '<|im_end|>' }),
      'generation_config.json': JSON.stringify(ids),
      'processor_config.json': JSON.stringify(processor),
      // The preprocessing alone, for programs that read no nested settings.
      'preprocessor_config.json': JSON.stringify(processor.image_processor),
      'chat_template.jinja':
        "<|im_start|>{% for message in messages %}{{message['role'] | capitalize}}{% if message['content'][0]['type'] == 'image' %}{{':'}}{% else %}{{': '}}{% endif %}" +
        "{% for line in message['content'] %}{% if line['type'] == 'text' %}{{line['text']}}{% elif line['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}" +
        "<end_of_utterance>\n{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}",
    },
    shapes,
  }
}

/** Special tokens by text, those behind the words from `added` on. */
function smolvlmTokens(added: number): Record<string, number> {
  const special: Record<string, number> = {
    '<|endoftext|>': 0,
    '<|im_start|>': 1,
    '<|im_end|>': 2,
    '<global-img>': added,
    '<fake_token_around_image>': 49_189,
    '<image>': 49_190,
    '<end_of_utterance>': 49_279,
  }
  for (let place = 0; place < 36; place++) {
    const [row, column] = [Math.floor(place / 6) + 1, (place % 6) + 1]
    special[`<row_${row}_col_${column}>`] = added + 1 + place
  }
  for (let id = 49_191; id < 49_279; id++) {
    special[`<|reserved_${id}|>`] = id
  }
  return special
}

function onevision({ tower, language }: Size): Checkpoint {
  const added = 151_643
  const special = {
    '<|endoftext|>': added,
    '<|im_start|>': added + 1,
    '<|im_end|>': added + 2,
    '<image>': added + 3,
    '<video>': added + 4,
  }
  const sides = Array.from({ length: ONEVISION_TILES }, (_, i) => (i + 1) * tower.imageSize)
  const pinpoints = sides.flatMap((height) => sides.map((width) => [height, width]))
  const shapes: Shapes = new Map()
  addTower(shapes, 'vision_tower.vision_model', tower)
  addLinear(shapes, 'multi_modal_projector.linear_1', language.hidden, tower.hidden)
  addLinear(shapes, 'multi_modal_projector.linear_2', language.hidden, language.hidden)
  shapes.set('image_newline', [language.hidden])
  addLanguage(shapes, 'language_model.model', language, true)
  const ids = { bos_token_id: added, eos_token_id: added + 2, pad_token_id: added }
  return {
    config: {
      architectures: ['LlavaOnevisionForConditionalGeneration'],
      model_type: 'llava_onevision',
      image_grid_pinpoints: pinpoints,
      image_token_index: special['<image>'],
      video_token_index: special['<video>'],
      projector_hidden_act: 'gelu',
      multimodal_projector_bias: true,
      tie_word_embeddings: true,
      vision_aspect_ratio: 'anyres_max_9',
      vision_feature_layer: -1,
      vision_feature_select_strategy: 'full',
      vision_config: towerConfig(tower, 'siglip_vision_model'),
      text_config: { ...languageConfig(language, 'qwen2'), ...ids },
    },
    files: {
      ...texts(numberTokenizer(added, special), { eos: '<|im_end|>', pad: '<|endoftext|>' }),
      'generation_config.json': JSON.stringify(ids),
      'preprocessor_config.json': JSON.stringify({
        ...PIXELS,
        image_grid_pinpoints: pinpoints,
        image_processor_type: 'LlavaOnevisionImageProcessor',
        resample: 3,
        size: { height: tower.imageSize, width: tower.imageSize },
      }),
      'chat_template.json': JSON.stringify({
        chat_template:
          "{% for message in messages %}{{ '<|im_start|>' + message['role'] + ' ' }}{% for part in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>' }}{% endfor %}" +
          "{% for part in message['content'] | selectattr('type', 'equalto', 'text') %}{{ '\\n' + part['text'] }}{% endfor %}{{ '<|im_end|>' }}{% endfor %}" +
          "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
      }),
    },
    shapes,
  }
}

function texts(tokenizer: object, { eos, pad }: { readonly eos: string; readonly pad: string }) {
  return {
    'tokenizer.json': JSON.stringify(tokenizer),
    'tokenizer_config.json': JSON.stringify({
      bos_token: '<|im_start|>',
      eos_token: eos,
      pad_token: pad,
      model_max_length: 1_000_000,
      tokenizer_class: 'PreTrainedTokenizerFast',
    }),
  }
}
