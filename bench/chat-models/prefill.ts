/** The decoder of a chat model that sees, of random weights, with its matrices stored in three ways: prompts and steps, in turn. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { InferenceSession } from 'onnxruntime-node'
import { ConfigError } from '../../config/errors.ts'
import { type LlamaConfig, llamaGraph } from '../../inference/blocks/decoder/llama.ts'
import { openCheckpoint } from '../../inference/convert/checkpoint/checkpoint.ts'
import { ThreadPool } from '../../inference/convert/weights/thread-pool.ts'
import { writeData } from '../../inference/convert/weights/write-data.ts'
import { CausalDecoder } from '../../inference/families/common/causal-decoder.ts'
import { readConfig as readSmolvlm } from '../../inference/families/idefics3/read-config.ts'
import { readConfig as readOnevision } from '../../inference/families/llava/read-config.ts'
import { hostCaches } from '../../inference/kv/host-cache.ts'
import type { GraphPlan } from '../../inference/onnx/graph-builder.ts'
import { cpuSessionOptions } from '../../inference/runtime/session-options.ts'
import { FULL_SIZE_OPTIONS, fullSizeCheckpoint, note } from '../full-size/full-size-package.ts'
import { alternate, inWords, type Spread, spread } from '../report/compare.ts'
import { writeResults } from '../report/results.ts'
import { formatTable } from '../report/tally.ts'
import { CHAT_MODELS, type ChatModel, isChatModel } from '../synthetic/chat-sizes.ts'
import { w8a8LlamaGraph } from './w8a8-llama.ts'

/** Ids behind the picture's tokens in a prompt. */
const TEXT = 16
const STEPS = 16
const MB = 1e6

const WAYS = {
  int4: {
    title: '4 bits in blocks, as in an int4 package',
    graph: (config: LlamaConfig) =>
      llamaGraph(config, { float: 'float16', bits: 4 }, { ordered: true }),
  },
  int8: {
    title: '8 bits in blocks, as in an int8 package',
    graph: (config: LlamaConfig) =>
      llamaGraph(config, { float: 'float16', bits: 8 }, { ordered: true }),
  },
  w8a8: { title: 'W8A8, a scale for every row', graph: w8a8LlamaGraph },
} as const
export type Way = keyof typeof WAYS

type Timed = { readonly promptMs: number; readonly stepMs: number }
type Row = {
  readonly positions: number
  readonly storage: Way
  /** Of all weights. */
  readonly bytes: number
  readonly promptMs: Spread
  readonly stepMs: Spread
}

export async function runPrefillBench(args: readonly string[]): Promise<void> {
  process.env['ORT_DISABLE_TELEMETRY'] = '1' // as in inference/backends/thread.ts
  const { work, rounds, model, positions } = readOptions(args)
  const checkpoint = await fullSizeCheckpoint(work, 'F16', model)
  const config = configOf(model, checkpoint)
  const place = mkdtempSync(path.join(work, model, 'prefill-'))
  note('writing the decoders …')
  try {
    const decoders = {
      int4: await openDecoder('int4', config, checkpoint, place),
      int8: await openDecoder('int8', config, checkpoint, place),
      w8a8: await openDecoder('w8a8', config, checkpoint, place),
    }
    const rows: Row[] = []
    for (const count of positions) {
      const run = (way: Way) => () => timed(decoders[way].decoder, config, count)
      const measured = await alternate<Way, Timed>(rounds, {
        int4: run('int4'),
        int8: run('int8'),
        w8a8: run('w8a8'),
      })
      for (const storage of ['int4', 'int8', 'w8a8'] as const) {
        const of = (figure: keyof Timed) => spread(measured[storage].map((one) => one[figure]))
        rows.push({
          positions: count,
          storage,
          bytes: decoders[storage].bytes,
          promptMs: of('promptMs'),
          stepMs: of('stepMs'),
        })
      }
    }
    report(model, rows)
    writeResults(`prefill-${model}`, { model, rows })
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

function readOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      work: FULL_SIZE_OPTIONS.work,
      rounds: FULL_SIZE_OPTIONS.rounds,
      model: { type: 'string', default: 'smolvlm2-500m' },
      positions: { type: 'string', default: '64,900' },
    },
  })
  const { work, model } = values
  const positions = values.positions.split(',').map(Number)
  if (!isChatModel(model)) {
    throw new ConfigError([
      `There is no model ${model} to measure; known are ${CHAT_MODELS.join(', ')}.`,
    ])
  }
  if (positions.some((count) => !(Number.isInteger(count) && count > TEXT))) {
    throw new ConfigError([`--positions takes numbers above ${TEXT}, with commas between them.`])
  }
  mkdirSync(path.join(work, model), { recursive: true })
  return { work, model, positions, rounds: Number(values.rounds) }
}

