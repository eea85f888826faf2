/**
 * Where the time of a chat model's answer goes: by stage in the engine, then by kind of operator in ONNX Runtime, as its
 * own profiler says.
 *
 * The stages come from an engine without the profiler, which itself takes time for every operator.
 */

import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import path from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import type { Timings } from '../../inference/contract/types.ts'
import type { ModelRunner } from '../../inference/families/common/runner.ts'
import { argmax } from '../../inference/generation/scores.ts'
import { openModel } from '../../inference/model.ts'
import type { ModelCard } from '../../inference/package/model-card.ts'
import { openPackage } from '../../inference/package/open-package.ts'
import { preparedGraph } from '../../inference/runtime/prepared.ts'
import { cpuSessionOptions } from '../../inference/runtime/session-options.ts'
import { Sessions } from '../../inference/runtime/sessions.ts'
import { openRunner } from '../quality/open-runner.ts'
import { spread } from '../report/compare.ts'
import { operatorRows, type ProfiledRun, runsOf, together } from '../report/operator-times.ts'
import { formatTable } from '../report/tally.ts'
import type { Asked } from './asked.ts'

/** Steps behind the prompt with the profiler: their operators fill its file. */
const STEPS = 16
/** Kinds of operators with a row of their own. */
const MOST = 8
const GRAPHS = ['vision', 'projector', 'decoder'] as const
type Graph = (typeof GRAPHS)[number]

export type Profile = {
  readonly promptTokens: number
  /** Medians; `decodeMs` of all steps together. */
  readonly engine: Omit<Timings, 'tokens'>
  /** Of one id behind the first, in milliseconds. */
  readonly engineStepMs: number
  /** With the profiler, means of one picture, and of one step. */
  readonly runtime: Readonly<Record<'vision' | 'projector' | 'prompt' | 'step', ProfiledRun>>
}

/** @param rounds measured, after one that is not. */
export async function profileAnswer(
  folder: string,
  asked: Asked,
  rounds: number,
): Promise<Profile> {
  const { timings, promptTokens } = await inEngine(folder, asked, rounds)
  const runtime = await inRuntime(folder, asked, rounds)
  const median = (stage: keyof Timings) => spread(timings.map((one) => one[stage])).median
  return {
    promptTokens,
    engine: {
      preprocessMs: median('preprocessMs'),
      visionMs: median('visionMs'),
      bridgeMs: median('bridgeMs'),
      prefillMs: median('prefillMs'),
      decodeMs: median('decodeMs'),
    },
    engineStepMs: median('decodeMs') / (asked.tokens - 1),
    runtime,
  }
}

async function inEngine(
  folder: string,
  { file, question, tokens, detail }: Asked,
  rounds: number,
): Promise<{ readonly timings: readonly Timings[]; readonly promptTokens: number }> {
  const model = await openModel(folder, { conversationBytes: 0, imageCacheBytes: 0 })
  try {
    const picture = new Uint8Array(readFileSync(file))
    const answers = []
    for (let round = 0; round <= rounds; round++) {
      const exactly = { beams: 1, maxNewTokens: tokens, minNewTokens: tokens }
      answers.push(await model.ask(picture, question, { ...exactly, detail }))
    }
    return {
      timings: answers.slice(1).map(({ timings }) => timings),
      promptTokens: answers[0]!.promptTokens,
    }
  } finally {
    await model.close()
  }
}

