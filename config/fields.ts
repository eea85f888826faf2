/** Schemas of single environment variables. */

import { z } from 'zod'
import { isServed, serverAddresses } from './addresses.ts'

const KEY_BYTES = 32
const PUBLIC_HUB = 'https://huggingface.co'

/** An empty variable counts as unset, as in `.env.example`. */
export const text = z
  .string()
  .trim()
  .optional()
  .transform((value) => value || undefined)

/** @param most its length, in UTF-16 units. */
export function textWithin(most: number) {
  return text.refine((value) => value === undefined || value.length <= most, {
    message: `must have at most ${most} characters`,
  })
}

export function wholeNumber(least: number, most: number) {
  const sentence = `must be a whole number from ${least} to ${most}`
  return text.transform((value, context) => {
    const number = Number(value ?? least)
    if (!Number.isSafeInteger(number) || number < least || number > most) {
      context.addIssue({ code: 'custom', message: sentence })
      return z.NEVER
    }
    return value === undefined ? undefined : number
  })
}

export function oneOf<const T extends string>(values: readonly T[]) {
  const sentence = `must be one of ${values.join(', ')}`
  return text.transform((value, context) => {
    const known = values.find((one) => one === value)
    if (value !== undefined && known === undefined) {
      context.addIssue({ code: 'custom', message: sentence })
    }
    return known
  })
}

/** A Discord id. */
export const snowflake = text.refine((value) => value === undefined || /^\d{17,20}$/.test(value), {
  message: 'must be an id of 17 to 20 digits (developer mode, right click, Copy ID)',
})

/** A whole number, or `auto`. */
export const shards = text.transform((value, context) => {
  if (value === undefined || value === 'auto') {
    return 'auto' as const
  }
  const number = Number(value)
  if (!Number.isSafeInteger(number) || number < 1 || number > 16_384) {
    context.addIssue({ code: 'custom', message: 'must be auto or a whole number from 1 to 16384' })
  }
  return number
})

/** Address of the database. It may contain a password, so messages do not repeat it. */
export const storeAddress = text.transform((value, context) => {
  const isFile = value !== undefined && /^sqlite:(?!\/\/)./.test(value)
  if (value === undefined || value === 'memory:' || isFile) {
    return value
  }
  const url = URL.parse(value)
  const known = /^(rediss?|postgres(ql)?):$/.test(url?.protocol ?? '')
  if (!known || url?.hostname === '') {
    context.addIssue({
      code: 'custom',
      message: 'must be sqlite:PATH, redis://HOST, postgres://HOST/DATABASE or memory:',
    })
  }
  return value
})

/** Address of a Redis. It may contain a password, so messages do not repeat it. */
export const queueAddress = text.refine(
  (value) => value === undefined || /^rediss?:$/.test(URL.parse(value)?.protocol ?? ''),
  { message: 'must be redis://HOST or rediss://HOST' },
)

/** Keys of 32 bytes in base64 or hexadecimal, separated by commas. */
export const storeKeys = text.transform((value, context) =>
  (value?.split(',') ?? []).map((part, index) => {
    const key = bytesOf(part.trim())
    if (key.length !== KEY_BYTES) {
      const which = index === 0 ? '' : ` (number ${index + 1})`
      const message = `must be ${KEY_BYTES} bytes in base64${which}, as \`openssl rand -base64 32\` prints`
      context.addIssue({ code: 'custom', message })
    }
    return key
  }),
)

/** A model package, or addresses of servers. */
export const modelName = text.transform((value, context) => {
  const addresses = value !== undefined && isServed(value) ? serverAddresses(value) : []
  if (typeof addresses === 'string') {
    context.addIssue({ code: 'custom', message: addresses })
  }
  return value
})

/** Keys of servers, separated by commas. Messages do not repeat them. */
export const serverKeys = text.transform((value, context) => {
  const keys = value?.split(',').map((key) => key.trim()) ?? []
  if (keys.some((key) => !/^[\x21-\x7e]+$/.test(key))) {
    context.addIssue({ code: 'custom', message: 'has characters that no key has' })
  }
  return keys
})

/** An address with an optional path, without a slash at the end. */
export const hubAddress = text.transform((value, context) => {
  const address = (value ?? PUBLIC_HUB).replace(/\/+$/, '')
  const url = URL.parse(address)
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    context.addIssue({ code: 'custom', message: `must be an address such as ${PUBLIC_HUB}` })
  } else if (url.username !== '' || url.password !== '') {
    context.addIssue({ code: 'custom', message: 'must not hold a password; that is HF_TOKEN' })
  }
  return address
})

/** A switch, with the words that huggingface_hub takes for on. */
export const flag = text.transform((value) => /^(?:1|on|yes|true)$/i.test(value ?? ''))

export const hubToken = text.refine(
  (value) => value === undefined || /^[\x21-\x7e]+$/.test(value),
  {
    message: 'holds characters that no token has',
  },
)

/** Base of a REST API, without a slash at the end. */
export const apiAddress = text.transform((value, context) => {
  const address = value?.replace(/\/+$/, '')
  const url = address === undefined ? undefined : URL.parse(address)
  if (url !== undefined && !/^https?:$/.test(url?.protocol ?? '')) {
    context.addIssue({
      code: 'custom',
      message: 'must be an address such as http://127.0.0.1:8080/api',
    })
  }
  return address
})

function bytesOf(text: string): Uint8Array {
  if (/^[0-9a-f]{64}$/i.test(text)) {
    return Uint8Array.from(Buffer.from(text, 'hex'))
  }
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(text)
    ? Uint8Array.from(Buffer.from(text, 'base64'))
    : new Uint8Array()
}
