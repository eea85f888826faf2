/** The card of an InstructBLIP package: a BLIP-2's, with the positions of an instruction. */

import { z } from 'zod'
import { checkCard, dimensions, dimensionsOf, schema, withKvHeads } from '../blip2/card.ts'
import type { Blip2Config } from '../blip2/config.ts'
import { count, graphName } from '../common/card-base.ts'

export const instructCardSchema = schema
  .extend({
    family: z.literal('instructblip'),
    language: schema.shape.language.unwrap(),
    graphs: z.array(graphName).min(1),
    dimensions: z
      .strictObject({
        ...dimensions.shape,
        /** Tokens of a prompt that the Q-Former reads at most, with those that begin and end it. */
        instructionPositions: count,
      })
      .transform(withKvHeads),
  })
  .superRefine(checkCard)

export type InstructCard = z.infer<typeof instructCardSchema>

/**
 * The paper's instructions for a caption and for short answers. Past turns are written as of BLIP-2.
 * Source: Dai et al., InstructBLIP (arXiv 2305.06500), appendix.
 */
export const PROMPTS: InstructCard['prompts'] = {
  caption: 'A short image description.',
  question: 'Question: {question} Short answer:',
  turn: 'Question: {question} Short answer: {answer} ',
  history: 'Context: ',
}

/**
 * Beams and repetition penalty of LAVIS. A negative length penalty favors short answers, as the paper
 * has it for visual question answering.
 * Source: salesforce/LAVIS, lavis/models/blip2_models/blip2_t5_instruct.py, `generate`.
 */
export const DEFAULTS: InstructCard['defaults'] = {
  describe: { maxNewTokens: 30, minNewTokens: 5, beams: 5, repetitionPenalty: 1.5 },
  ask: { maxNewTokens: 10, beams: 5, lengthPenalty: -1 },
}

/** @throws {RangeError} if the Q-Former reads no prompt. */
export function instructDimensions(config: Blip2Config): InstructCard['dimensions'] {
  const { instruction } = config
  if (instruction === null) {
    throw new RangeError('expected a Q-Former that reads the prompt')
  }
  return { ...dimensionsOf(config), instructionPositions: instruction.maxPositions }
}
