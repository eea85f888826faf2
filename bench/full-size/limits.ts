/**
 * How close decoding comes to the memory bandwidth, and vision and prefill to the processor's peak,
 * measured in one run. The machine's limits come from graphs that only read or only multiply.
 */

import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { packageCard, textCard } from '../../inference/package/model-card.ts'
import { GraphBuilder } from '../../inference/onnx/graph-builder.ts'
import {
  CONTRIB,
  type ElementType,
  encodeModel,
  type InlineTensor,
  type Node,
} from '../../inference/onnx/onnx.ts'
import { openModel } from '../../inference/model.ts'
import { cpuSessionOptions } from '../../inference/runtime/session-options.ts'
import { writeChart } from '../report/bar-chart.ts'
import { alternate, inWords, spread } from '../report/compare.ts'
import {
  FULL_SIZE_OPTIONS,
  fullSizePackage,
  GREEDY,
  noisePicture,
  TOKENS,
} from './full-size-package.ts'
import { writeResults } from '../report/results.ts'
import { formatTable } from '../report/tally.ts'

const GIGA = 1e9
/** Bytes read at once: far more than any cache holds. */
const READ_BYTES = 512 * 2 ** 20
const READ_SHAPE = [64, READ_BYTES / 4 / 64] as const
/** Side of the square matrices multiplied. */
const SIDE = 2048
const LIMIT_RUNS = 8
/** Text tokens of the prompt, after the picture's 32. */
const PROMPT = 32

/** Multiplications and additions of the vision tower for one picture: two a weight and row. */
function visionOperations(d: { visionLayers: number; visionHidden: number; visionTokens: number }) {
  const { visionLayers, visionHidden: hidden, visionTokens: rows } = d
  const matrices = 4 * hidden * hidden + 2 * hidden * 6144 // qkv, projection, two of the MLP
  const attention = 2 * rows * hidden
  return 2 * visionLayers * rows * (matrices + attention)
}

export async function runLimitsBench(args: readonly string[]): Promise<void> {
  process.env['ORT_DISABLE_TELEMETRY'] = '1'
  const { values } = parseArgs({ args: [...args], options: FULL_SIZE_OPTIONS })
  const folder = await fullSizePackage(values.work, 'int4')
  const machine = await machineLimits()
  const model = await openModel(folder, { conversationBytes: 0, imageCacheBytes: 0 })
  const picture = await noisePicture()
  const prompt = Array.from({ length: PROMPT - 1 }, (_, i) => ` ${100 + i}`).join('')
  try {
    const measured = await alternate(Number(values.rounds), {
      read: async () => READ_BYTES / GIGA / (await machine.read()),
      float: async () => (2 * SIDE ** 3) / GIGA / (await machine.float()),
      int8: async () => (2 * SIDE ** 3) / GIGA / (await machine.int8()),
      vision: async () => {
        const { timings } = await model.describe(picture, {
          ...GREEDY,
          minNewTokens: 1,
          maxNewTokens: 1,
        })
        return (
          visionOperations(packageCard(model.card).dimensions) / GIGA / (timings.visionMs / 1000)
        )
      },
      prompt: async () => {
        const options = { ...GREEDY, prompt, minNewTokens: 1, maxNewTokens: 1 }
        const { timings } = await model.describe(picture, options)
        const weights = decoderWeights(textCard(model.card).dimensions)
        return (2 * (32 + PROMPT) * weights) / GIGA / (timings.prefillMs / 1000)
      },
      decode: async () => {
        const { timings } = await model.describe(picture, GREEDY)
        const bytes =
          packageCard(model.card).files['decoder.onnx.data']!.bytes -
          embeddingBytes(textCard(model.card).dimensions)
        return bytes / GIGA / (timings.decodeMs / (TOKENS - 1) / 1000)
      },
    })
    report(measured)
  } finally {
    await model.close()
  }
}

type Measured = Readonly<
  Record<'read' | 'float' | 'int8' | 'vision' | 'prompt' | 'decode', readonly number[]>
>

function report(measured: Measured): void {
  const of = (side: keyof Measured) => spread(measured[side])
  const share = (part: keyof Measured, whole: keyof Measured) =>
    `${((100 * of(part).median) / of(whole).median).toFixed(0)} % of it`
  process.stdout.write(
    formatTable([
      ['median (range)', '', ''],
      ['reading memory', inWords(of('read'), 'GB/s', 1), ''],
      ['  decoding reads', inWords(of('decode'), 'GB/s', 1), share('decode', 'read')],
      ['int8 products', inWords(of('int8'), 'Gop/s', 0), ''],
      ['  vision does', inWords(of('vision'), 'Gop/s', 0), share('vision', 'int8')],
      [
        `  a prompt of ${32 + PROMPT} does`,
        inWords(of('prompt'), 'Gop/s', 0),
        share('prompt', 'int8'),
      ],
      ['fp32 products', inWords(of('float'), 'Gop/s', 0), ''],
    ]),
  )
  const shares = {
    decodeOfRead: of('decode').median / of('read').median,
    visionOfInt8: of('vision').median / of('int8').median,
    promptOfInt8: of('prompt').median / of('int8').median,
  }
  writeResults('limits', { shares, measured })
  writeChart('limits', {
    title: 'How near the limits of the machine',
    unit: '%',
    bars: [
      { label: 'decoding, of the memory’s speed', value: 100 * shares.decodeOfRead },
      { label: 'vision, of int8 products', value: 100 * shares.visionOfInt8 },
      { label: 'prompts, of int8 products', value: 100 * shares.promptOfInt8 },
    ],
  })
}

