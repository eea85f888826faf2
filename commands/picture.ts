/** A picture on Discord, as commands name it and the bot keeps it. */

import { z } from 'zod'

/** Where its bytes are, and how many Discord says there are (0: unknown). */
export type PictureLink = {
  readonly url: string
  readonly size: number
  /** `file`: it need not be a picture. */
  readonly kind?: 'file'
}

export const foundPictureSchema = z.object({
  /** Names the picture within its message, also after its links were renewed. */
  key: z.string(),
  url: z.string(),
  size: z.number(),
  name: z.string(),
  spoiler: z.boolean(),
  /** What its author wrote as alternative text. */
  altText: z.string().nullable(),
  /** The message it is in; null for a picture that came with a command. */
  source: z
    .object({ channelId: z.string(), messageId: z.string(), authorId: z.string() })
    .readonly()
    .nullable(),
})

/** A picture found in a message, or given with a command. */
export type FoundPicture = PictureLink & Readonly<z.infer<typeof foundPictureSchema>>