async function inRuntime(
  folder: string,
  asked: Asked,
  rounds: number,
): Promise<Profile['runtime']> {
  process.env['ORT_DISABLE_TELEMETRY'] = '1' // as in inference/backends/thread.ts
  const { card } = await openPackage(folder)
  const place = mkdtempSync(path.join(tmpdir(), 'sightseer-profile-'))
  try {
    const sessions = await openProfiled(folder, card, place)
    const runner = await openRunner(folder, card, new Sessions(sessions))
    for (let round = 0; round <= rounds; round++) {
      await answer(runner, asked)
    }
    await runner.close()
    const runs = new Map<Graph, ProfiledRun[]>()
    for (const graph of GRAPHS) {
      const session = sessions.get(graph)!
      session.endProfiling()
      await session.release()
      runs.set(graph, measuredRuns(place, graph, rounds))
    }
    const decoder = runs.get('decoder')!
    const prompts = decoder.filter((_, i) => i % (STEPS + 1) === 0)
    const steps = decoder.filter((_, i) => i % (STEPS + 1) !== 0)
    return {
      vision: together(runs.get('vision')!, rounds),
      projector: together(runs.get('projector')!, rounds),
      prompt: together(prompts, rounds),
      step: together(steps, steps.length),
    }
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

/** As inference/runtime/sessions.ts opens them on the CPU, with the profiler. */
async function openProfiled(
  folder: string,
  card: ModelCard,
  place: string,
): Promise<Map<string, InferenceSession>> {
  const sessions = new Map<string, InferenceSession>()
  for (const graph of GRAPHS) {
    const prepared = preparedGraph(folder, card, graph)
    const isPrepared = existsSync(prepared)
    const file = isPrepared ? prepared : path.join(folder, `${graph}.onnx`)
    const session = await InferenceSession.create(file, {
      ...cpuSessionOptions({ threads: availableParallelism(), spins: graph === 'decoder' }),
      ...(isPrepared && { graphOptimizationLevel: 'disabled' }),
      enableProfiling: true,
      profileFilePrefix: path.join(place, graph),
    })
    sessions.set(graph, session)
  }
  return sessions
}

/** Of all runs of a graph those behind the first round. */
function measuredRuns(place: string, graph: Graph, rounds: number): ProfiledRun[] {
  const [name] = globSync(`${graph}_*.json`, { cwd: place })
  if (name === undefined) {
    throw new RangeError(`expected a file of the profiler for ${graph}`)
  }
  const runs = runsOf(JSON.parse(readFileSync(path.join(place, name), 'utf8')))
  return runs.slice(runs.length / (rounds + 1))
}

/** What the engine runs for an answer, without it. */
async function answer(
  { images, decoder }: ModelRunner,
  { file, question, detail }: Asked,
): Promise<void> {
  if (decoder === null) {
    throw new RangeError('expected a model that writes text')
  }
  const pixels = await images.preprocess(new Uint8Array(readFileSync(file)), { detail })
  const [tokens] = await images.bridge!.run(await images.encode([pixels]))
  const prepared = decoder.prepare({ kind: 'ask', question, history: [] }, 1, STEPS + 1)
  const { segments } = prepared.layOut([{ key: 'picture', tokens: tokens! }])
  const cache = decoder.createCache()
  let logits = await decoder.prefill(cache, segments)
  for (let step = 0; step < STEPS; step++) {
    logits = await decoder.step(cache, [argmax(logits)])
  }
  cache.dispose()
}

export function reportProfile(title: string, profile: Profile): void {
  const { engine, engineStepMs, runtime, promptTokens } = profile
  const tables = [
    [
      [title, 'engine, ms', 'runtime with its profiler, ms'],
      stageRow('picture decoded and cut', engine.preprocessMs),
      stageRow('vision tower', engine.visionMs, runtime.vision),
      stageRow('projector', engine.bridgeMs, runtime.projector),
      stageRow(`prompt of ${promptTokens}`, engine.prefillMs, runtime.prompt),
      stageRow('a step', engineStepMs, runtime.step),
    ],
    operatorRows('vision tower', runtime.vision, MOST),
    operatorRows(`prompt of ${promptTokens}`, runtime.prompt, MOST),
    operatorRows('a step', runtime.step, MOST),
  ]
  process.stdout.write(`${tables.map(formatTable).join('\n')}\n`)
}

function stageRow(what: string, engineMs: number, part?: ProfiledRun): string[] {
  return [what, engineMs.toFixed(1), part?.ms.toFixed(1) ?? '']
}
