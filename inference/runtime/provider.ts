/**
 * Chooses where the graphs run, and explains in a sentence why a device cannot be used.
 *
 * All WebGPU sessions are on the inference thread, as ONNX Runtime requires.
 */

import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { ConfigError } from '../../config/errors.ts'
import { POSITIONS, WORDS } from '../blocks/layers.ts'
import { GraphBuilder } from '../onnx/graph-builder.ts'
import { nodeNames } from '../onnx/node-names.ts'
import { mostQueries } from './device-check.ts'
import type { Device, Provider } from './device.ts'

/** Where the graphs run, and the limits of that device. */
export type Placement = {
  readonly device: Device
  /** The most positions in one run of the decoder; in other graphs, attention stays on the CPU if finite. */
  readonly longestRun: number
}

export const ON_CPU: Placement = { device: 'cpu', longestRun: Infinity }

/** Side of the matrices of the speed test, and the least speed at which `auto` chooses a device. */
export const SIDE = 1024
const LEAST_GFLOPS = 300
const SPEED_ENTRY = path.join(import.meta.dirname, 'speed', 'speed-entry.ts')
/** A driver may compile its programs at the first use. */
const SPEED_LIMIT_MS = 60_000

/** @throws {ConfigError} if the requested device is missing or computes attention wrongly. */
export async function chooseProvider(provider: Provider): Promise<Placement> {
  if (provider === 'cpu') {
    return ON_CPU
  }
  if (provider !== 'auto') {
    await gflops(provider, 1) // throws if it is missing
    const { most, off } = await mostQueries(onDevice({ logSeverityLevel: 3 }, provider))
    if (most === 0) {
      throw new ConfigError([wrongNumbers(provider, off)])
    }
    return { device: provider, longestRun: most }
  }
  for (const device of ['cuda', 'webgpu'] as const) {
    // A software device, such as a test driver, is slower than the CPU.
    if ((await speedApart(device)) >= LEAST_GFLOPS) {
      const { most } = await mostQueries(onDevice({ logSeverityLevel: 3 }, device))
      if (most === Infinity) {
        return { device, longestRun: most }
      }
    }
  }
  return ON_CPU
}

/**
 * Session options for a device, from those for the CPU.
 *
 * @param onCpu names of nodes that stay on the CPU, where the device allows it.
 */
export function onDevice(
  options: InferenceSession.SessionOptions,
  device: Device,
  onCpu: readonly string[] = [],
): InferenceSession.SessionOptions {
  const names = device === 'webgpu' && onCpu.length > 0 // ONNX Runtime refuses an empty list
  const provider = names ? { name: device, forceCpuNodeNames: [...onCpu] } : device
  return { ...options, executionProviders: [provider] }
}

/** The names of a graph's nodes that stay on the CPU. */
export function cpuNodes(file: string, { longestRun }: Placement): string[] {
  // Embedding look-ups are cheap, and float16 tables would need 16-bit arithmetic on the device.
  const lookUps = [WORDS, POSITIONS].flatMap((name) => [`Gather:${name}_stored`, `Cast:${name}`])
  return longestRun === Infinity ? lookUps : [...lookUps, ...nodeNames(file, 'MultiHeadAttention')]
}

/** The operator's message for a device that computes wrongly. @param off the error, a fraction of 1. */
export function wrongNumbers(device: Device, off: number): string {
  const percent = (100 * off).toFixed(1)
  return `PROVIDER=${device} computes other numbers than the CPU (${percent} % off); use PROVIDER=cpu.`
}

/** Explains to the operator why a device cannot be opened; null if the cause is another. */
export function whyNoDevice(device: Device, cause: unknown): string | null {
  const text = String(cause)
  if (/WebGPU adapter/i.test(text)) {
    return (
      'PROVIDER=webgpu finds no GPU: it needs a driver for Vulkan and its loader (libvulkan1), and ' +
      'in a container access to the device. Use PROVIDER=cpu to run without one.'
    )
  }
  if (device === 'cuda' && /providers_cuda|providers_shared|cuda|not supported/i.test(text)) {
    return (
      'PROVIDER=cuda does not start: it needs an NVIDIA driver, CUDA 12 and libraries that ' +
      '"npm run gpu" downloads; it says what is missing. Use PROVIDER=cpu or webgpu.'
    )
  }
  return null
}

/**
 * The speed of a device, measured in a process of its own; 0 if the device cannot be used. Where there
 * is none, ONNX Runtime and Dawn write errors to the terminal themselves although all is well, and a
 * broken driver may end the process.
 */
async function speedApart(device: Device): Promise<number> {
  try {
    const limits = { timeout: SPEED_LIMIT_MS }
    const { stdout } = await promisify(execFile)(process.execPath, [SPEED_ENTRY, device], limits)
    return Number(stdout.trimEnd().split('\n').at(-1)) || 0
  } catch {
    return 0
  }
}

/**
 * The speed of a device at multiplying square matrices, in 10^9 operations per second.
 *
 * @param side of the matrices.
 * @throws {ConfigError} if the device cannot be used.
 */
export async function gflops(device: Device, side: number): Promise<number> {
  const g = new GraphBuilder('speed')
  g.input('a', 'float32', [side, side])
  g.output(g.op('MatMul', ['a', 'a'], {}, 'b'), 'float32', [side, side])
  const options = onDevice({ logSeverityLevel: 3 }, device)
  let session: InferenceSession
  try {
    session = await InferenceSession.create(g.build().model, options)
  } catch (cause) {
    throw new ConfigError([whyNoDevice(device, cause) ?? `PROVIDER=${device}: ${String(cause)}`], {
      cause,
    })
  }
  try {
    const feeds = { a: new Tensor('float32', new Float32Array(side * side), [side, side]) }
    await session.run(feeds) // compiles the program
    const start = performance.now()
    await session.run(feeds)
    return (2 * side ** 3) / 1e6 / (performance.now() - start)
  } finally {
    await session.release()
  }
}
