/**
 * Records as text: JSON with the time of expiry. It is the format of Keyv 6, which earlier versions
 * used: a string that starts with a colon has one more.
 */

import { z } from 'zod'

const schema = z.object({
  value: z.unknown(),
  /** Milliseconds since the epoch. */
  expires: z.number().optional(),
})

/** A record's JSON data and its expiry. */
export type Encoded = z.infer<typeof schema>

export function encode(record: Encoded): string {
  return JSON.stringify(record, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(':') ? `:${value}` : value,
  )
}

/** @throws if the text is damaged. */
export function decode(text: string): Encoded {
  const data: unknown = JSON.parse(text, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(':') ? value.slice(1) : value,
  )
  return schema.parse(data)
}
