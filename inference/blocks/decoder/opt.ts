/**
 * Writes the OPT decoder: image tokens and text ids in, logits and the new keys and values out.
 *
 *     [image_tokens][embeddings] (-> project_in) + positions
 *       -> layers x [LN, attention over past and new, LN, MLP]  (post-LN: the norms come after)
 *       -> wanted rows only: LN (-> project_out) -> lm_head
 *
 * With B sequences of I image tokens and T text ids, S = I + T, and P positions of room in the
 * past. Sequences of unequal length are padded on the right.
 *
 * - `seqlens_k` int32 [B]: tokens of each sequence, these included, minus 1
 * - `total_sequence_length` int32 [1]: the largest of them; S at the first run of a sequence
 * - `logits_rows` int64 [R]: rows of the flattened [B * S] whose logits are wanted
 * - `past_key_i`, `past_value_i` f32 [B, kvHeads, P, headDim]: what lies beyond a past is ignored
 * - `key_i`, `value_i` f32 [B, S, kvHeads * headDim]: to be put into the past by the caller
 * - `present_key_i`, `present_value_i`: instead of those on a device, which puts the new rows into
 *   the past itself where the same tensor is given for both. Not to be fetched on a CPU, that
 *   would copy the whole past; ONNX Runtime's attention crashes where the graph lacks them
 *
 * Source: transformers 5.18, models/opt/modeling_opt.py.
 */

import { causalAttention, declareCausalInputs } from './causal-attention.ts'
import type { Heads } from './causal-attention.ts'
import { GraphBuilder } from '../../onnx/graph-builder.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import { activate } from '../activations.ts'
import type { Activation } from '../activations.ts'
import { addAndNorm, linear, lookUp, POSITIONS, WORDS } from '../layers.ts'
import type { Linear, Norm, Storage } from '../layers.ts'

/** nn.LayerNorm's own; OPT has no setting for it. */
const EPSILON = 1e-5

/** The first two rows of OPT's position table are never used. */
const POSITION_OFFSET = 2

const DECODER = 'language_model.model.decoder'

/** The language model: OPT. */
export type OptConfig = {
  readonly vocab: number
  readonly hidden: number
  readonly intermediate: number
  readonly layers: number
  readonly heads: number
  readonly maxPositions: number
  /** Width of the token embeddings and of what `lm_head` takes; `hidden` in nearly every model. */
  readonly embed: number
  /** Layer norms before each block (pre-LN), or after it as in opt-350m. */
  readonly normBefore: boolean
  /** The decoder's own layer norm after the last layer. */
  readonly finalNorm: boolean
  /** Linear layers have biases. */
  readonly bias: boolean
  /** Layer norms have weights and biases. */
  readonly affine: boolean
  readonly activation: Activation
  /** The checkpoint's tensor that embeds tokens. */
  readonly embedTensor: string
  /** The checkpoint's tensor that makes the logits; the same one when they are tied. */
  readonly headTensor: string
}

/** What flows from layer to layer: the residual sum, and the same normalized (pre-LN). */
type State = { readonly sum: string; readonly normed: string }

export function optGraph(text: OptConfig, storage: Storage): GraphPlan {
  const g = new GraphBuilder('decoder')
  declareCausalInputs(g, { width: text.embed, layers: text.layers, heads: headsOf(text) })

  let state = embeddings(g, text, storage)
  for (let i = 0; i < text.layers; i++) {
    state = layer(g, text, storage, i, state)
  }
  let wanted = text.normBefore && text.finalNorm ? state.normed : state.sum
  if (text.embed !== text.hidden) {
    wanted = linear(g, storage, wanted, {
      modules: [`${DECODER}.project_out`],
      inputs: text.hidden,
      outputs: text.embed,
      bias: false,
      quantize: true,
    })
  }
  const logits = linear(g, storage, wanted, headLinear(text))
  g.op('Identity', [logits], {}, 'logits')
  g.output('logits', 'float32', ['rows', text.vocab])
  return g.build()
}

