/**
 * The ONNX Runtime sessions of one model. Only the inference thread may import this file: creating
 * and running a session blocks the thread it is on.
 */

import path from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import { ConfigError } from '../errors.ts'

export type Sessions = {
  readonly vision: InferenceSession
  readonly qformer: InferenceSession
  readonly decoder: InferenceSession
}

/** Opens the three graphs of a package. @throws {ConfigError} naming the graph that does not load. */
export async function openSessions(folder: string, threads: number): Promise<Sessions> {
  const open = async (file: string, spins: boolean) => {
    try {
      return await InferenceSession.create(path.join(folder, file), sessionOptions(threads, spins))
    } catch (cause) {
      throw new ConfigError([`${path.join(folder, file)} does not load: ${String(cause)}`], {
        cause,
      })
    }
  }
  return {
    vision: await open('vision.onnx', false),
    qformer: await open('qformer.onnx', false),
    decoder: await open('decoder.onnx', true),
  }
}

export async function releaseSessions(sessions: Sessions): Promise<void> {
  await sessions.vision.release()
  await sessions.qformer.release()
  await sessions.decoder.release()
}

/** @param spins whether idle threads wait by spinning: quicker between steps, a burden otherwise. */
function sessionOptions(threads: number, spins: boolean): InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // The arena never shrinks from Node, and shapes change at every step.
    enableCpuMemArena: false,
    enableMemPattern: false,
    logSeverityLevel: 3,
    extra: {
      session: {
        intra_op: { allow_spinning: spins ? '1' : '0' },
        // Where a processor's int8 product could overflow, ONNX Runtime takes one that cannot.
        x64quantprecision: '1',
      },
    },
  }
}
