import assert from 'node:assert/strict'
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { convertCheckpoint } from '../../../inference/convert/convert.ts'
import { ConfigError } from '../../../config/errors.ts'
import {
  change,
  changeWeights,
  folder,
  from,
  giveEachTestACheckpoint,
  OPTIONS,
  out,
  useCheckpoint,
  WEIGHTS,
} from '../../helpers/own-checkpoint.ts'
import { floatTensor } from '../../helpers/safetensors.ts'

giveEachTestACheckpoint()

/** The problems of a conversion that must be refused and must leave nothing behind. */
async function refusal(): Promise<readonly string[]> {
  let problems: readonly string[] = []
  await assert.rejects(convertCheckpoint(from, out, OPTIONS), (error) => {
    assert.ok(error instanceof ConfigError, String(error))
    problems = error.problems
    return true
  })
  assert.ok(!existsSync(out) && !existsSync(`${out}.partial`))
  return problems
}

async function assertRefused(...patterns: RegExp[]) {
  const problems = await refusal()
  assert.equal(problems.length, patterns.length, problems.join('\n'))
  patterns.forEach((pattern, i) => assert.match(problems[i]!, pattern))
}

describe('convertCheckpoint refuses', () => {
  it('a folder that is not there', async () => {
    rmSync(from, { recursive: true })
    await assertRefused(/from is not a folder/)
  })

  it('a folder without config.json', async () => {
    rmSync(path.join(from, 'config.json'))
    await assertRefused(/has no config\.json/)
  })

  it('a broken config.json', async () => {
    writeFileSync(path.join(from, 'config.json'), '{"model_type":')
    await assertRefused(/config\.json is not a JSON object/)
  })

  it('another language model', async () => {
    change('config.json', (json) => (json['text_config']!['model_type'] = 'gpt2'))
    await assertRefused(
      /text_config\.model_type is "gpt2"; supported language models are "opt", "t5", "llama", "qwen2", "qwen3"/,
    )
  })

  it('a Llama with rotary positions that are not known, or an odd head size', async () => {
    change('config.json', (json) => {
      const rope_parameters = { rope_type: 'yarn', rope_theta: 100, factor: 2 }
      const llama = { model_type: 'llama', head_dim: 5, eos_token_id: 2, rope_parameters }
      return (json['text_config'] = Object.assign(json['text_config']!, llama))
    })
    await assertRefused(
      /text_config\.head_dim is 5; rotary positions need an even number/,
      /text_config\.rope_parameters\.rope_type is "yarn"; supported are default, linear, llama3/,
    )
  })

  it('a T5 with an activation that is not known', async () => {
    const t5 = { model_type: 't5', feed_forward_proj: 'gated-unheard-of' }
    change('config.json', (json) => Object.assign(json['text_config']!, t5))
    await assertRefused(/text_config\.feed_forward_proj is "gated-unheard-of"/)
  })

  it('a T5 whose buckets cannot be halved', async () => {
    const t5 = { model_type: 't5', relative_attention_num_buckets: 7 }
    change('config.json', (json) => Object.assign(json['text_config']!, t5))
    await assertRefused(/text_config\.relative_attention_num_buckets is 7; an even number/)
  })

  it('InstructBLIP for videos', async () => {
    change('config.json', (json) => Object.assign(json, { model_type: 'instructblipvideo' }))
    await assertRefused(
      /model_type is "instructblipvideo" \(InstructBLIP-Video\); supported: "blip-2", "instructblip", "llava"/,
    )
  })

  it("InstructBLIP without its Q-Former's tokenizer", async () => {
    change('config.json', (json) =>
      Object.assign(json, {
        model_type: 'instructblip',
        architectures: ['InstructBlipForConditionalGeneration'],
      }),
    )
    await assertRefused(/qformer_tokenizer has no tokenizer/)
  })

  it('image-text matching whose Q-Former reads no texts', async () => {
    const architectures = ['Blip2ForImageTextRetrieval']
    change('config.json', (json) => Object.assign(json, { architectures }))
    await assertRefused(/qformer_config\.use_qformer_text_input is false; the Q-Former has to read/)
  })

  it('a class that is none of its model type', async () => {
    change('config.json', (json) => Object.assign(json, { architectures: ['Blip2VisionModel'] }))
    await assertRefused(/names Blip2VisionModel; supported is Blip2ForConditionalGeneration/)
  })

  it('weights that are quantized already', async () => {
    change('config.json', (json) =>
      Object.assign(json, { quantization_config: { load_in_8bit: true } }),
    )
    await assertRefused(/quantization_config says that the weights are quantized/)
  })

  it('several things at once, each by its name', async () => {
    change('config.json', (json) => {
      json['vision_config']!['hidden_act'] = 'prelu'
      json['qformer_config']!['position_embedding_type'] = 'relative_key'
      json['text_config']!['num_attention_heads'] = 5
      json['text_config']!['activation_function'] = 'xielu'
      json['text_config']!['word_embed_proj_dim'] = 64
      json['text_config']!['hidden_size'] = 'wide'
    })
    const problems = (await refusal()).join('\n')
    assert.match(problems, /vision_config\.hidden_act is "prelu"; supported are gelu, /)
    assert.match(problems, /qformer_config\.position_embedding_type is "relative_key"/)
    assert.match(problems, /text_config\.activation_function is "xielu"/)
    assert.match(problems, /text_config\.hidden_size is "wide"/)
    assert.match(problems, /text_config\.num_attention_heads is 5/)
  })

  it('token embeddings wider than the hidden states, as transformers does', async () => {
    change('config.json', (json) => (json['text_config']!['word_embed_proj_dim'] = 64))
    await assertRefused(/word_embed_proj_dim is 64, wider than hidden_size 32/)
  })

  it('another way of preparing pictures', async () => {
    change('processor_config.json', (json) => {
      const image = json['image_processor']!
      image['resample'] = 0
      image['size'] = { height: 32, width: 32 }
      image['image_processor_type'] = 'CLIPImageProcessor'
    })
    await assertRefused(
      /image_processor_type is "CLIPImageProcessor"/,
      /resample is 0; 1 \(Lanczos\), 2 \(bilinear\) and 3 \(bicubic\) are supported/,
      /size is \{"height":32,"width":32\}; .* takes 28 pixels/,
    )
  })

  it('a tokenizer that is not there, and says so with the other problems', async () => {
    rmSync(path.join(from, 'tokenizer.json'))
    change('config.json', (json) => (json['text_config']!['model_type'] = 'gpt2'))
    truncateSync(path.join(from, WEIGHTS), 100)
    await assertRefused(/model_type is "gpt2"/, /has no tokenizer/, /is truncated/)
  })

  it('a folder without weights', async () => {
    rmSync(path.join(from, WEIGHTS))
    await assertRefused(/has no weights/)
  })

  it('an empty file', async () => {
    writeFileSync(path.join(from, WEIGHTS), '')
    await assertRefused(/model\.safetensors is not a safetensors file: it has 0 bytes/)
  })

  it('a file that is something else', async () => {
    writeFileSync(path.join(from, WEIGHTS), 'a page of the hub instead of the file')
    await assertRefused(/model\.safetensors is not a safetensors file: its header cannot be/)
  })

  it('a file that ends within its header', async () => {
    truncateSync(path.join(from, WEIGHTS), 100)
    await assertRefused(/is truncated: it ends within its header/)
  })

  it('a file that ends within its tensors', async () => {
    const file = path.join(from, WEIGHTS)
    truncateSync(file, statSync(file).size - 1)
    await assertRefused(/model\.safetensors is truncated: it has \d+ bytes and its tensors need/)
  })

  it('a header of garbage', async () => {
    const file = readFileSync(path.join(from, WEIGHTS))
    file.fill('x', 20, 40)
    writeFileSync(path.join(from, WEIGHTS), file)
    await assertRefused(/its header is not JSON|entry of .* is broken/)
  })

  it('a tensor whose size is not its shape', async () => {
    changeWeights((tensors) => {
      const name = 'query_tokens'
      tensors[name] = { ...tensors[name]!, shape: [1, 4, 23] }
    })
    await assertRefused(/query_tokens is F16 \[1, 4, 23\] but has 192 bytes/)
  })

  it('missing tensors, each by its name', async () => {
    changeWeights((tensors) => {
      delete tensors['query_tokens']
      delete tensors['language_model.model.decoder.layers.1.fc1.weight']
    })
    await assertRefused(
      /lacks the tensor query_tokens/,
      /lacks the tensor language_model\.model\.decoder\.layers\.1\.fc1\.weight/,
    )
  })

  it('a tensor of another shape', async () => {
    changeWeights((tensors) => {
      tensors['language_projection.weight'] = floatTensor(new Float32Array(24 * 31), [31, 24])
    })
    await assertRefused(
      /language_projection\.weight is \[31, 24\] where config\.json makes it \[32, 24\]/,
    )
  })

  it('a transposed tensor', async () => {
    changeWeights((tensors) => {
      tensors['language_projection.weight'] = floatTensor(new Float32Array(24 * 32), [24, 32])
    })
    await assertRefused(/language_projection\.weight is \[24, 32\]/)
  })

  it('a tensor of another type', async () => {
    changeWeights((tensors) => {
      const bytes = new Uint8Array(32)
      tensors['language_projection.bias'] = { dtype: 'I8', shape: [32], bytes }
    })
    await assertRefused(/language_projection\.bias is of type I8; F64, F32, F16 and BF16 are read/)
  })

  it('values that float16 cannot hold, once they are met', async () => {
    changeWeights((tensors) => {
      const values = new Float32Array(24 * 32).fill(1e6)
      tensors['language_projection.weight'] = floatTensor(values, [32, 24])
    })
    const converting = convertCheckpoint(from, out, { ...OPTIONS, precision: 'fp16' })
    await assert.rejects(converting, /language_projection\.weight has values beyond float16/)
    assert.deepEqual(readdirSync(folder), ['from'])
  })

  it('an index that names shards which are not there, or elsewhere', async () => {
    useCheckpoint('separate-head')
    rmSync(path.join(from, 'model-00002-of-00004.safetensors'))
    await assertRefused(/lacks the shard model-00002-of-00004\.safetensors/)
    const index = { weight_map: { a: '../secret.safetensors' } }
    writeFileSync(path.join(from, 'model.safetensors.index.json'), JSON.stringify(index))
    await assertRefused(/names \.\.\/secret\.safetensors, which is not a shard/)
  })
})
