/** A reference to a picture on Discord: its link, its name and where it was posted. */

import { z } from 'zod'

/** Link to a picture's file, and its size in bytes according to Discord (0: unknown). */
export type PictureLink = {
  readonly url: string
  readonly size: number
  /** `file`: it may not be a picture. */
  readonly kind?: 'file'
}

export const foundPictureSchema = z.object({
  /** Identifies the picture within its message. Stays the same when its links are renewed. */
  key: z.string(),
  url: z.string(),
  size: z.number(),
  name: z.string(),
  spoiler: z.boolean(),
  /** The author's alternative text. */
  altText: z.string().nullable(),
  /** The message with the picture; null for an attachment of a command. */
  source: z
    .object({ channelId: z.string(), messageId: z.string(), authorId: z.string() })
    .readonly()
    .nullable(),
})

/** A picture in a message, or an attachment of a command. */
export type FoundPicture = PictureLink & Readonly<z.infer<typeof foundPictureSchema>>
