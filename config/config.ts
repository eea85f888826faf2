/**
 * The settings of the whole program, read once from the environment by an entry point.
 *
 * `readConfig` is pure: nothing else reads environment variables, and nothing is read at import.
 */

import { z } from 'zod'
import { ConfigError } from './errors.ts'

const MIB = 1024 * 1024

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

const environment = z.object({
  DISCORD_TOKEN: text,
  SIGHTSEER_MODEL: text,
  SIGHTSEER_MODELS: text,
  SIGHTSEER_THREADS: wholeNumber(1, 256),
  SIGHTSEER_MAX_IMAGE_BYTES: wholeNumber(1, 1024 * MIB),
  SIGHTSEER_MAX_IMAGE_PIXELS: wholeNumber(1, 1_000_000_000),
})

export type Config = {
  /** Absent: the bot runs against the loopback Discord. */
  readonly discordToken?: string
  /** Name or folder of the model package; see config/models.ts. */
  readonly model: string
  /** A folder whose subfolders are model packages, searched before `models/`. */
  readonly modelsFolder?: string
  /** Threads that one run of the model uses. Absent: as many as the machine has. */
  readonly threads?: number
  /** Larger image files and larger images are refused; absent: the decoder's own limits. */
  readonly imageLimits: { readonly maxBytes?: number; readonly maxPixels?: number }
}

/**
 * Reads and checks the settings.
 *
 * @throws {ConfigError} listing every variable that is wrong.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const result = environment.safeParse(env)
  if (!result.success) {
    throw new ConfigError(
      result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}.`),
    )
  }
  const values = result.data
  return {
    model: values.SIGHTSEER_MODEL ?? 'demo',
    ...(values.DISCORD_TOKEN !== undefined && { discordToken: values.DISCORD_TOKEN }),
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
  }
}