/** Looked up, not read: one row of the token embedding for each token. */
function embeddingBytes({
  vocabSize,
  embedSize,
  maxPositions,
  hiddenSize,
}: {
  vocabSize: number
  embedSize: number
  maxPositions: number
  hiddenSize: number
}): number {
  return 2 * (vocabSize * embedSize + maxPositions * hiddenSize)
}

function decoderWeights({ layers, hiddenSize }: { layers: number; hiddenSize: number }): number {
  return layers * 12 * hiddenSize * hiddenSize // four of attention, two four times as wide
}

/**
 * Seconds that the machine takes to read, and to multiply, with as many threads as it has. The
 * results are reduced to one number, as copying them out would take longer than making them.
 */
async function machineLimits() {
  const options = {
    ...cpuSessionOptions({ threads: availableParallelism(), spins: true }),
    graphOptimizationLevel: 'disabled',
  } as const
  const open = (bytes: Uint8Array) => InferenceSession.create(bytes, options)
  const reading = await open(readingGraph())
  const floats = await open(productGraph('float32'))
  const bytes = await open(productGraph('uint8'))
  const x = new Tensor('float32', new Float32Array(READ_BYTES / 4).fill(0.5), READ_SHAPE)
  const a = new Tensor('float32', new Float32Array(SIDE * SIDE).fill(0.5), [SIDE, SIDE])
  const q = new Tensor('uint8', new Uint8Array(SIDE * SIDE).fill(3), [SIDE, SIDE])
  return {
    read: () => time(() => reading.run({ a: x })),
    float: () => time(() => floats.run({ a })),
    int8: () => time(() => bytes.run({ a: q })),
  }
}

/** The least of several runs: a limit is what an undisturbed machine can do. */
async function time(run: () => Promise<unknown>): Promise<number> {
  let least = Infinity
  for (let i = 0; i < LIMIT_RUNS; i++) {
    const start = performance.now()
    await run()
    least = Math.min(least, performance.now() - start)
  }
  return least / 1000
}

/** The largest of each row: the fastest graph that only reads. */
function readingGraph(): Uint8Array {
  const g = new GraphBuilder('reading')
  g.input('a', 'float32', READ_SHAPE)
  g.op('ReduceMax', ['a', g.ints([1])], { keepdims: 0 }, 'y')
  g.output('y', 'float32', [READ_SHAPE[0]])
  return g.build().model
}

/** A square of rows times a constant one: fp32, or uint8 by int8 as the vision tower multiplies. */
function productGraph(type: 'float32' | 'uint8'): Uint8Array {
  const values = Array.from({ length: SIDE * SIDE }, (_, i) => ((i * 37) % 255) - 127)
  const [inline, product] =
    type === 'uint8'
      ? [
          [
            constant('b', 'int8', Int8Array.from(values)),
            constant('scale', 'float32', Float32Array.of(1)),
            constant('zero', 'uint8', Uint8Array.of(128)),
          ],
          node('MatMulIntegerToFloat', ['a', 'b', 'scale', 'scale', 'zero'], 'product', CONTRIB),
        ]
      : [
          [constant('b', 'float32', Float32Array.from(values))],
          node('MatMul', ['a', 'b'], 'product'),
        ]
  return encodeModel({
    name: type,
    dataFile: 'none',
    nodes: [product, node('ReduceMax', ['product'], 'y')],
    inline,
    external: [],
    inputs: [{ name: 'a', type, dims: [SIDE, SIDE] }],
    outputs: [{ name: 'y', type: 'float32', dims: [1, 1] }],
  })
}

/** A scalar, or a square of `SIDE`. */
function constant(
  name: string,
  type: ElementType,
  values: Int8Array | Uint8Array | Float32Array,
): InlineTensor {
  const dims = values.length === 1 ? [] : [SIDE, SIDE]
  return { name, type, dims, bytes: new Uint8Array(values.buffer) }
}

function node(op: string, inputs: readonly string[], output: string, domain = ''): Node {
  return { op, domain, inputs, outputs: [output], attributes: {} }
}
