/** Makes programs of requests that tell how likely answers are. */

import { InputError } from '../../../config/errors.ts'
import type { ScoreRequest } from '../../contract/requests.ts'
import type { ScoredAnswer } from '../../contract/types.ts'
import { questionPrompt } from '../../families/index.ts'
import { logSoftmax } from '../../generation/scores.ts'
import type { ModelCard } from '../../package/model-card.ts'
import type { Program } from '../work.ts'
import type { TextParts } from './text-parts.ts'

/** @throws {InputError} if the request cannot be carried out. */
export function scoreProgram(card: ModelCard, parts: TextParts, request: ScoreRequest): Program {
  if (request.answers.length === 0) {
    throw new InputError('score/no-answers')
  }
  const { decoder } = parts
  const { prompt } = request
  const text =
    prompt.kind === 'raw' ? prompt.text : questionPrompt(card, prompt.question, prompt.history)
  const prepared = decoder.prepare({ kind: 'raw', text }, 1, 0)
  const answers = request.answers.map((answer) =>
    answerIds(parts, { prompt: text, answer, room: prepared.room }),
  )
  return {
    rows: 1,
    run: async (engine) => {
      const [{ image }] = await engine.encode(prepared.text)
      const { sequence, logits } = await engine.prefill(prepared.layOut([image]))
      const first = logSoftmax(logits)
      const likelihoods: number[] = []
      for (const ids of answers) {
        // The last id needs no run: its likelihood is in the logits of the id before it.
        const fed = ids.slice(0, -1)
        const rest = fed.length > 0 ? await engine.score(sequence, fed) : logits
        let sum = first[ids[0]!]!
        for (let i = 0; i < fed.length; i++) {
          const row = rest.subarray(i * decoder.vocabSize, (i + 1) * decoder.vocabSize)
          sum += logSoftmax(row)[ids[i + 1]!]!
        }
        likelihoods.push(sum)
      }
      return withProbabilities(request.answers, likelihoods)
    },
  }
}

/**
 * Ids of an answer after its prompt; a space is put between the two where neither has one.
 *
 * @param about `room`: positions after the prompt.
 */
function answerIds(
  { tokenizer }: TextParts,
  about: { readonly prompt: string; readonly answer: string; readonly room: number },
): number[] {
  const { prompt, answer, room } = about
  if (answer === '') {
    throw new InputError('score/empty-answer')
  }
  const apart = prompt === '' || /\s$/u.test(prompt) || /^\s/u.test(answer)
  const ids = tokenizer.encode(apart ? answer : ` ${answer}`, { special: false })
  if (ids.length > room) {
    throw new InputError('score/long-answer')
  }
  return ids
}

function withProbabilities(
  answers: readonly string[],
  likelihoods: readonly number[],
): ScoredAnswer[] {
  const best = Math.max(...likelihoods)
  const weights = likelihoods.map((likelihood) => Math.exp(likelihood - best))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return answers.map((answer, i) => ({
    answer,
    logLikelihood: likelihoods[i]!,
    probability: weights[i]! / total,
  }))
}
