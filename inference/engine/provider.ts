/**
 * Chooses where the graphs run, and says in words why a device cannot be used.
 *
 * On a device the weights live there; the keys and values of the past are sent along with every
 * step. All WebGPU sessions are on the inference thread, as ONNX Runtime wants it.
 */

import { InferenceSession, Tensor } from 'onnxruntime-node'
import { ConfigError } from '../errors.ts'
import { PLACES, WORDS } from '../graph/decoder.ts'
import { GraphBuilder } from '../graph/graph-builder.ts'
import type { Provider } from './options.ts'

export type Device = Exclude<Provider, 'auto'>

/** Side of the matrices by which a device is tried, and the least that makes it worth its while. */
const SIDE = 1024
const LEAST_GFLOPS = 300

/** @throws {ConfigError} if a device is asked for that is not there. */
export async function chooseProvider(provider: Provider): Promise<Device> {
  if (provider !== 'auto') {
    if (provider !== 'cpu') {
      await gflops(provider, 1) // tells whether it is there
    }
    return provider
  }
  for (const device of ['cuda', 'webgpu'] as const) {
    // A device in software, such as a driver for tests, is slower than the CPU by itself.
    if ((await gflops(device, SIDE).catch(() => 0)) >= LEAST_GFLOPS) {
      return device
    }
  }
  return 'cpu'
}

/** Session options for a device, from those for the CPU. */
export function onDevice(
  options: InferenceSession.SessionOptions,
  device: Device,
): InferenceSession.SessionOptions {
  // Looking tokens up is no work, and float16 tables would need 16-bit arithmetic.
  const lookUps = [WORDS, PLACES].flatMap((name) => [`Gather:${name}_stored`, `Cast:${name}`])
  const chosen =
    device === 'webgpu' ? { name: 'webgpu' as const, forceCpuNodeNames: lookUps } : device
  return { ...options, executionProviders: [chosen] }
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
