/** The requests that a server of any make can carry out. */

import type { Call, RequestOf } from '../../backend.ts'
import type { EngineResult } from '../../../contract/requests.ts'
import { askChat, type ChatOffer } from './chat-host.ts'
import { scoreByChat } from './chat-score.ts'
import type { Host } from '../hosts.ts'
import type { HttpClient } from '../http.ts'

/** What needs such a server; a picture is encoded with each request there. */
export type ChatRequest = RequestOf<'generate' | 'score'>

/** @param pictures as data URIs. @throws {HostError} if the host fails. */
export function submitToChat(
  host: Host<ChatOffer>,
  sending: { readonly client: HttpClient; readonly silenceMs: number },
  asked: {
    readonly request: ChatRequest
    readonly pictures: readonly string[]
    readonly call: Call
  },
  signal: AbortSignal,
): Promise<EngineResult> {
  const { request, pictures, call } = asked
  if (request.kind === 'score') {
    const { prompt, answers } = request
    return scoreByChat(host, { ...sending, signal }, { prompt, answers, pictures })
  }
  const { prompt, options } = request
  return askChat(host, sending, { prompt, options, pictures, onStep: call.onStep }, signal)
}
