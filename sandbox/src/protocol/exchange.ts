/** One request to the REST API and its response, for tests that observe the sandbox. */

import type { IncomingHttpHeaders } from 'node:http'

/** A request and its response, successful or not. */
export type Exchange = {
  readonly method: string
  /** Without the API's prefix and version, and without the query: `/channels/1/messages`. */
  readonly path: string
  readonly query: URLSearchParams
  readonly requestHeaders: IncomingHttpHeaders
  /** False if the request was rejected before its body was read, as for a wrong token. */
  readonly requestWasRead: boolean
  /** Parsed JSON, or a form's `payload_json`; undefined when there was none. */
  readonly requestBody: unknown
  /** The numbers of a form's files: `files[0]` is `0`. */
  readonly fileNumbers: readonly string[]
  readonly status: number
  readonly responseBody: unknown
}
