/** Which tensors embed tokens and make the logits. */

import type { WeightIndex } from './family.ts'

/** Of a language model; the same tensor twice where they are tied. */
export type TiedTensors = { readonly embedTensor: string; readonly headTensor: string }

/**
 * A head of its own in the weights counts, whatever config.json says.
 *
 * @param tied config.json wants the logits made by the token embeddings.
 * @param weights null where there are none yet: then they are tied as config.json says.
 */
export function resolveTied(
  { embedTensor, headTensor }: TiedTensors,
  tied: boolean,
  weights: WeightIndex | null,
): TiedTensors {
  const has = (tensor: string) => (weights === null ? !tied : weights.has(tensor))
  if (tied && !has(headTensor)) {
    return { embedTensor, headTensor: embedTensor }
  }
  if (tied && !has(embedTensor)) {
    return { embedTensor: headTensor, headTensor }
  }
  return {
    embedTensor,
    headTensor: weights?.equal(embedTensor, headTensor) ? embedTensor : headTensor,
  }
}
