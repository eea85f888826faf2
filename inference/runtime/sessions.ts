/**
 * The ONNX Runtime sessions of one model. Only the inference thread may import this file: creating
 * and running a session blocks the thread it is on.
 */

import { existsSync } from 'node:fs'
import path from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import { ConfigError } from '../../config/errors.ts'
import type { GraphList } from './graph-list.ts'
import { DEVICE_TOLERANCE, partOff } from './device-check.ts'
import type { Device } from './device.ts'
import { prepareGraph, preparedGraph } from './prepared.ts'
import { probe } from './probe.ts'
import { readAhead } from './read-ahead.ts'
import { cpuSessionOptions } from './session-options.ts'
import {
  cpuNodes,
  ON_CPU,
  onDevice,
  wrongNumbers,
  type Placement,
  whyNoDevice,
} from './provider.ts'

/**
 * The graph that runs once per token. Its idle threads wait by spinning: faster between steps, but it
 * uses CPU at other times.
 */
const STEPPING_GRAPH = 'decoder'

/** The open sessions of one model, by the name of their graph. */
export class Sessions {
  readonly #byName: ReadonlyMap<string, InferenceSession>

  constructor(byName: ReadonlyMap<string, InferenceSession>) {
    this.#byName = byName
  }

  /** @throws {RangeError} if the package has no such graph. */
  get(graph: string): InferenceSession {
    const session = this.#byName.get(graph)
    if (session === undefined) {
      throw new RangeError(`expected a package with the graph ${graph}`)
    }
    return session
  }

  /** Frees the sessions. Call it when nothing runs and no tensor of a session is on a device. */
  async release(): Promise<void> {
    for (const session of this.#byName.values()) {
      await session.release()
    }
  }
}

/** Opens the graphs of a package. @throws {ConfigError} naming a graph that does not load. */
export async function openSessions(
  folder: string,
  card: GraphList,
  threads: number,
  placement: Placement = ON_CPU,
): Promise<Sessions> {
  const { device } = placement
  if (device === 'cpu') {
    const prepared = card.graphs.map((graph) => preparedGraph(folder, card, graph))
    readAhead(prepared.filter(existsSync)).catch(() => {}) // the session reports what cannot be read
  }
  const open = async (graph: string) => {
    const options = cpuSessionOptions({ threads, spins: graph === STEPPING_GRAPH })
    const file = path.join(folder, `${graph}.onnx`)
    if (device !== 'cpu') {
      return create(file, onDevice(options, device, cpuNodes(file, placement)), device)
    }
    const prepared = preparedGraph(folder, card, graph)
    if (existsSync(prepared)) {
      // It is optimized already.
      return create(prepared, { ...options, graphOptimizationLevel: 'disabled' })
    }
    return create(file, options)
  }
  const byName = new Map<string, InferenceSession>()
  for (const graph of card.graphs) {
    byName.set(graph, await open(graph))
  }
  const sessions = new Sessions(byName)
  if (device !== 'cpu') {
    await checkDevice(sessions, folder, card, device)
  }
  return sessions
}

/**
 * Compares a device's results with the CPU's, on the graph that is cheapest to open twice.
 *
 * @throws {ConfigError} if they differ by more than rounding explains, 16-bit rounding included.
 */
async function checkDevice(
  sessions: Sessions,
  folder: string,
  card: GraphList,
  device: Device,
): Promise<void> {
  const graph = smallestGraph(card)
  const file = path.join(folder, `${graph}.onnx`)
  const reference = await create(file, cpuSessionOptions({ threads: 1 }))
  try {
    const expected = await probe(reference)
    const actual = await probe(sessions.get(graph))
    const off = partOff(actual, expected)
    if (!(off <= DEVICE_TOLERANCE)) {
      throw new ConfigError([wrongNumbers(device, off)])
    }
  } finally {
    await reference.release()
  }
}

/** The graph with the fewest weights. */
function smallestGraph({ graphs, files }: GraphList): string {
  const bytes = (graph: string) => files[`${graph}.onnx.data`]?.bytes ?? 0
  return graphs.reduce((least, graph) => (bytes(graph) < bytes(least) ? graph : least))
}

/** Prepares one graph of a package for this machine; see prepared.ts. */
export async function prepareSession(
  folder: string,
  card: GraphList,
  graph: string,
  threads: number,
): Promise<void> {
  await prepareGraph(folder, card, graph, async (place, saving) => {
    const session = await create(place, {
      ...cpuSessionOptions({ threads, ...(saving && { session: saving.session }) }),
      graphOptimizationLevel: saving ? 'all' : 'disabled',
      ...(saving && { optimizedModelFilePath: saving.optimizedModelFilePath }),
    })
    try {
      return await probe(session)
    } finally {
      await session.release()
    }
  })
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
