/** A model whose requests are timed, stage by stage. */

import type { Answer, EncodeTimings, ImageInput, Model } from '../inference/types.ts'
import type { Metrics } from './metrics.ts'

/** The same model; what its requests take is told to the metrics. */
export function meter(model: Model, metrics: Metrics): Model {
  const noteSeeing = (image: ImageInput, timings: EncodeTimings | undefined) => {
    // Image tokens bring along what making them took once; that is not to be counted again.
    if (image instanceof Uint8Array && timings !== undefined) {
      metrics.stage('preprocess', timings.preprocessMs / 1000)
      metrics.stage('vision', timings.visionMs / 1000)
      metrics.stage('qformer', timings.qformerMs / 1000)
    }
  }
  const note = (image: ImageInput, answer: Answer): Answer => {
    noteSeeing(image, answer.timings)
    metrics.stage('prefill', answer.timings.prefillMs / 1000)
    metrics.stage('decode', answer.timings.decodeMs / 1000)
    return answer
  }
  return {
    ...model,
    describe: async (image, options) => note(image, await model.describe(image, options)),
    ask: async (image, question, options) => note(image, await model.ask(image, question, options)),
    embedImage: async (image, options) => {
      const tokens = await model.embedImage(image, options)
      noteSeeing(image, tokens.timings)
      return tokens
    },
  }
}
