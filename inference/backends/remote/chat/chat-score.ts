/**
 * How likely answers are, from a server with OpenAI's chat completions. By the probabilities of the first
 * token where the server tells them, which is exact for "yes" and "no" as far as both are among the
 * likeliest; otherwise by the answer that the model gives: certain, or impossible.
 */

import { z } from 'zod'
import type { ScoredAnswer } from '../../../contract/types.ts'
import type { AnswerPrompt } from '../../../text/prompt.ts'
import type { ChatOffer } from './chat-host.ts'
import { chatMessages, withAnswers } from './chat-messages.ts'
import { HostError } from '../host-error.ts'
import type { Address, HttpClient } from '../http.ts'

/** The most that OpenAI's API allows. */
const TOP = 20
/** For servers that say only the answer. */
const ANSWER_TOKENS = 12

const tokenSchema = z.object({ token: z.string(), logprob: z.number() })
const completionSchema = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullish() }).nullish(),
        logprobs: z
          .object({
            content: z
              .array(tokenSchema.extend({ top_logprobs: z.array(tokenSchema).nullish() }))
              .nullish(),
          })
          .nullish(),
      }),
    )
    .min(1),
})

/** What a server says in the place of an answer. */
type Completion = {
  readonly text: string
  /** The likeliest first tokens; null where the server does not tell them. */
  readonly top: readonly z.infer<typeof tokenSchema>[] | null
}

type Sending = {
  readonly client: HttpClient
  readonly silenceMs: number
  readonly signal: AbortSignal
}

/** @throws {HostError} if the host fails. */
export async function scoreByChat(
  { address, offer }: { readonly address: Address; readonly offer: ChatOffer },
  sending: Sending,
  {
    prompt,
    answers,
    pictures,
  }: {
    readonly prompt: AnswerPrompt
    readonly answers: readonly string[]
    readonly pictures: readonly string[]
  },
): Promise<ScoredAnswer[]> {
  const messages = chatMessages(withAnswers(prompt, answers), pictures)
  const { text, top } = await complete(address, sending, { ...offer, messages })
  return top === null ? scoresOfText(answers, text) : scoresOfTokens(answers, top)
}

/** Whether a server tells the probabilities of tokens. @throws {HostError} if the host fails. */
export async function scoringOf(
  address: Address,
  sending: Sending,
  model: string,
): Promise<ChatOffer['scoring']> {
  const messages = [{ role: 'user', content: 'Is water wet? Answer with yes or no.' }] as const
  try {
    const { top } = await complete(address, sending, { model, scoring: 'logprobs', messages })
    return top === null ? 'answer' : 'logprobs'
  } catch (error) {
    if (error instanceof HostError && error.failure === 'rejected') {
      return 'answer' // it knows no such field
    }
    throw error
  }
}

type Asked = ChatOffer & { readonly messages: readonly unknown[] }

async function complete(
  address: Address,
  { client, ...sending }: Sending,
  { model, scoring, messages }: Asked,
): Promise<Completion> {
  const byTokens = scoring === 'logprobs'
  const body = JSON.stringify({
    model,
    messages,
    temperature: 0,
    max_tokens: byTokens ? 1 : ANSWER_TOKENS,
    ...(byTokens && { logprobs: true, top_logprobs: TOP }),
  })
  const path = '/chat/completions'
  const json = await client.json(address, { method: 'POST', path, body, ...sending })
  const { data, error } = completionSchema.safeParse(json)
  if (error) {
    throw new HostError('unreachable', `${address.base} sent an answer that is none`)
  }
  const [choice] = data.choices
  const [first] = choice?.logprobs?.content ?? []
  const top = first === undefined ? null : [...(first.top_logprobs ?? []), first]
  return { text: choice?.message?.content ?? '', top: byTokens ? top : null }
}

/** @param top may have a token twice. */
function scoresOfTokens(
  answers: readonly string[],
  top: readonly z.infer<typeof tokenSchema>[],
): ScoredAnswer[] {
  const byToken = new Map(top.map(({ token, logprob }) => [token, logprob]))
  const weights = answers.map((answer) => {
    const whole = plain(answer)
    return [...byToken].reduce((sum, [token, logprob]) => {
      const part = plain(token)
      return part !== '' && whole.startsWith(part) ? sum + Math.exp(logprob) : sum
    }, 0)
  })
  return scored(answers, weights)
}

function scoresOfText(answers: readonly string[], text: string): ScoredAnswer[] {
  const said = `${plain(text)} ` // whole words: "nothing" does not say "no"
  const weights = answers.map((answer) => (said.startsWith(`${plain(answer)} `) ? 1 : 0))
  return scored(answers, weights)
}

/** Where the model says none of the answers, all are equally likely. */
function scored(answers: readonly string[], weights: readonly number[]): ScoredAnswer[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return answers.map((answer, i) => ({
    answer,
    logLikelihood: Math.min(0, Math.log(weights[i]!)),
    probability: total > 0 ? weights[i]! / total : 1 / answers.length,
  }))
}

/** Without what surrounds a word: tokens begin with spaces, and answers may be set in marks. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}
