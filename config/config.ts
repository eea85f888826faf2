/**
 * The settings of the whole program, read once from the environment by an entry point.
 *
 * `readConfig` is pure: nothing else reads environment variables, and nothing is read at import.
 */

import { environment, type LOG_LEVELS, type PROVIDERS } from './environment.ts'
import { ConfigError } from './errors.ts'

const HOUR_MS = 60 * 60 * 1000
const MIB = 1024 * 1024

/** Where the loopback Discord is kept unless the operator says otherwise; git ignores the folder. */
export const SANDBOX_STATE = 'data/loopback/discord'
/** A value of SANDBOX_STATE: nothing is kept. */
const IN_MEMORY = 'memory'

export type Config = {
  /** Absent: the bot runs against the loopback Discord. */
  readonly discordToken?: string
  /** Port of the loopback Discord. Absent: its usual one or, where that is taken, a free one. */
  readonly sandboxPort?: number
  /** File that keeps what is in the loopback Discord. Absent: it begins anew at each start. */
  readonly sandboxState?: string
  /** Name or folder of the model package; see config/models.ts. */
  readonly model: string
  /** A folder whose subfolders are model packages, searched before `models/`. */
  readonly modelsFolder?: string
  /** Threads that one run of the model uses. Absent: as many as the machine has. */
  readonly threads?: number
  /** Where the model runs. */
  readonly provider: (typeof PROVIDERS)[number]
  /** Saves the package's weights as this processor takes them, unless that was done. */
  readonly prepare: boolean
  /** Answers that are written at once; absent: as the engine has it. */
  readonly rows?: number
  /** Memory for the keys and values of finished answers; absent: as the engine has it. */
  readonly conversationBytes?: number
  /** Memory for what was computed from pictures; absent: as the engine has it. */
  readonly imageCacheBytes?: number
  /** Larger image files and larger images are refused; absent: the decoder's own limits. */
  readonly imageLimits: { readonly maxBytes?: number; readonly maxPixels?: number }
  /** What keeps the bot's memory. */
  readonly store: {
    /** As bot/store.ts takes it; may hold a password. */
    readonly url: string
    /** 32 bytes each, the one that writes first; never to be printed. Empty: not encrypted. */
    readonly keys: readonly Uint8Array[]
  }
  /** How the bot runs on Discord. */
  readonly bot: {
    /** Base of the REST API; absent: Discord's own, or the loopback Discord's. */
    readonly api?: string
    /** Commands are registered in this server only; absent: everywhere. */
    readonly guild?: string
    readonly shards: number | 'auto'
    /** Requests that may wait for the model. */
    readonly queue: number
    /** Conversations end so long after their last use, at most; milliseconds. */
    readonly retentionMs: number
    /** How long a stopping bot finishes what runs; milliseconds. */
    readonly stopLimitMs: number
  }
  readonly logLevel: (typeof LOG_LEVELS)[number]
  /** Where metrics and health are served; absent: nowhere. */
  readonly operations?: { readonly host: string; readonly port: number }
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
  const sandboxState = sandboxStateOf(values)
  return {
    model: values.SIGHTSEER_MODEL ?? 'demo',
    ...(values.DISCORD_TOKEN !== undefined && { discordToken: values.DISCORD_TOKEN }),
    ...(values.SANDBOX_PORT !== undefined && { sandboxPort: values.SANDBOX_PORT }),
    ...(sandboxState !== undefined && { sandboxState }),
    ...(values.SIGHTSEER_MODELS !== undefined && { modelsFolder: values.SIGHTSEER_MODELS }),
    ...(values.SIGHTSEER_THREADS !== undefined && { threads: values.SIGHTSEER_THREADS }),
    provider: values.PROVIDER ?? 'cpu',
    prepare: values.SIGHTSEER_PREPARE === 'yes',
    ...(values.SIGHTSEER_ROWS !== undefined && { rows: values.SIGHTSEER_ROWS }),
    ...(values.SIGHTSEER_CONVERSATION_MIB !== undefined && {
      conversationBytes: values.SIGHTSEER_CONVERSATION_MIB * MIB,
    }),
    ...(values.SIGHTSEER_IMAGE_CACHE_MIB !== undefined && {
      imageCacheBytes: values.SIGHTSEER_IMAGE_CACHE_MIB * MIB,
    }),
    imageLimits: {
      ...(values.SIGHTSEER_MAX_IMAGE_BYTES !== undefined && {
        maxBytes: values.SIGHTSEER_MAX_IMAGE_BYTES,
      }),
      ...(values.SIGHTSEER_MAX_IMAGE_PIXELS !== undefined && {
        maxPixels: values.SIGHTSEER_MAX_IMAGE_PIXELS,
      }),
    },
    store: {
      url: values.SIGHTSEER_STORE ?? defaultStore(values.DISCORD_TOKEN, sandboxState),
      keys: values.SIGHTSEER_STORE_KEY,
    },
    bot: {
      ...(values.DISCORD_API !== undefined && { api: values.DISCORD_API }),
      ...(values.SIGHTSEER_GUILD !== undefined && { guild: values.SIGHTSEER_GUILD }),
      shards: values.SHARDS,
      queue: values.SIGHTSEER_QUEUE ?? 64,
      retentionMs: (values.SIGHTSEER_RETENTION_HOURS ?? 24) * HOUR_MS,
      stopLimitMs: (values.SIGHTSEER_STOP_SECONDS ?? 20) * 1000,
    },
    logLevel: values.LOG_LEVEL ?? 'info',
    ...(values.SIGHTSEER_OPERATIONS_PORT !== undefined && {
      operations: {
        host: values.SIGHTSEER_OPERATIONS_HOST ?? '127.0.0.1',
        port: values.SIGHTSEER_OPERATIONS_PORT,
      },
    }),
    hub: {
      endpoint: values.HF_ENDPOINT,
      token: values.HF_TOKEN,
      proxies: { http: values.HTTP_PROXY, https: values.HTTPS_PROXY, none: values.NO_PROXY },
    },
  }
}

/** The file of the loopback Discord; undefined where there is none, or nothing is kept. */
function sandboxStateOf(values: {
  readonly DISCORD_TOKEN?: string | undefined
  readonly SANDBOX_STATE?: string | undefined
}): string | undefined {
  const file = values.SANDBOX_STATE ?? SANDBOX_STATE
  return values.DISCORD_TOKEN !== undefined || file === IN_MEMORY ? undefined : file
}

/** What was said is kept as long as where it was said. */
function defaultStore(token: string | undefined, sandboxState: string | undefined): string {
  if (token !== undefined) {
    return 'sqlite:data/sightseer.sqlite'
  }
  return sandboxState === undefined ? 'memory:' : `sqlite:${sandboxState}.bot`
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
