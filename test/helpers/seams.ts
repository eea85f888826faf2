/** Compares what a model gives at its seams with what the reference gave. */

import assert from 'node:assert/strict'
import { Tensor } from 'onnxruntime-node'
import { int64 } from '../../inference/families/common/decoder-feeds.ts'
import type { ImageFeatures, ImageTokens } from '../../inference/families/common/runner.ts'
import { argmax } from '../../inference/generation/scores.ts'
import { floats } from '../../inference/runtime/floats.ts'
import { type Parity, relativeError, tensorOf } from './parity.ts'
import type { AnyRunner, TestRunner } from './runners.ts'

const TOLERANCE = 1e-4

export function assertClose(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): void {
  const error = relativeError(actual, expected)
  assert.ok(error <= TOLERANCE, `${what}: relative error ${error}`)
}

type Recorded = Pick<Parity, 'prompts' | 'tensors' | 'vocabSize' | 'name'>
type PromptName = keyof Parity['prompts']

/** The ids of both prompts with a picture, and the logits of each greedy step. */
export async function checkSteps(
  runner: TestRunner,
  parity: Recorded,
  tokens: ImageTokens,
): Promise<void> {
  for (const prompt of ['caption', 'question'] as const) {
    assert.deepEqual(await checkLogits(runner, parity, prompt, tokens), parity.prompts[prompt].ids)
  }
}

/** The logits of each greedy step of a prompt. @returns the prompt's ids. */
export async function checkLogits(
  { decoder }: TestRunner,
  parity: Recorded,
  prompt: PromptName,
  tokens: ImageTokens,
): Promise<readonly number[]> {
  const { text } = parity.prompts[prompt]
  const prepared = decoder.prepare({ kind: 'raw', text }, 1, 8)
  const layout = prepared.layOut([{ key: 'picture', tokens }])
  const steps = tensorOf(parity, `logits.${prompt}.steps`)
  const cache = decoder.createCache()
  let logits = await decoder.prefill(cache, layout.segments)
  for (let i = 0; i < steps.shape[0]!; i++) {
    const expected = steps.data.subarray(i * parity.vocabSize, (i + 1) * parity.vocabSize)
    assertClose(`${prompt}, step ${i}`, logits, expected)
    logits = await decoder.step(cache, [argmax(expected)])
  }
  cache.dispose()
  return layout.ids
}

/**
 * The Q-Former's rows before they are projected, which the engine does not fetch.
 *
 * @param instruction its ids of the prompt, where it reads that.
 * @returns float32 [queryTokens, qformerHidden].
 */
export async function queryOutput(
  { sessions }: AnyRunner,
  { data, shape }: ImageFeatures,
  instruction?: readonly number[],
): Promise<Float32Array> {
  const feeds = {
    image_embeds: new Tensor('float32', data, [1, ...shape]),
    ...(instruction && textFeeds(instruction)),
  }
  const outputs = await sessions.get('qformer').run(feeds, ['query_output'])
  return floats(outputs['query_output'])
}

/**
 * Outputs of the Q-Former of a model that compares texts with pictures, by name.
 *
 * @param text ids of a text that the queries see; null: they see the picture alone.
 */
export async function matchOutputs(
  { sessions }: AnyRunner,
  { data, shape }: ImageFeatures,
  text: readonly number[] | null,
  names: readonly string[],
): Promise<Record<string, Float32Array>> {
  const feeds = {
    image_embeds: new Tensor('float32', data, [1, ...shape]),
    ...textFeeds(text ?? [0]),
    together: int64([text === null ? 0 : 1], [1]),
  }
  const outputs = await sessions.get('qformer').run(feeds, [...names])
  return Object.fromEntries(names.map((name) => [name, floats(outputs[name])]))
}

function textFeeds(ids: readonly number[]): Record<string, Tensor> {
  const mask = ids.map(() => 1)
  return { input_ids: int64(ids, [1, ids.length]), text_mask: int64(mask, [1, ids.length]) }
}
