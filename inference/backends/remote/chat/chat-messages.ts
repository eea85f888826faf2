/** Requests as OpenAI's chat completions, for servers of any make. */

import type { AnswerPrompt, Prompt } from '../../../text/prompt.ts'
import type { GenerationOptions } from '../../../contract/types.ts'

const DESCRIBE = 'Describe this picture in one or two short sentences.'

type Part =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string } }

export type ChatMessage = {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string | readonly Part[]
}

/**
 * The conversation: its pictures stand before the first question, a system text before all.
 *
 * @param pictures as data URIs.
 */
export function chatMessages(prompt: Prompt, pictures: readonly string[]): ChatMessage[] {
  const { question, history } = conversationOf(prompt)
  const [first, ...rest] = [
    ...history.flatMap(({ question: asked, answer }): ChatMessage[] => [
      { role: 'user', content: asked },
      { role: 'assistant', content: answer },
    ]),
    { role: 'user', content: question } as const,
  ]
  const text = typeof first.content === 'string' ? first.content : ''
  const images = pictures.map((url): Part => ({ type: 'image_url', image_url: { url } }))
  const system = prompt.kind === 'raw' ? undefined : prompt.system
  return [
    ...(system ? [{ role: 'system', content: system } as const] : []),
    { role: 'user', content: [...images, { type: 'text', text }] },
    ...rest,
  ]
}

function conversationOf(
  prompt: Prompt,
): Pick<Extract<Prompt, { kind: 'ask' }>, 'question' | 'history'> {
  switch (prompt.kind) {
    case 'ask':
      return prompt
    case 'raw':
      return { question: prompt.text, history: [] }
    default:
      return { question: prompt.text ?? DESCRIBE, history: [] }
  }
}

/** A question with the answers that it may have, for a model that is not told them otherwise. */
export function withAnswers(prompt: AnswerPrompt, answers: readonly string[]): AnswerPrompt {
  if (answers.length < 2) {
    return prompt
  }
  const hint = ` Answer with one of these, and nothing else: ${answers.join(', ')}.`
  return prompt.kind === 'raw'
    ? { kind: 'raw', text: `${prompt.text}${hint}` }
    : { ...prompt, question: `${prompt.question}${hint}` }
}

/**
 * The options that OpenAI's API has. Beams, length penalties and the like are those of models that are
 * open here; a chat model is asked for its likeliest answer, or for a random one.
 *
 * @param maxTokens where the options say no length.
 */
export function chatOptions(options: GenerationOptions, maxTokens: number) {
  const { maxNewTokens, sample = false, temperature, topP, seed, stopStrings } = options
  return {
    max_tokens: maxNewTokens ?? maxTokens,
    temperature: sample ? (temperature ?? 1) : 0,
    ...(sample && topP !== undefined && { top_p: topP }),
    ...(seed !== undefined && { seed }),
    ...(stopStrings !== undefined && stopStrings.length > 0 && { stop: stopStrings }),
  }
}
