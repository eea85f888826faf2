/**
 * A Q-Former that reads a text beside the image. Its rows are the queries and then the text's
 * tokens; they attend to each other, only the queries look at the image, and each part has a
 * feed-forward layer of its own.
 *
 *     [queries][words + positions] -> LN -> layers x [self-attention, (cross-attention), MLPs]
 *
 * With B images of N rows and B texts, T tokens with what is added to the shorter ones:
 *
 * - `image_embeds` f32 [B, N, vision width]
 * - `input_ids` int64 [B, T]; `text_mask` int64 [B, T], 1 where there is a token, 0 behind a text
 *
 * Source: transformers 5.18, models/instructblip/modeling_instructblip.py, InstructBlipQFormerModel,
 * and models/blip_2/modeling_blip_2.py, Blip2ForImageTextRetrieval.
 */

import { GraphBuilder } from '../../onnx/graph-builder.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import { linear, lookUp, norm, POSITIONS, WORDS } from '../layers.ts'
import type { Storage } from '../layers.ts'
import { projection, queryRows } from './qformer.ts'
import type { QformerBridge } from './qformer.ts'
import { crossAttention, feedForward, layerNorm, selfAttention } from './qformer-layers.ts'
import type { QformerConfig } from './qformer-layers.ts'

/** A Q-Former with embeddings of words. */
export type TextQformerConfig = QformerConfig & {
  readonly vocab: number
  readonly maxPositions: number
}

/** The modules of the checkpoint that differ. */
type Names = { readonly embeddings: string; readonly norm: string }

type TextBridge = {
  readonly qformer: TextQformerConfig
  readonly image: QformerBridge['image']
}

/** Low enough that a softmax gives exactly 0, and finite. */
const MASKED = -1e30
/** As a unit vector of torch's `normalize`: not divided by less. */
const LEAST_LENGTH = 1e-12
/** More than any length: to the end. */
const END = 2 ** 31 - 1

/** Image tokens that depend on an instruction: `image_tokens` and `query_output` as of qformer.ts. */
export function instructionQformerGraph(
  config: TextBridge & Pick<QformerBridge, 'decoder'>,
  storage: Storage,
): GraphPlan {
  const g = new GraphBuilder('qformer')
  const names = { embeddings: 'qformer.embeddings', norm: 'qformer.embeddings.layernorm' }
  declareInputs(g, config)
  const bias = masked(g, textPresent(g, config.qformer))
  const { queries } = layers(g, config, storage, names, { bias, textWanted: false })
  projection(g, config, storage, queries)
  return g.build()
}

/**
 * Image-text matching. `together` int64 [1]: 1 lets the queries and the text see each other, for
 * `match_logits`; 0 keeps them apart, for the vectors. Outputs:
 *
 * - `query_output` f32 [B, Q, width], for tests and benches
 * - `image_vectors` f32 [B, Q, shared] and `text_vector` f32 [B, shared], of length 1
 * - `match_logits` f32 [B, 2]: no, yes
 */
export function matchQformerGraph(
  config: TextBridge & { readonly shared: number },
  storage: Storage,
): GraphPlan {
  const g = new GraphBuilder('qformer')
  const { qformer, shared } = config
  const { hidden, queries: count } = qformer
  declareInputs(g, config)
  g.input('together', 'int64', [1])
  const names = { embeddings: 'embeddings', norm: 'qformer.layernorm' }
  const present = textPresent(g, qformer)
  const visible = g.op('And', [present, sameOrTogether(g, qformer)])
  const bias = masked(g, visible)
  const { queries, text } = layers(g, config, storage, names, { bias, textWanted: true })

  const head = (x: string, module: string, outputs: number) =>
    linear(g, storage, x, {
      modules: [module],
      inputs: hidden,
      outputs,
      bias: true,
      quantize: false,
    })
  const images = unit(g, head(queries, 'vision_projection', shared))
  g.reshape(images, [-1, count, shared], 'image_vectors')
  g.output('image_vectors', 'float32', ['batch', count, shared])
  const first = g.op('Gather', [text, g.int(0)], { axis: 1 }) // [B, hidden]
  g.op('Identity', [unit(g, head(first, 'text_projection', shared))], {}, 'text_vector')
  g.output('text_vector', 'float32', ['batch', shared])
  const each = g.reshape(head(queries, 'itm_head', 2), [-1, count, 2])
  g.op('ReduceMean', [each, g.ints([1])], { keepdims: 0 }, 'match_logits')
  g.output('match_logits', 'float32', ['batch', 2])
  return g.build()
}

function declareInputs(g: GraphBuilder, { image }: TextBridge): void {
  g.input('image_embeds', 'float32', ['batch', 'image_rows', image.width])
  g.input('input_ids', 'int64', ['batch', 'text_length'])
  g.input('text_mask', 'int64', ['batch', 'text_length'])
}

/** Which columns there are, bool [B, 1, Q + T]: queries always, a text as far as it goes. */
function textPresent(g: GraphBuilder, { queries }: TextQformerConfig): string {
  const batch = g.op('Shape', ['input_ids'], { start: 0, end: 1 })
  const shape = g.op('Concat', [batch, g.ints([queries])], { axis: 0 })
  const ones = g.op('Expand', [g.ints([1]), shape])
  const all = g.op('Concat', [ones, 'text_mask'], { axis: 1 })
  return g.op('Unsqueeze', [g.op('Cast', [all], { to: 9 }), g.ints([1])])
}

