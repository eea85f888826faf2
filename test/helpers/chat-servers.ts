/**
 * Servers that answer as others do: the shapes of vLLM, Ollama and LM Studio, field for field, with a
 * scripted text. Sources: vllm-project/vllm, vllm/entrypoints/openai/protocol.py; ollama/ollama,
 * openai/openai.go; LM Studio's documentation, "OpenAI Compatibility API".
 */

import type { ServerResponse } from 'node:http'
import { type Script, sendEvents, sendJson } from './scripted-server.ts'

export type Make = 'vllm' | 'ollama' | 'lm-studio'

export const MAKES: readonly Make[] = ['vllm', 'ollama', 'lm-studio']

const MODELS: Readonly<Record<Make, { readonly id: string } & Readonly<Record<string, unknown>>>> =
  {
    vllm: {
      id: 'Qwen/Qwen2.5-VL-3B-Instruct',
      object: 'model',
      created: 1_760_000_000,
      owned_by: 'vllm',
      root: 'Qwen/Qwen2.5-VL-3B-Instruct',
      parent: null,
      max_model_len: 8192,
      permission: [{ id: 'modelperm-1', object: 'model_permission', allow_logprobs: true }],
    },
    ollama: { id: 'llava:7b', object: 'model', created: 1_760_000_000, owned_by: 'library' },
    'lm-studio': { id: 'qwen2-vl-7b-instruct', object: 'model', owned_by: 'organization_owner' },
  }

/** A piece of a choice, with the other fields that each server has. */
function choiceOf(make: Make, content: string, finish: string | null) {
  const base = { index: 0, finish_reason: finish }
  switch (make) {
    case 'vllm':
      return {
        ...base,
        delta: { content },
        logprobs: null,
        ...(finish !== null && { stop_reason: null }),
      }
    case 'ollama':
      return { ...base, delta: { role: 'assistant', content } }
    default:
      return {
        ...base,
        delta: finish === null ? { role: 'assistant', content } : {},
        logprobs: null,
      }
  }
}

function head(make: Make) {
  const common = { id: 'chatcmpl-1', created: 1_760_000_001, model: MODELS[make].id }
  return make === 'ollama' ? { ...common, system_fingerprint: 'fp_ollama' } : common
}

const USAGE = { prompt_tokens: 610, completion_tokens: 5, total_tokens: 615 }

/** A whole stream with these pieces of text. */
export function streamOf(make: Make, pieces: readonly string[]): unknown[] {
  const chunk = { ...head(make), object: 'chat.completion.chunk' }
  return [
    ...(make === 'vllm'
      ? [{ ...chunk, choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] }]
      : []),
    ...pieces.map((piece) => ({ ...chunk, choices: [choiceOf(make, piece, null)] })),
    { ...chunk, choices: [choiceOf(make, '', 'stop')] },
    { ...chunk, choices: [], usage: USAGE },
    '[DONE]',
  ]
}

type Top = Readonly<Record<string, number>>

/** An answer that is no stream. @param top probabilities of first tokens; null: it tells none. */
function completionOf(make: Make, text: string, top: Top | null) {
  const tokens = Object.entries(top ?? {}).map(([token, probability]) => ({
    token,
    logprob: Math.log(probability),
    bytes: [...Buffer.from(token)],
  }))
  const content = [{ ...tokens[0], top_logprobs: tokens }]
  return {
    ...head(make),
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text },
        logprobs: top === null ? null : { content },
        finish_reason: 'length',
      },
    ],
    usage: USAGE,
    ...(make === 'lm-studio' && { stats: {}, system_fingerprint: 'qwen2-vl' }),
  }
}

/** What a server says. */
export type Saying = {
  readonly pieces?: readonly string[]
  /** Of the first token of an answer that is no stream; null: it tells no probabilities. */
  readonly top?: Top | null
  readonly text?: string
}

export function chatScript(
  make: Make,
  { pieces = ['A red', ' circle.'], top = null, text = 'Yes.' }: Saying = {},
): Script {
  return {
    'GET /v1/models': (response) => {
      sendJson(response, { object: 'list', data: [MODELS[make]] })
    },
    'POST /v1/chat/completions': (response: ServerResponse, { body }) => {
      const { stream } = JSON.parse(body)
      if (stream === true) {
        sendEvents(response, streamOf(make, pieces))
        response.end()
      } else {
        sendJson(response, completionOf(make, text, top))
      }
    },
  }
}
