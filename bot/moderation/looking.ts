/** Fetches pictures and takes what is compared of them. */

import type { FoundPicture, PictureLink } from '../../commands/command.ts'
import { InputError } from '../../config/errors.ts'
import { type Fingerprint, fingerprintOf } from './phash.ts'

/** Pictures of one message that are looked at; Discord takes ten attachments. */
export const MAX_PICTURES = 10

export type FetchLink = (link: PictureLink, signal?: AbortSignal) => Promise<Uint8Array>

/** A picture that can be compared. */
export type Looked = { readonly bytes: Uint8Array; readonly print: Fingerprint }

/** @returns those of the pictures that can be fetched, read and compared; the first ten at most. */
export async function lookAt(
  pictures: readonly FoundPicture[],
  fetchPicture: FetchLink,
): Promise<Looked[]> {
  const looked = await Promise.all(
    pictures.slice(0, MAX_PICTURES).map(async (picture) => {
      try {
        const bytes = await fetchPicture(picture)
        const print = await fingerprintOf(bytes)
        return print && { bytes, print }
      } catch (error) {
        if (error instanceof InputError) {
          return null // gone already, or no picture: nobody asked about it
        }
        throw error
      }
    }),
  )
  return looked.filter((one) => one !== null)
}
