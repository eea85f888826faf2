/**
 * The ONNX Runtime sessions of one model. Only the inference thread may import this file: creating
 * and running a session blocks the thread it is on.
 */

import { existsSync } from 'node:fs'
import path from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import { ConfigError } from '../errors.ts'
import type { ModelCard } from '../model-card.ts'
import { type GraphFile, prepareGraph, preparedGraph, type SavingOptions } from './prepared.ts'
import { probe } from './probe.ts'

export type Sessions = {
  readonly vision: InferenceSession
  readonly qformer: InferenceSession
  readonly decoder: InferenceSession
}

/** Whether idle threads wait by spinning: quicker between steps, a burden to others otherwise. */
const SPINS: Readonly<Record<GraphFile, boolean>> = {
  'vision.onnx': false,
  'qformer.onnx': false,
  'decoder.onnx': true,
}

/** Opens the three graphs of a package. @throws {ConfigError} naming the graph that does not load. */
export async function openSessions(
  folder: string,
  card: ModelCard,
  threads: number,
): Promise<Sessions> {
  const open = async (file: GraphFile) => {
    const prepared = preparedGraph(folder, card, file)
    const options = sessionOptions(threads, SPINS[file])
    if (existsSync(prepared)) {
      // It is optimised already; doing so again would only take time.
      return create(prepared, { ...options, graphOptimizationLevel: 'disabled' })
    }
    return create(path.join(folder, file), options)
  }
  return {
    vision: await open('vision.onnx'),
    qformer: await open('qformer.onnx'),
    decoder: await open('decoder.onnx'),
  }
}

/** Prepares one graph of a package for this machine; see prepared.ts. */
export async function prepareSession(
  folder: string,
  card: ModelCard,
  graph: string,
  threads: number,
): Promise<void> {
  if (!isGraphFile(graph)) {
    throw new RangeError(`expected the file of a graph, got ${graph}`)
  }
  await prepareGraph(folder, card, graph, async (place, saving) => {
    const options = sessionOptions(threads, false, saving)
    const level = saving ? 'all' : 'disabled'
    const session = await create(place, { ...options, graphOptimizationLevel: level })
    try {
      return (await probe(session, graph, card)).slice()
    } finally {
      await session.release()
    }
  })
}

function isGraphFile(name: string): name is GraphFile {
  return name in SPINS
}

export async function releaseSessions(sessions: Sessions): Promise<void> {
  await sessions.vision.release()
  await sessions.qformer.release()
  await sessions.decoder.release()
}

async function create(
  file: string,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(file, options)
  } catch (cause) {
    throw new ConfigError([`${file} does not load: ${String(cause)}`], { cause })
  }
}

function sessionOptions(
  threads: number,
  spins: boolean,
  saving?: SavingOptions,
): InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // The arena never shrinks from Node, and shapes change at every step.
    enableCpuMemArena: false,
    enableMemPattern: false,
    logSeverityLevel: 3,
    ...(saving && { optimizedModelFilePath: saving.optimizedModelFilePath }),
    extra: {
      session: {
        intra_op: { allow_spinning: spins ? '1' : '0' },
        // Where a processor's int8 product could overflow, ONNX Runtime takes one that cannot.
        x64quantprecision: '1',
        ...saving?.session,
      },
    },
  }
}
