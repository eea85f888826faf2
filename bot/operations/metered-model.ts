/** A model that reports the durations of its stages to the metrics. */

import { DECODE_STAGES, ENCODE_STAGES } from '../../inference/contract/stages.ts'
import type { Answer, EncodeTimings, Model } from '../../inference/contract/types.ts'
import type { Metrics } from './metrics.ts'

/** Wraps the model so that each request's timings go to the metrics. */
export function meter(model: Model, metrics: Metrics): Model {
  const noteEncoding = (timings: EncodeTimings) => {
    // 0 if the features were cached, or the picture was encoded for another request.
    if (timings.visionMs > 0) {
      for (const stage of ENCODE_STAGES) {
        metrics.stage(stage, timings[`${stage}Ms`] / 1000)
      }
    }
  }
  const note = (answer: Answer): Answer => {
    noteEncoding(answer.timings)
    for (const stage of DECODE_STAGES) {
      metrics.stage(stage, answer.timings[`${stage}Ms`] / 1000)
    }
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
    read: async (image, options) => {
      const start = performance.now()
      const text = await model.read(image, options)
      metrics.stage('read', (performance.now() - start) / 1000)
      return text
    },
    embedImage: async (image, options) => {
      const tokens = await model.embedImage(image, options)
      noteEncoding(tokens.timings)
      return tokens
    },
  }
}
