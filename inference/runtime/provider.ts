/**
 * Chooses where the graphs run, and says in words why a device cannot be used.
 *
 * All WebGPU sessions are on the inference thread, as ONNX Runtime wants it.
 */

import { InferenceSession, Tensor } from 'onnxruntime-node'
import { ConfigError } from '../../config/errors.ts'
import { POSITIONS, WORDS } from '../blocks/layers.ts'
import { GraphBuilder } from '../onnx/graph-builder.ts'
import { nodeNames } from '../onnx/node-names.ts'
import { mostQueries } from './device-check.ts'
import type { Device, Provider } from './device.ts'

/** Where the graphs run, and what can be expected there. */
export type Placement = {
  readonly device: Device
  /** Most positions in one run of the decoder. Attention to more is left to the CPU elsewhere. */
  readonly longestRun: number
}

export const ON_CPU: Placement = { device: 'cpu', longestRun: Infinity }

/** Side of the matrices by which a device is tried, and the least that makes it worth its while. */
const SIDE = 1024
const LEAST_GFLOPS = 300

/** @throws {ConfigError} if a device is asked for that is not there, or attends wrongly. */
export async function chooseProvider(provider: Provider): Promise<Placement> {
  if (provider === 'cpu') {
    return ON_CPU
  }
  if (provider !== 'auto') {
    await gflops(provider, 1) // tells whether it is there
    const { most, off } = await mostQueries(onDevice({ logSeverityLevel: 3 }, provider))
    if (most === 0) {
      throw new ConfigError([otherNumbers(provider, off)])
    }
    return { device: provider, longestRun: most }
  }
  for (const device of ['cuda', 'webgpu'] as const) {
    // A device in software, such as a driver for tests, is slower than the CPU by itself.
    if ((await gflops(device, SIDE).catch(() => 0)) >= LEAST_GFLOPS) {
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
  const named = device === 'webgpu' && onCpu.length > 0 // an empty list is refused
  const chosen = named ? { name: device, forceCpuNodeNames: [...onCpu] } : device
  return { ...options, executionProviders: [chosen] }
}

/** Names of the nodes of a graph that stay on the CPU. */
export function leftToCpu(file: string, { longestRun }: Placement): string[] {
  // Looking tokens up is cheap, and float16 tables would need 16-bit arithmetic.
  const lookUps = [WORDS, POSITIONS].flatMap((name) => [`Gather:${name}_stored`, `Cast:${name}`])
  return longestRun === Infinity ? lookUps : [...lookUps, ...nodeNames(file, 'MultiHeadAttention')]
}

/** The message for the operator of a device that computes wrongly. @param off a part of 1. */
export function otherNumbers(device: Device, off: number): string {
  const percent = (100 * off).toFixed(1)
  return `PROVIDER=${device} computes other numbers than the CPU (${percent} % off); use PROVIDER=cpu.`
}

/** Why a device could not be opened, for its operator; null if it is something else. */
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
      'PROVIDER=cuda does not start: it needs an NVIDIA driver, CUDA 12 and the provider that ' +
      'onnxruntime-node downloads when its install script may run. Use PROVIDER=cpu or webgpu.'
    )
  }
  return null
}

/** Speed of a device at multiplying matrices of a side, in 10^9 operations a second. */
async function gflops(device: Device, side: number): Promise<number> {
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
