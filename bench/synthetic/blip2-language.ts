/** The language models of synthetic checkpoints: configuration, tokenizer, and the shapes of tensors. */

import type { Shapes } from './random-weights.ts'

export type AddLinear = (name: string, out: number, inputs: number) => void
export type AddNorm = (name: string, width: number) => void

export const BLIP2_MODELS = ['blip2-opt-2.7b', 'blip2-flan-t5-xl'] as const
export type Blip2Model = (typeof BLIP2_MODELS)[number]

/** Smaller than the real one. Layers: of a T5 those of each of its two parts. */
export type Blip2Size = { readonly layers?: number; readonly vocab?: number }

export type Language = {
  readonly config: object
  /** Of its hidden states. */
  readonly width: number
  readonly imageToken: number
  /** The tokenizer's files, by name. */
  readonly files: Readonly<Record<string, string>>
  /** Adds its tensors; `linear` with biases, `norm` with both. */
  add(to: { readonly found: Shapes; readonly linear: AddLinear; readonly norm: AddNorm }): void
}

const OPT = { hidden: 2560, intermediate: 10240, heads: 32, positions: 2048 }
const T5 = { hidden: 2048, intermediate: 5120, heads: 32, headDim: 64, buckets: 32 }

export function languageOf(model: Blip2Model, size: Blip2Size): Language {
  return model === 'blip2-flan-t5-xl' ? t5(size) : opt(size)
}

function opt({ layers = 32, vocab = 50304 }: Blip2Size): Language {
  const { vocabulary, merges } = numberWords()
  return {
    width: OPT.hidden,
    imageToken: 50265,
    config: {
      model_type: 'opt',
      hidden_size: OPT.hidden,
      ffn_dim: OPT.intermediate,
      num_attention_heads: OPT.heads,
      num_hidden_layers: layers,
      vocab_size: vocab,
      word_embed_proj_dim: OPT.hidden,
      eos_token_id: 50118,
    },
    files: { 'vocab.json': JSON.stringify(vocabulary, null, 2), 'merges.txt': merges },
    add({ found, linear, norm }) {
      const decoder = 'language_model.model.decoder'
      found.set(`${decoder}.embed_tokens.weight`, [vocab, OPT.hidden])
      found.set(`${decoder}.embed_positions.weight`, [OPT.positions + 2, OPT.hidden])
      norm(`${decoder}.final_layer_norm`, OPT.hidden)
      for (let i = 0; i < layers; i++) {
        const layer = `${decoder}.layers.${i}`
        for (const name of ['q_proj', 'k_proj', 'v_proj', 'out_proj']) {
          linear(`${layer}.self_attn.${name}`, OPT.hidden, OPT.hidden)
        }
        norm(`${layer}.self_attn_layer_norm`, OPT.hidden)
        linear(`${layer}.fc1`, OPT.intermediate, OPT.hidden)
        linear(`${layer}.fc2`, OPT.hidden, OPT.intermediate)
        norm(`${layer}.final_layer_norm`, OPT.hidden)
      }
    },
  }
}

/** Source: Salesforce/blip2-flan-t5-xl, config.json. */
function t5({ layers = 24, vocab = 32128 }: Blip2Size): Language {
  return {
    width: T5.hidden,
    imageToken: 32100,
    config: {
      model_type: 't5',
      d_model: T5.hidden,
      d_ff: T5.intermediate,
      d_kv: T5.headDim,
      num_heads: T5.heads,
      num_layers: layers,
      num_decoder_layers: layers,
      relative_attention_num_buckets: T5.buckets,
      feed_forward_proj: 'gated-gelu',
      dense_act_fn: 'gelu',
      tie_word_embeddings: false,
      vocab_size: vocab,
      bos_token_id: 1,
      eos_token_id: 1,
      pad_token_id: 0,
      decoder_start_token_id: 0,
    },
    files: { 'tokenizer.json': numberPieces() },
    add({ found }) {
      found.set('language_model.shared.weight', [vocab, T5.hidden])
      found.set('language_model.lm_head.weight', [vocab, T5.hidden])
      for (const [stack, attentions] of [
        ['encoder', ['SelfAttention']],
        ['decoder', ['SelfAttention', 'EncDecAttention']],
      ] as const) {
        for (let i = 0; i < layers; i++) {
          addT5Block(found, `language_model.${stack}.block.${i}`, attentions, i === 0)
        }
        found.set(`language_model.${stack}.final_layer_norm.weight`, [T5.hidden])
      }
    },
  }
}

/** @param first it has the table of relative positions. */
function addT5Block(
  found: Shapes,
  block: string,
  attentions: readonly string[],
  first: boolean,
): void {
  const { hidden, intermediate, heads, headDim, buckets } = T5
  const wide = heads * headDim
  for (const [i, attention] of attentions.entries()) {
    for (const name of ['q', 'k', 'v']) {
      found.set(`${block}.layer.${i}.${attention}.${name}.weight`, [wide, hidden])
    }
    found.set(`${block}.layer.${i}.${attention}.o.weight`, [hidden, wide])
    found.set(`${block}.layer.${i}.layer_norm.weight`, [hidden])
  }
  if (first) {
    const table = `${block}.layer.0.SelfAttention.relative_attention_bias.weight`
    found.set(table, [buckets, heads])
  }
  const last = `${block}.layer.${attentions.length}`
  for (const name of ['wi_0', 'wi_1']) {
    found.set(`${last}.DenseReluDense.${name}.weight`, [intermediate, hidden])
  }
  found.set(`${last}.DenseReluDense.wo.weight`, [hidden, intermediate])
  found.set(`${last}.layer_norm.weight`, [hidden])
}

/**
 * A vocabulary of the right size whose words are numbers: " 1234" is the token 1234, made of
 * " 123" and "4". What is generated can be read and encoded again, as in a conversation.
 */
function numberWords(): { vocabulary: Record<string, number>; merges: string } {
  const size = 50265
  const digits = Array.from({ length: 10 }, (_, digit) => String(digit))
  // Pieces and the numbers whose ids are special tokens take the last ids.
  const last = ['Ġ', ...digits, 'Ġ1', 'Ġ2']
  const first = size - last.length
  const words = Array.from({ length: first - 3 }, (_, i) => i + 3)
  const merges = [1, 2, ...words].map((n) => {
    const text = String(n)
    return `Ġ${text.slice(0, -1)} ${text.at(-1)}`
  })
  const entries: [string, number][] = [
    ['<s>', 0],
    ['<pad>', 1],
    ['</s>', 2],
    ...words.map((n): [string, number] => [`Ġ${n}`, n]),
    ...last.map((piece, i): [string, number] => [piece, first + i]),
  ]
  return {
    vocabulary: Object.fromEntries(entries),
    merges: `#version: 0.2\n${merges.join('\n')}\n`,
  }
}

/** The same for a T5: the piece " 1234" is the token 1234. */
function numberPieces(): string {
  const special = ['<pad>', '</s>', '<unk>']
  const size = 32100
  const numbers = Array.from({ length: size - special.length }, (_, i) => i + special.length)
  const mark = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true }
  return JSON.stringify({
    version: '1.0',
    added_tokens: special.map((content, id) => ({ id, content, special: true })),
    normalizer: null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, mark] },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '</s>', type_id: 0 } }],
      pair: [],
      special_tokens: { '</s>': { id: '</s>', ids: [1], tokens: ['</s>'] } },
    },
    decoder: mark,
    model: {
      type: 'Unigram',
      unk_id: 2,
      vocab: [...special, ...numbers.map((n) => `▁${n}`)].map((piece) => [piece, 0]),
      byte_fallback: false,
    },
  })
}
