/** A model whose requests are timed, stage by stage. */

import type { Answer, EncodeTimings, Model } from '../inference/types.ts'
import type { Metrics } from './metrics.ts'

/** The same model; what its requests take is told to the metrics. */
export function meter(model: Model, metrics: Metrics): Model {
  const noteEncoding = (timings: EncodeTimings | undefined) => {
    // A picture that was there, or was encoded for another request, took no time.
    if (timings !== undefined && timings.visionMs > 0) {
      metrics.stage('preprocess', timings.preprocessMs / 1000)
      metrics.stage('vision', timings.visionMs / 1000)
      metrics.stage('qformer', timings.qformerMs / 1000)
    }
  }
  const note = (answer: Answer): Answer => {
    noteEncoding(answer.timings)
    metrics.stage('prefill', answer.timings.prefillMs / 1000)
    metrics.stage('decode', answer.timings.decodeMs / 1000)
    return answer
  }
  return {
    ...model,
    describe: async (image, options) => note(await model.describe(image, options)),
    ask: async (image, question, options) => note(await model.ask(image, question, options)),
    encode: async (image, options) => {
      const timings = await model.encode(image, options)
      noteEncoding(timings)
      return timings
    },
    embedImage: async (image, options) => {
      const tokens = await model.embedImage(image, options)
      noteEncoding(tokens.timings)
      return tokens
    },
  }
}
