/** The reference side of benchmarks: transformers on PyTorch, in a process that stays. */

import { type ChildProcess, spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'

/** Milliseconds of one run. */
export type ReferenceTimes = {
  readonly totalMs: number
  readonly visionMs: number
  readonly qformerMs: number
  readonly firstTokenMs: number
  readonly decodeMs: number
}

export type Reference = {
  /**
   * Runs a picture and a prompt, and generates greedily.
   *
   * @param text ids of the prompt, the first of them the start of all texts.
   * @param generated ids to generate.
   */
  run(text: number, generated: number): Promise<ReferenceTimes>
  close(): void
}

/**
 * Starts the reference and waits until it has its weights.
 *
 * @param python the command of a Python with transformers and torch, e.g. `python3`.
 * @throws {Error} saying how to get one, where it does not start.
 */
export async function startReference(
  python: string,
  checkpoint: string,
  dtype: 'float32' | 'bfloat16',
): Promise<Reference> {
  const script = path.join(import.meta.dirname, 'reference.py')
  const args = [script, checkpoint, dtype, String(availableParallelism())]
  const child = spawn(python, args, {
    stdio: ['pipe', 'pipe', 'ignore'],
    // Threads that wait leave the cores to the other side.
    env: { ...process.env, OMP_WAIT_POLICY: 'passive', HF_HUB_OFFLINE: '1' },
  })
  const next = reader(child)
  await next().catch((cause: unknown) => {
    throw new Error(
      `${python} does not run bench/reference.py in ${dtype}: it needs transformers and torch, and ` +
        `memory for the weights. Name another with --python COMMAND, or leave the side out with --no-reference.`,
      { cause },
    )
  })
  return {
    async run(text, generated) {
      child.stdin?.write(`${JSON.stringify({ text, new: generated })}\n`)
      return next()
    },
    close: () => child.stdin?.end(),
  }
}

/** Gives the next line of a process, as JSON; fails once the process has ended. */
function reader(child: ChildProcess): () => Promise<ReferenceTimes> {
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  const failed = new Promise<never>((_, reject) => child.on('error', reject))
  failed.catch(() => {})
  return async () => {
    const line = await Promise.race([lines.next(), failed])
    if (line.done === true) {
      throw new Error('it ended')
    }
    return JSON.parse(line.value)
  }
}
