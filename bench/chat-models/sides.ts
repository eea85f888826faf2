/** Our side and transformers' side of describe.ts, each a process that stays. */

import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { ConfigError } from '../../config/errors.ts'
import { nextMessage } from '../report/child-process.ts'
import type { Asked, Side, Times } from './asked.ts'
import { peakOf } from './peak.ts'

export const DTYPES = ['bfloat16', 'float32'] as const
export type Dtype = (typeof DTYPES)[number]

/** @param folder of our package. */
export async function startOwn(folder: string): Promise<Side> {
  const begun = performance.now()
  const child = fork(path.join(import.meta.dirname, 'own-process.ts'), [folder])
  await nextMessage(child)
  return {
    readyMs: performance.now() - begun,
    async ask(asked) {
      child.send(asked)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- own-process.ts sends it
      return (await nextMessage(child)) as Times
    },
    peakBytes: () => peakOf(child.pid!),
    async close() {
      child.send('end')
      await once(child, 'exit')
    },
  }
}

/**
 * @param python the command of a Python with transformers and torch.
 * @param text ids of the prompt beside those of the picture.
 */
export async function startTransformers(
  python: string,
  checkpoint: string,
  dtype: Dtype,
  text: number,
): Promise<Side> {
  const script = path.join(import.meta.dirname, 'reference.py')
  const child = spawn(python, [script, checkpoint, dtype, String(availableParallelism())], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // Waiting threads leave the cores to the other sides.
    env: { ...process.env, OMP_WAIT_POLICY: 'passive', HF_HUB_OFFLINE: '1' },
  })
  const begun = performance.now()
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const line = await lines.next()
    if (line.done === true) {
      throw new ConfigError([
        `${python} does not run bench/chat-models/reference.py in ${dtype}: it needs transformers and torch, and ` +
          `memory for the weights. Name another with --python COMMAND, or leave the side out with --no-reference.`,
      ])
    }
    return line.value
  }
  await next()
  return {
    readyMs: performance.now() - begun,
    async ask(asked: Asked) {
      child.stdin.write(`${JSON.stringify({ ...asked, text })}\n`)
      return JSON.parse(await next())
    },
    peakBytes: () => peakOf(child.pid!),
    async close() {
      child.stdin.end()
      await once(child, 'exit')
    },
  }
}
