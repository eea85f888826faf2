/** The options of every ONNX Runtime session on the CPU: of the engine, `pull`, tests and benches. */

import type { InferenceSession } from 'onnxruntime-node'
import { overflowsInt8 } from './cpu.ts'

/** How one session on the CPU differs from the others. */
export type CpuSession = {
  /** Threads of one operator, from 1. */
  readonly threads: number
  /** Whether idle threads wait by spinning: faster between steps, but it uses CPU. Default: no. */
  readonly spins?: boolean
  /**
   * Whether freed memory is kept for the next run. Default: yes. The arena never shrinks from Node;
   * but without it a step of eight sequences takes twice as long, since the system provides every
   * page of the copies of the past again.
   */
  readonly arena?: boolean
  /** More entries of the session's configuration. */
  readonly session?: Readonly<Record<string, string>>
}

/** Session options for the CPU, with kernels that compute correctly on this processor. */
export function cpuSessionOptions({
  threads,
  spins = false,
  arena = true,
  session = {},
}: CpuSession): InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    enableCpuMemArena: arena,
    enableMemPattern: false,
    logSeverityLevel: 3,
    extra: {
      session: {
        intra_op: { allow_spinning: spins ? '1' : '0' },
        // Selects a kernel that cannot overflow: it takes half as long again, so only where needed.
        x64quantprecision: overflowsInt8() ? '1' : '0',
        ...session,
      },
    },
  }
}
