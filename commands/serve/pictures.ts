/** Pictures of requests: data URIs, nothing else. */

import { ApiError } from './api-error.ts'

const DATA_URI = /^data:(?<type>image\/[\w.+-]+)?(?:;[\w-]+=[\w.-]+)*;base64,/i
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/

/**
 * The file that a data URI holds. Its type is not believed: the bytes tell.
 *
 * @param param the field of the request, for the error.
 * @throws {ApiError} if it is an address to fetch, or no base64.
 */
export function pictureOf(address: string, param: string): Uint8Array {
  const head = DATA_URI.exec(address)
  if (head === null) {
    throw /^[a-z][a-z0-9+.-]*:/i.test(address) && !/^data:/i.test(address)
      ? new ApiError(
          'This server fetches no pictures. Send the file itself, as a data URI: data:image/png;base64,…',
          { code: 'remote_image', param },
        )
      : new ApiError('The picture is not a data URI with base64: data:image/png;base64,…', {
          code: 'invalid_image',
          param,
        })
  }
  const encoded = address.slice(head[0].length)
  if (!BASE64.test(encoded)) {
    throw new ApiError('The picture is not valid base64.', { code: 'invalid_image', param })
  }
  return Buffer.from(encoded, 'base64')
}