function embeddings(g: GraphBuilder, text: OptConfig, storage: Storage): State {
  const { embed, hidden } = text
  const table = { tensor: text.embedTensor, rows: text.vocab }
  const words = lookUp(g, storage, 'input_ids', [table], embed, WORDS)
  const all = g.op('Concat', ['image_tokens', words], { axis: 1 }) // [B, S, embed]
  let rows = g.reshape(all, [-1, embed])
  if (embed !== hidden) {
    rows = linear(g, storage, rows, {
      modules: [`${DECODER}.project_in`],
      inputs: embed,
      outputs: hidden,
      bias: false,
      quantize: true,
    })
  }
  const positions = lookUp(
    g,
    storage,
    'position_ids',
    [
      {
        tensor: `${DECODER}.embed_positions.weight`,
        skip: POSITION_OFFSET,
        rows: text.maxPositions,
      },
    ],
    hidden,
    POSITIONS,
  )
  const positionRows = g.reshape(positions, [-1, hidden])
  if (!text.normBefore) {
    const sum = g.op('Add', [rows, positionRows])
    return { sum, normed: sum }
  }
  const first = layerNorm(text, 'layers.0.self_attn_layer_norm')
  return addAndNorm(g, rows, positionRows, first)
}

function layer(
  g: GraphBuilder,
  text: OptConfig,
  storage: Storage,
  index: number,
  state: State,
): State {
  const { hidden } = text
  const module = `${DECODER}.layers.${index}`
  const last = index === text.layers - 1
  const qkv = linear(g, storage, state.normed, {
    modules: ['q', 'k', 'v'].map((name) => `${module}.self_attn.${name}_proj`),
    inputs: hidden,
    outputs: hidden,
    bias: text.bias,
    quantize: true,
  })
  let mixed = causalAttention(g, headsOf(text), index, qkv) // [B * S, hidden]
  let residual = text.normBefore ? state.sum : state.normed
  if (last) {
    // After the last attention a row meets no other row: go on with those that are wanted.
    mixed = g.op('Gather', [mixed, 'logits_rows'], { axis: 0 })
    residual = g.op('Gather', [residual, 'logits_rows'], { axis: 0 })
  }
  const attended = linear(g, storage, mixed, {
    modules: [`${module}.self_attn.out_proj`],
    inputs: hidden,
    outputs: hidden,
    bias: text.bias,
    quantize: true,
  })
  const names = {
    attention: layerNorm(text, `layers.${index}.self_attn_layer_norm`),
    mlp: layerNorm(text, `layers.${index}.final_layer_norm`),
  }
  if (!text.normBefore) {
    const { normed } = addAndNorm(g, attended, residual, names.attention)
    const out = mlp(g, text, storage, module, normed)
    const after = addAndNorm(g, out, normed, names.mlp)
    return { sum: after.normed, normed: after.normed }
  }
  const middle = addAndNorm(g, attended, residual, names.mlp)
  const out = mlp(g, text, storage, module, middle.normed)
  if (last && !text.finalNorm) {
    return { sum: g.op('Add', [out, middle.sum]), normed: '' }
  }
  const next = last ? 'final_layer_norm' : `layers.${index + 1}.self_attn_layer_norm`
  return addAndNorm(g, out, middle.sum, layerNorm(text, next))
}

function mlp(
  g: GraphBuilder,
  text: OptConfig,
  storage: Storage,
  module: string,
  x: string,
): string {
  const wide = linear(g, storage, x, {
    modules: [`${module}.fc1`],
    inputs: text.hidden,
    outputs: text.intermediate,
    bias: text.bias,
    quantize: true,
  })
  return linear(g, storage, activate(g, wide, text.activation), {
    modules: [`${module}.fc2`],
    inputs: text.intermediate,
    outputs: text.hidden,
    bias: text.bias,
    quantize: true,
  })
}

/** As many key and value heads as query heads: OPT has no grouped-query attention. */
function headsOf({ hidden, heads }: OptConfig): Heads {
  return { heads, kvHeads: heads, headDim: hidden / heads }
}

function headLinear(text: OptConfig): Linear {
  return {
    modules: [text.headTensor.replace(/\.weight$/, '')],
    inputs: text.embed,
    outputs: text.vocab,
    bias: false,
    quantize: true,
  }
}

function layerNorm(text: OptConfig, name: string): Norm {
  const module = `${DECODER}.${name}`
  return { module, width: text.hidden, epsilon: EPSILON, affine: text.affine }
}
