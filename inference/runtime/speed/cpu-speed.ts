/** How fast this machine's processor is at what a model mostly does, measured in about a fifth of a second. */

import { InferenceSession, Tensor } from 'onnxruntime-node'
import { GraphBuilder } from '../../onnx/graph-builder.ts'

export type CpuSpeed = {
  /** Products of matrices of bytes through ONNX Runtime, in 10^9 operations a second. */
  readonly gops: number
  /** Copied from memory to memory by one thread, in 10^9 bytes a second. */
  readonly gbPerSecond: number
}

const SIDE = 1024
const RUNS = 6
/** More than a processor's caches hold. */
const COPIED_BYTES = 96 * 1024 * 1024

/** The best of a few runs each, as other programs only make them slower. */
export async function cpuSpeed(): Promise<CpuSpeed> {
  return { gops: await productSpeed(), gbPerSecond: copySpeed() }
}

async function productSpeed(): Promise<number> {
  const g = new GraphBuilder('speed')
  g.input('a', 'uint8', [SIDE, SIDE])
  g.input('b', 'int8', [SIDE, SIDE])
  g.output(g.op('MatMulInteger', ['a', 'b'], {}, 'c'), 'int32', [SIDE, SIDE])
  const session = await InferenceSession.create(g.build().model, { logSeverityLevel: 3 })
  try {
    const shape = [SIDE, SIDE]
    const feeds = {
      a: new Tensor('uint8', new Uint8Array(SIDE * SIDE).fill(3), shape),
      b: new Tensor('int8', new Int8Array(SIDE * SIDE).fill(-2), shape),
    }
    const seconds: number[] = []
    for (let run = 0; run < RUNS; run++) {
      const start = performance.now()
      await session.run(feeds)
      seconds.push((performance.now() - start) / 1_000)
    }
    return (2 * SIDE ** 3) / 1e9 / Math.min(...seconds)
  } finally {
    await session.release()
  }
}

function copySpeed(): number {
  const from = new Uint8Array(COPIED_BYTES).fill(1)
  const to = new Uint8Array(COPIED_BYTES).fill(2)
  const seconds: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now()
    to.set(from)
    seconds.push((performance.now() - start) / 1_000)
  }
  return COPIED_BYTES / 1e9 / Math.min(...seconds)
}
