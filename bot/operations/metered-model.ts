/** A model whose requests are timed, stage by stage. */

import { DECODE_STAGES, ENCODE_STAGES } from '../../inference/contract/stages.ts'
import type { Answer, EncodeTimings, Model } from '../../inference/contract/types.ts'
import type { Metrics } from './metrics.ts'

/** The same model; what its requests take is told to the metrics. */
export function meter(model: Model, metrics: Metrics): Model {
  const noteEncoding = (timings: EncodeTimings) => {
    // A picture that was there, or was encoded for another request, took no time.
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
    embedImage: async (image, options) => {
      const tokens = await model.embedImage(image, options)
      noteEncoding(tokens.timings)
      return tokens
    },
  }
}
