/**
 * How near decoding comes to the memory's speed, and vision and prompts to the processor's, all
 * measured in one run: the machine's own limits by graphs of nothing but reading or multiplying.
 */

import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { GraphBuilder } from '../inference/graph/graph-builder.ts'
import { encodeModel, type InlineTensor, type Node } from '../inference/graph/onnx.ts'
import { openModel } from '../inference/model.ts'
import { writeChart } from './bar-chart.ts'
import { alternate, inWords, spread } from './compare.ts'
import { FULL_SIZE_OPTIONS, fullSizePackage, GREEDY, noisePicture, TOKENS } from './full-size.ts'
import { writeResults } from './results.ts'
import { formatTable } from './tally.ts'

const GIGA = 1e9
/** Bytes read at once: far more than any cache holds. */
const READ_BYTES = 512 * 2 ** 20
/** Side of the square matrices multiplied. */
const SIDE = 2048
/** A prompt of so many text tokens behind the 32 of the picture. */
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
  const model = await openModel(folder, { conversationBytes: 0 })
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
        return visionOperations(model.card.dimensions) / GIGA / (timings.visionMs / 1000)
      },
      prompt: async () => {
        const options = { ...GREEDY, prompt, minNewTokens: 1, maxNewTokens: 1 }
        const { timings } = await model.describe(picture, options)
        const weights = decoderWeights(model.card.dimensions)
        return (2 * (32 + PROMPT) * weights) / GIGA / (timings.prefillMs / 1000)
      },
      decode: async () => {
        const { timings } = await model.describe(picture, GREEDY)
        const bytes =
          model.card.files['decoder.onnx.data']!.bytes - embeddingBytes(model.card.dimensions)
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
      ['fp32 products', inWords(of('float'), 'Gop/s', 0), ''],
      [
        `  a prompt of ${32 + PROMPT} does`,
        inWords(of('prompt'), 'Gop/s', 0),
        share('prompt', 'float'),
      ],
    ]),
  )
  const shares = {
    decodeOfRead: of('decode').median / of('read').median,
    visionOfInt8: of('vision').median / of('int8').median,
    promptOfFloat: of('prompt').median / of('float').median,
  }
  writeResults('limits', { shares, measured })
  writeChart('limits', {
    title: 'How near the limits of the machine',
    unit: '%',
    bars: [
      { label: 'decoding, of the memory’s speed', value: 100 * shares.decodeOfRead },
      { label: 'vision, of int8 products', value: 100 * shares.visionOfInt8 },
      { label: 'prompts, of fp32 products', value: 100 * shares.promptOfFloat },
    ],
  })
}

/** Looked up, not read: one row of the table of words for each token. */
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

/** Seconds that the machine takes to read, and to multiply, with as many threads as it has. */
async function machineLimits() {
  const options = { intraOpNumThreads: availableParallelism(), logSeverityLevel: 3 } as const
  const open = (bytes: Uint8Array) => InferenceSession.create(bytes, options)
  const columns = READ_BYTES / 4 / 1024
  const reading = await open(product('float32', [1, 1024], [1024, columns]))
  const floats = await open(product('float32', [SIDE, SIDE], [SIDE, SIDE]))
  const bytes = await open(int8Product())
  const one = new Tensor('float32', new Float32Array(1024).fill(1), [1, 1024])
  const big = new Tensor('float32', new Float32Array(READ_BYTES / 4).fill(0.5), [1024, columns])
  const square = () => new Tensor('float32', new Float32Array(SIDE * SIDE).fill(0.5), [SIDE, SIDE])
  const [a, b] = [square(), square()]
  const q = new Tensor('uint8', new Uint8Array(SIDE * SIDE).fill(3), [SIDE, SIDE])
  return {
    read: () => time(() => reading.run({ a: one, b: big })),
    float: () => time(() => floats.run({ a, b })),
    int8: () => time(() => bytes.run({ a: q })),
  }
}

async function time(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await run()
  return (performance.now() - start) / 1000
}

function product(type: 'float32', left: readonly number[], right: readonly number[]): Uint8Array {
  const g = new GraphBuilder('product')
  g.input('a', type, left)
  g.input('b', type, right)
  g.op('MatMul', ['a', 'b'], {}, 'y')
  g.output('y', type, [left[0]!, right[1]!])
  return g.build().model
}

/** uint8 rows times constant int8 columns, as the vision tower multiplies. */
function int8Product(): Uint8Array {
  const weights = Int8Array.from({ length: SIDE * SIDE }, (_, i) => (i * 37) % 255)
  const inline: InlineTensor[] = [
    { name: 'b', type: 'int8', dims: [SIDE, SIDE], bytes: new Uint8Array(weights.buffer) },
    { name: 'scale', type: 'float32', dims: [], bytes: new Uint8Array(Float32Array.of(1).buffer) },
    { name: 'zero', type: 'uint8', dims: [], bytes: Uint8Array.of(128) },
  ]
  const node: Node = {
    op: 'MatMulIntegerToFloat',
    domain: 'com.microsoft',
    inputs: ['a', 'b', 'scale', 'scale', 'zero'],
    outputs: ['y'],
    attributes: {},
  }
  const inputs = [{ name: 'a', type: 'uint8', dims: [SIDE, SIDE] }] as const
  const outputs = [{ name: 'y', type: 'float32', dims: [SIDE, SIDE] }] as const
  const graph = { name: 'int8', dataFile: 'none', nodes: [node], inline, external: [] }
  return encodeModel({ ...graph, inputs, outputs })
}