/** @throws {ConfigError} if the checkpoint is none of the model. */
export function configOf(model: ChatModel, checkpoint: string): LlamaConfig {
  const problems: string[] = []
  const config =
    model === 'llava-onevision-0.5b'
      ? readOnevision(checkpoint, 'llava-onevision', problems)
      : readSmolvlm(checkpoint, 'smolvlm', problems)
  if (config === null) {
    throw new ConfigError(problems)
  }
  const { tensors } = openCheckpoint(checkpoint, problems)
  return config.model({ has: (tensor) => tensors.has(tensor), equal: () => false }).text
}

/** Writes a decoder to a new folder in `place`, and opens it as the engine does. */
export async function openDecoder(
  way: Way,
  config: LlamaConfig,
  checkpoint: string,
  place: string,
): Promise<{ readonly decoder: CausalDecoder; readonly bytes: number }> {
  const plan = WAYS[way].graph(config)
  const folder = path.join(place, way)
  await writeGraph(plan, checkpoint, folder)
  const session = await InferenceSession.create(
    path.join(folder, 'decoder.onnx'),
    cpuSessionOptions({ threads: availableParallelism(), spins: true }),
  )
  const { hidden, vocab, maxPositions, layers, kvHeads, headDim } = config
  const decoder = new CausalDecoder(
    session,
    { embedSize: hidden, vocabSize: vocab, maxPositions },
    { caches: hostCaches({ layers, kvHeads, headDim }), longestRun: Infinity },
  )
  return { decoder, bytes: plan.dataBytes }
}

async function writeGraph(plan: GraphPlan, checkpoint: string, folder: string): Promise<void> {
  mkdirSync(folder)
  const file = path.join(folder, 'decoder.onnx')
  writeFileSync(file, plan.model)
  const problems: string[] = []
  const weights = openCheckpoint(checkpoint, problems)
  if (problems.length > 0) {
    throw new ConfigError(problems)
  }
  const pool = new ThreadPool()
  try {
    await writeData(pool, weights, plan, `${file}.data`, () => {})
  } finally {
    await pool.close()
  }
}

/** A prompt that a picture begins, then steps behind it. */
async function timed(
  decoder: CausalDecoder,
  { hidden }: LlamaConfig,
  positions: number,
): Promise<Timed> {
  const rows = positions - TEXT
  const data = Float32Array.from({ length: rows * hidden }, (_, i) => Math.sin(i * 0.37))
  const cache = decoder.createCache()
  const begun = performance.now()
  await decoder.prefill(cache, [
    { kind: 'image', key: 'picture', tokens: { data, shape: [rows, hidden] } },
    { kind: 'ids', ids: Array.from({ length: TEXT }, (_, i) => 100 + i) },
  ])
  const read = performance.now()
  for (let step = 0; step < STEPS; step++) {
    await decoder.step(cache, [200 + step])
  }
  const ended = performance.now()
  cache.dispose()
  return { promptMs: read - begun, stepMs: (ended - read) / STEPS }
}

function report(model: ChatModel, rows: readonly Row[]): void {
  const int4 = (positions: number) =>
    rows.find((row) => row.positions === positions && row.storage === 'int4')!.promptMs.median
  process.stdout.write(
    formatTable([
      [model, 'prompt of', 'median (range)', 'over 4 bits', 'a step behind it', 'weights'],
      ...rows.map(({ positions, storage, bytes, promptMs, stepMs }) => [
        WAYS[storage].title,
        String(positions),
        inWords(promptMs, 'ms', 0),
        `${(int4(positions) / promptMs.median).toFixed(2)} ×`,
        inWords(stepMs, 'ms', 1),
        `${(bytes / MB).toFixed(0)} MB`,
      ]),
    ]),
  )
}
