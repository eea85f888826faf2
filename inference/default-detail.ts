/** The detail that an operator set, for every request that has none of its own. */

import type { Model } from './contract/types.ts'
import type { Detail } from './image/tiles.ts'

/**
 * The model, which sees each picture in `detail` where it is asked something about it. All of these see the same,
 * so that a picture is encoded once for its description, its questions and its scores. A request with a detail
 * of its own, such as one about frames of a moving picture, keeps that.
 */
export function withDetail<M extends Pick<Model, 'describe' | 'ask' | 'score' | 'encode'>>(
  model: M,
  detail: Detail,
): M {
  if (detail === 'auto') {
    return model // as without one
  }
  return {
    ...model,
    describe: (images, options) => model.describe(images, { detail, ...options }),
    ask: (images, question, options) => model.ask(images, question, { detail, ...options }),
    score: (image, options) => model.score(image, { detail, ...options }),
    encode: (image, options) => model.encode(image, { detail, ...options }),
  }
}
