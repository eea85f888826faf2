/**
 * Writes a Llama that looks at pictures: text ids in, logits and the new keys and values out. Pictures take no
 * positions of their own; gated-attention.ts lists what the graph takes of them. The other inputs and
 * outputs are those of opt.ts, without image tokens.
 *
 *     embeddings -> layers x [(gated attention to pictures, gated MLP,) a layer of a Llama]
 *       -> wanted rows only: RMS norm -> lm_head
 *
 * Source: transformers 5.18, models/idefics/modeling_idefics.py, IdeficsForVisionText2Text.
 */

import { GraphBuilder } from '../../onnx/graph-builder.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import { linear, lookUp, WORDS } from '../layers.ts'
import type { Storage } from '../layers.ts'
import { declareSequence } from './causal-attention.ts'
import { declarePictures, gatedAttention, type GatedConfig, sightOf } from './gated-attention.ts'
import { type LlamaConfig, llamaLayer, llamaLogits, llamaNorm, llamaScores } from './llama.ts'

export type FlamingoConfig = {
  /** `vocab` does not count the added ids. */
  readonly text: LlamaConfig
  readonly gated: GatedConfig
  /** Ids after those of the vocabulary, in tensors of their own; null: there are none. */
  readonly added: {
    readonly ids: number
    readonly embedTensor: string
    readonly headTensor: string
  } | null
}

/** All ids, and columns of the logits. */
export function flamingoIds({ text, added }: FlamingoConfig): number {
  return text.vocab + (added?.ids ?? 0)
}

export function flamingoGraph(config: FlamingoConfig, storage: Storage): GraphPlan {
  const g = new GraphBuilder('decoder')
  const { text, gated, added } = config
  g.input('input_ids', 'int64', ['batch', 'length'])
  declareSequence(g, { layers: text.layers, heads: text })
  declarePictures(g, text, gated)
  const sight = sightOf(g, gated)
  const scores = llamaScores(g, text)
  const tables = [
    { tensor: text.embedTensor, rows: text.vocab },
    ...(added ? [{ tensor: added.embedTensor, rows: added.ids }] : []),
  ]
  const words = lookUp(g, storage, 'input_ids', tables, text.hidden, WORDS)
  let x = g.reshape(words, [-1, text.hidden])
  for (let i = 0; i < text.layers; i++) {
    if (i % gated.interval === 0) {
      x = gatedAttention(g, { text, gated }, storage, i / gated.interval, x, sight)
    }
    x = llamaLayer(g, text, storage, i, x, scores(i))
  }
  const wanted = llamaNorm(g, text, x, `${text.module}.norm`)
  g.op('Identity', [allLogits(g, config, storage, wanted)], {}, 'logits')
  g.output('logits', 'float32', ['rows', flamingoIds(config)])
  return g.build()
}

/** The few added ids are not quantized. */
function allLogits(
  g: GraphBuilder,
  { text, added }: FlamingoConfig,
  storage: Storage,
  x: string,
): string {
  const logits = llamaLogits(g, text, storage, x)
  if (added === null) {
    return logits
  }
  const more = linear(g, storage, x, {
    modules: [added.headTensor.replace(/\.weight$/, '')],
    inputs: text.hidden,
    outputs: added.ids,
    bias: false,
    quantize: false,
  })
  return g.op('Concat', [logits, more], { axis: -1 })
}
