/** The other sides of benchmarks, each in a process that stays: transformers, CTranslate2. */

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { ConfigError } from '../../config/errors.ts'
import { peakOf } from '../chat-models/peak.ts'

/** Milliseconds of one run. */
export type DecoderTimes = {
  readonly totalMs: number
  readonly firstTokenMs: number
  readonly decodeMs: number
}

export type ReferenceTimes = DecoderTimes & {
  readonly visionMs: number
  readonly qformerMs: number
}

export type Reference<Times = ReferenceTimes> = {
  /**
   * Runs a picture and a prompt, and generates greedily.
   *
   * @param text ids of the prompt, the first of them the start of all texts.
   * @param generated ids to generate.
   */
  run(text: number, generated: number): Promise<Times>
  /** From the start of its program until it had its weights. */
  readonly readyMs: number
  /** The most physical memory of its process so far. */
  peakBytes(): number
  close(): void
}

/**
 * Starts transformers and waits until it has its weights.
 *
 * @param python the command of a Python with transformers and torch, e.g. `python3`.
 * @throws {Error} saying how to get one, where it does not start.
 */
export async function startReference(
  python: string,
  checkpoint: string,
  dtype: 'float32' | 'bfloat16',
): Promise<Reference> {
  const started = await start<ReferenceTimes>(python, ['reference.py', checkpoint, dtype])
  if (started === null) {
    throw new ConfigError([
      `${python} does not run bench/full-size/reference.py in ${dtype}: it needs transformers and torch, and ` +
        `memory for the weights. Name another with --python COMMAND, or leave the side out with --no-reference.`,
    ])
  }
  return started
}

/**
 * Starts CTranslate2 in int8 with the language model alone, behind as many synthetic positions as a
 * picture takes.
 *
 * @param converted where its model is kept; made if missing.
 * @returns null if it does not start: not every Python with transformers has it.
 */
export function startDecoder(
  python: string,
  checkpoint: string,
  converted: string,
): Promise<Reference<DecoderTimes> | null> {
  return start<DecoderTimes>(python, ['reference_decoder.py', checkpoint, converted])
}

/** @param command a script of this folder and its arguments; the number of threads is added. */
async function start<Times>(
  python: string,
  [script, ...args]: readonly [string, ...string[]],
): Promise<Reference<Times> | null> {
  const file = path.join(import.meta.dirname, script)
  const child = spawn(python, [file, ...args, String(availableParallelism())], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // Waiting threads leave the cores to the other side.
    env: { ...process.env, OMP_WAIT_POLICY: 'passive', HF_HUB_OFFLINE: '1' },
  })
  const begun = performance.now()
  const next = reader<Times>(child)
  try {
    await next()
  } catch {
    return null
  }
  return {
    readyMs: performance.now() - begun,
    peakBytes: () => peakOf(child.pid!),
    async run(text, generated) {
      child.stdin.write(`${JSON.stringify({ text, new: generated })}\n`)
      return next()
    },
    close: () => child.stdin.end(),
  }
}

/** Gives the next line of a process, as JSON; fails once the process has ended. */
function reader<Times>(child: ChildProcessByStdio<Writable, Readable, null>): () => Promise<Times> {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
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
