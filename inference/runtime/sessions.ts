/**
 * The ONNX Runtime sessions of one model. Only the inference thread may import this file: creating
 * and running a session blocks the thread it is on.
 */

import { existsSync } from 'node:fs'
import path from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import { ConfigError } from '../../config/errors.ts'
import type { ModelCard } from '../package/model-card.ts'
import { DEVICE_TOLERANCE, partOff } from './device-check.ts'
import type { Device } from '../types.ts'
import { type GraphFile, prepareGraph, preparedGraph } from './prepared.ts'
import { probe } from './probe.ts'
import { readAhead } from './read-ahead.ts'
import { cpuSessionOptions } from './session-options.ts'
import {
  leftToCpu,
  ON_CPU,
  onDevice,
  otherNumbers,
  type Placement,
  whyNoDevice,
} from './provider.ts'

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

/** In the order in which a request needs them. */
const GRAPHS = ['vision.onnx', 'qformer.onnx', 'decoder.onnx'] as const

/** Opens the three graphs of a package. @throws {ConfigError} naming the graph that does not load. */
export async function openSessions(
  folder: string,
  card: ModelCard,
  threads: number,
  placement: Placement = ON_CPU,
): Promise<Sessions> {
  const { device } = placement
  if (device === 'cpu') {
    void readAhead(GRAPHS.map((file) => preparedGraph(folder, card, file)).filter(existsSync))
  }
  const open = async (file: GraphFile) => {
    const options = cpuSessionOptions({ threads, spins: SPINS[file] })
    if (device !== 'cpu') {
      const place = path.join(folder, file)
      return create(place, onDevice(options, device, leftToCpu(place, placement)), device)
    }
    const prepared = preparedGraph(folder, card, file)
    if (existsSync(prepared)) {
      // It is optimised already; doing so again would only take time.
      return create(prepared, { ...options, graphOptimizationLevel: 'disabled' })
    }
    return create(path.join(folder, file), options)
  }
  const sessions = {
    vision: await open('vision.onnx'),
    qformer: await open('qformer.onnx'),
    decoder: await open('decoder.onnx'),
  }
  if (device !== 'cpu') {
    await checkDevice(sessions, folder, card, device)
  }
  return sessions
}

/**
 * Holds a device to the CPU's numbers, on the graph that is cheapest to open twice.
 *
 * @throws {ConfigError} if they differ by more than rounding does, 16-bit rounding included.
 */
async function checkDevice(
  sessions: Sessions,
  folder: string,
  card: ModelCard,
  device: Device,
): Promise<void> {
  const file = 'qformer.onnx'
  const reference = await create(path.join(folder, file), cpuSessionOptions({ threads: 1 }))
  try {
    const expected = await probe(reference, file, card)
    const actual = await probe(sessions.qformer, file, card)
    const off = partOff(actual, expected)
    if (!(off <= DEVICE_TOLERANCE)) {
      throw new ConfigError([otherNumbers(device, off)])
    }
  } finally {
    await reference.release()
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
    const session = await create(place, {
      ...cpuSessionOptions({ threads, ...(saving && { session: saving.session }) }),
      graphOptimizationLevel: saving ? 'all' : 'disabled',
      ...(saving && { optimizedModelFilePath: saving.optimizedModelFilePath }),
    })
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
  device: Device = 'cpu',
): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(file, options)
  } catch (cause) {
    const why = device === 'cpu' ? null : whyNoDevice(device, cause)
    throw new ConfigError([why ?? `${file} does not load: ${String(cause)}`], { cause })
  }
}
