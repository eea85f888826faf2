/** Compares what a model gives at its seams with what the reference gave. */

import assert from 'node:assert/strict'
import type { ImageTokens } from '../../inference/families/common/runner.ts'
import { argmax } from '../../inference/generation/scores.ts'
import { type Parity, relativeError, tensorOf } from './parity.ts'
import type { TestRunner } from './runners.ts'

const TOLERANCE = 1e-4

export function assertClose(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): void {
  const error = relativeError(actual, expected)
  assert.ok(error <= TOLERANCE, `${what}: relative error ${error}`)
}

/** The ids of both prompts with a picture, and the logits of each greedy step. */
export async function checkSteps(
  { decoder }: TestRunner,
  parity: Pick<Parity, 'prompts' | 'tensors' | 'vocabSize' | 'name'>,
  tokens: ImageTokens,
): Promise<void> {
  for (const prompt of ['caption', 'question'] as const) {
    const { text, ids } = parity.prompts[prompt]
    const prepared = decoder.prepare({ kind: 'raw', text }, 1, 8)
    const layout = prepared.layOut([{ key: 'picture', tokens }])
    assert.deepEqual(layout.ids, ids)
    const steps = tensorOf(parity, `logits.${prompt}.steps`)
    const cache = decoder.createCache()
    let logits = await decoder.prefill(cache, layout.segments)
    for (let i = 0; i < steps.shape[0]!; i++) {
      const expected = steps.data.subarray(i * parity.vocabSize, (i + 1) * parity.vocabSize)
      assertClose(`${prompt}, step ${i}`, logits, expected)
      logits = await decoder.step(cache, [argmax(expected)])
    }
    cache.dispose()
  }
}
