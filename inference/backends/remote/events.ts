/** Reads server-sent events. */

import { createParser } from 'eventsource-parser'
import { HostError } from './host-error.ts'
import { connectionError, type HostAnswer } from './http.ts'

/** Of one event. */
const MAX_EVENT_CHARACTERS = 8 * 2 ** 20
/** Of a whole stream. */
const MAX_STREAM_BYTES = 64 * 2 ** 20

/**
 * The data of each event, in order, until the stream ends. Whoever stops early closes the connection.
 *
 * @throws {HostError} `unreachable` if the connection breaks or the answer is no such stream.
 * @throws the signal's reason once it is aborted.
 */
export async function* eventsOf(
  base: string,
  { contentType, body }: HostAnswer,
  signal: AbortSignal,
): AsyncGenerator<string, void, void> {
  if (!/^text\/event-stream\b/i.test(contentType)) {
    body.destroy()
    const type = contentType === '' ? 'nothing that says its type' : contentType
    throw new HostError('unreachable', `${base} answered with ${type} instead of a stream`)
  }
  const ready: string[] = []
  let overlong = false
  const parser = createParser({
    onEvent: ({ data }) => ready.push(data),
    maxBufferSize: MAX_EVENT_CHARACTERS,
    onError: ({ type }) => {
      overlong ||= type === 'max-buffer-size-exceeded'
    },
  })
  const decoder = new TextDecoder()
  let length = 0
  try {
    for await (const piece of body) {
      const bytes = Buffer.from(piece)
      length += bytes.length
      parser.feed(decoder.decode(bytes, { stream: true }))
      if (overlong || length > MAX_STREAM_BYTES) {
        throw new HostError('unreachable', `${base} sends an answer that is too long`)
      }
      yield* ready.splice(0)
    }
  } catch (cause) {
    throw cause instanceof HostError ? cause : connectionError(base, cause, signal)
  } finally {
    body.destroy()
  }
}
