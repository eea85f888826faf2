/** One request to the REST API and its response, for whoever watches the sandbox: its tests. */

import type { IncomingHttpHeaders } from 'node:http'

/** What went over the wire, whether it was accepted or refused. */
export type Exchange = {
  readonly method: string
  /** Below the API's version, without the query: `/channels/1/messages`. */
  readonly path: string
  readonly query: URLSearchParams
  readonly requestHeaders: IncomingHttpHeaders
  /** False when the refusal came before the body was looked at, as for a wrong token. */
  readonly requestWasRead: boolean
  /** Parsed JSON, or a form's `payload_json`; undefined when there was none. */
  readonly requestBody: unknown
  /** The numbers of a form's files: `files[0]` is `0`. */
  readonly fileNumbers: readonly string[]
  readonly status: number
  readonly responseBody: unknown
}
