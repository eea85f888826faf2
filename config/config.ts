/**
 * The settings of the whole program, read once from the environment by an entry point.
 *
 * `readConfig` is pure: nothing else reads environment variables, and nothing is read at import.
 */

import { z } from 'zod'
import { ConfigError } from './errors.ts'

const MIB = 1024 * 1024
const PUBLIC_HUB = 'https://huggingface.co'

/** An unset variable and an empty one mean the same: `.env.example` has them empty. */
const text = z
  .string()
  .trim()
  .optional()
  .transform((value) => value || undefined)

function wholeNumber(least: number, most: number) {
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

/** An address with an optional path, without a slash at the end. */
const hubAddress = text.transform((value, context) => {
  const address = (value ?? PUBLIC_HUB).replace(/\/+$/, '')
  const url = URL.parse(address)
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    context.addIssue({ code: 'custom', message: `must be an address such as ${PUBLIC_HUB}` })
  } else if (url.username !== '' || url.password !== '') {
    context.addIssue({ code: 'custom', message: 'must not hold a password; that is HF_TOKEN' })
  }
  return address
})

const hubToken = text.refine((value) => value === undefined || /^[\x21-\x7e]+$/.test(value), {
  message: 'holds characters that no token has',
})

const environment = z.object({
  DISCORD_TOKEN: text,
  SANDBOX_PORT: wholeNumber(1, 65_535),
  SIGHTSEER_MODEL: text,
  SIGHTSEER_MODELS: text,
  HF_ENDPOINT: hubAddress,
  HF_TOKEN: hubToken,
  HTTP_PROXY: text,
  HTTPS_PROXY: text,
  NO_PROXY: text,
  SIGHTSEER_THREADS: wholeNumber(1, 256),
  SIGHTSEER_MAX_IMAGE_BYTES: wholeNumber(1, 1024 * MIB),
  SIGHTSEER_MAX_IMAGE_PIXELS: wholeNumber(1, 1_000_000_000),
})

export type Config = {
  /** Absent: the bot runs against the loopback Discord. */
  readonly discordToken?: string
  /** Port of the loopback Discord. Absent: a free one. */
  readonly sandboxPort?: number
  /** Name or folder of the model package; see config/models.ts. */
  readonly model: string
  /** A folder whose subfolders are model packages, searched before `models/`. */
  readonly modelsFolder?: string
  /** Threads that one run of the model uses. Absent: as many as the machine has. */
  readonly threads?: number
  /** Larger image files and larger images are refused; absent: the decoder's own limits. */
  readonly imageLimits: { readonly maxBytes?: number; readonly maxPixels?: number }
  /** Where `pull` downloads from. */
  readonly hub: {
    /** Origin and path prefix, without a slash at the end. */
    readonly endpoint: string
    /** Never to be printed. */
    readonly token: string | undefined
    /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
    readonly proxies: Readonly<Record<'http' | 'https' | 'none', string | undefined>>
  }
}

/**
 * Reads and checks the settings.
 *
 * @throws {ConfigError} listing every variable that is wrong.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const result = environment.safeParse(withLowerCaseProxies(env))
  if (!result.success) {
    throw new ConfigError(
      result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}.`),
    )
  }
  const values = result.data
  return {
    model: values.SIGHTSEER_MODEL ?? 'demo',
    ...(values.DISCORD_TOKEN !== undefined && { discordToken: values.DISCORD_TOKEN }),
    ...(values.SANDBOX_PORT !== undefined && { sandboxPort: values.SANDBOX_PORT }),
    ...(values.SIGHTSEER_MODELS !== undefined && { modelsFolder: values.SIGHTSEER_MODELS }),
    ...(values.SIGHTSEER_THREADS !== undefined && { threads: values.SIGHTSEER_THREADS }),
    imageLimits: {
      ...(values.SIGHTSEER_MAX_IMAGE_BYTES !== undefined && {
        maxBytes: values.SIGHTSEER_MAX_IMAGE_BYTES,
      }),
      ...(values.SIGHTSEER_MAX_IMAGE_PIXELS !== undefined && {
        maxPixels: values.SIGHTSEER_MAX_IMAGE_PIXELS,
      }),
    },
    hub: {
      endpoint: values.HF_ENDPOINT,
      token: values.HF_TOKEN,
      proxies: { http: values.HTTP_PROXY, https: values.HTTPS_PROXY, none: values.NO_PROXY },
    },
  }
}

/** Programs read proxies in either case, the lower one first. */
function withLowerCaseProxies(env: Readonly<Record<string, string | undefined>>) {
  const { http_proxy: http, https_proxy: https, no_proxy: none } = env
  return {
    ...env,
    HTTP_PROXY: http ?? env.HTTP_PROXY,
    HTTPS_PROXY: https ?? env.HTTPS_PROXY,
    NO_PROXY: none ?? env.NO_PROXY,
  }
}