/** Which rows see which columns, bool [1, Q + T, Q + T]: all, or those of their own part. */
function sameOrTogether(g: GraphBuilder, { queries }: TextQformerConfig): string {
  const length = g.op('Gather', [g.op('Shape', ['input_ids']), g.int(1)], { axis: 0 })
  const rows = g.op('Range', [g.int(0), g.op('Add', [length, g.int(queries)]), g.int(1)])
  const isQuery = g.op('Cast', [g.op('Less', [rows, g.int(queries)])], { to: 7 })
  const across = g.op('Unsqueeze', [isQuery, g.ints([1])])
  const same = g.op('Equal', [across, isQuery])
  const together = g.op('Equal', ['together', g.int(1)])
  return g.op('Unsqueeze', [g.op('Or', [same, together]), g.ints([0])])
}

/** What is added to scores so that only the visible remain: f32 [B, 1, Q + T, Q + T]. */
function masked(g: GraphBuilder, visible: string): string {
  const bias = g.op('Where', [visible, g.float(0), g.float(MASKED)]) // [B, 1 or Q + T, Q + T]
  const columns = g.op('Shape', [bias], { start: 2, end: 3 })
  const batch = g.op('Shape', [bias], { start: 0, end: 1 })
  const square = g.op('Concat', [batch, columns, columns], { axis: 0 })
  return g.op('Unsqueeze', [g.op('Expand', [bias, square]), g.ints([1])])
}

/** @returns the queries' rows, [B * Q, hidden], and the text's, [B, T, hidden] or '' if not wanted. */
function layers(
  g: GraphBuilder,
  { qformer, image }: TextBridge,
  storage: Storage,
  names: Names,
  about: { readonly bias: string; readonly textWanted: boolean },
): { readonly queries: string; readonly text: string } {
  const { hidden, queries: count } = qformer
  const shape = (x: string, width: number) =>
    g.op('Concat', [g.op('Shape', [x], { start: 0, end: 2 }), g.ints([width])], { axis: 0 })
  const imageShape = (width: number) => shape('image_embeds', width)
  const rows = {
    rows: g.reshape('image_embeds', [-1, image.width]),
    width: image.width,
    batched: (x: string, width: number) => g.op('Reshape', [x, imageShape(width)]),
  }
  const inBatch = (x: string) => g.reshape(x, [-1, count, hidden])
  let queries = queryRows(g, qformer, names.norm)
  let text = textRows(g, qformer, storage, names) // [B, T, hidden]
  for (let i = 0; i < qformer.layers; i++) {
    const module = `qformer.encoder.layer.${i}`
    const all = g.op('Concat', [inBatch(queries), text], { axis: 1 })
    const attended = selfAttention(
      g,
      qformer,
      storage,
      `${module}.attention`,
      g.reshape(all, [-1, hidden]),
      { batched: (x, width) => g.op('Reshape', [x, shape(all, width)]), bias: about.bias },
    )
    const batched = g.op('Reshape', [attended, shape(all, hidden)])
    const part = (from: number, to: number) =>
      g.op('Slice', [batched, g.ints([from]), g.ints([to]), g.ints([1])])
    queries = g.reshape(part(0, count), [-1, hidden])
    if (i % qformer.crossFrequency === 0) {
      queries = crossAttention(g, qformer, storage, `${module}.crossattention`, queries, rows)
    }
    queries = feedForward(g, qformer, storage, module, queries, 'query')
    if (i < qformer.layers - 1 || about.textWanted) {
      const before = part(count, END)
      const flat = feedForward(g, qformer, storage, module, g.reshape(before, [-1, hidden]), 'text')
      text = g.op('Reshape', [flat, shape(before, hidden)])
    }
  }
  g.reshape(queries, [-1, count, hidden], 'query_output')
  g.output('query_output', 'float32', ['batch', count, hidden])
  return { queries, text: about.textWanted ? text : '' }
}

/** The embeddings of a text's tokens and of their positions, normalized: [B, T, hidden]. */
function textRows(
  g: GraphBuilder,
  config: TextQformerConfig,
  storage: Storage,
  names: Names,
): string {
  const { hidden, vocab, maxPositions } = config
  const length = g.op('Gather', [g.op('Shape', ['input_ids']), g.int(1)], { axis: 0 })
  const places = g.op('Range', [g.int(0), length, g.int(1)])
  const table = (name: string, rows: number) => ({ tensor: `${names.embeddings}.${name}`, rows })
  const wordTable = table('word_embeddings.weight', vocab)
  const words = lookUp(g, storage, 'input_ids', [wordTable], hidden, WORDS)
  const positionTable = table('position_embeddings.weight', maxPositions)
  const positions = lookUp(g, storage, places, [positionTable], hidden, POSITIONS)
  return norm(g, g.op('Add', [words, positions]), layerNorm(config, names.norm))
}

/** Rows divided by their length. */
function unit(g: GraphBuilder, x: string): string {
  const length = g.op('ReduceL2', [x, g.ints([-1])], { keepdims: 1 })
  return g.op('Div', [x, g.op('Max', [length, g.float(LEAST_LENGTH)])])
}
