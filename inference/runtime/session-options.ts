/** The options of every ONNX Runtime session on the CPU: in the engine, `pull`, tests and benches. */

import type { InferenceSession } from 'onnxruntime-node'
import { overflowsInt8 } from './cpu.ts'

/** The options that differ between sessions. */
export type CpuSession = {
  /** Threads per operator, at least 1. */
  readonly threads: number
  /** Whether idle threads wait by spinning: faster between steps, but it uses CPU. Default: no. */
  readonly spins?: boolean
  /**
   * Whether freed memory is kept for the next run. Default: yes. Node cannot shrink the arena, but
   * without it a step of eight sequences takes twice as long, since the operating system has to
   * provide every page of the copied KV cache again.
   */
  readonly arena?: boolean
  /** More entries of ONNX Runtime's session configuration. */
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
        // Selects a kernel that cannot overflow. It is 50 % slower, so it is used only where needed.
        x64quantprecision: overflowsInt8() ? '1' : '0',
        ...session,
      },
    },
  }
}
