/**
 * The settings of the whole program, read once from the environment by an entry point.
 *
 * `readConfig` is pure: nothing else reads environment variables, and nothing is read at import.
 */

import { isServed, serverAddresses } from './addresses.ts'
import { HOUR_MS } from './durations.ts'
import {
  type DETAILS,
  environment,
  type LOG_LEVELS,
  type PROVIDERS,
  RENAMED_SETTINGS,
} from './environment.ts'
import { ConfigError } from './errors.ts'
import { type HubPaths, hubPaths } from './hub.ts'
import { matcherBeside } from './models.ts'
import { nearestName } from './nearest.ts'
import { type Shards, shardsOf } from './shards.ts'

const MIB = 1024 * 1024
const PREFIX = 'SIGHTSEER_'
const SILENCE_SECONDS = 60
/** Variables of the tests and CI. */
const OTHERS: ReadonlySet<string> = new Set(['SIGHTSEER_CI'])

/** Default file of the loopback Discord's state; git ignores the folder. */
export const SANDBOX_STATE = 'data/loopback/discord'
/** A value of SANDBOX_STATE: no file. */
const IN_MEMORY = 'memory'
/** A value of SIGHTSEER_MATCHER: none, not even that of a shipped model. */
const NO_MATCHER = 'none'

/** Servers that have the model. */
export type Servers = {
  /** Each with its key, if it has one; never print that. */
  readonly addresses: readonly { readonly base: string; readonly key: string | undefined }[]
  /** Name of the model there; undefined: the first that takes pictures. */
  readonly model: string | undefined
  /** How long one may be silent with a request; milliseconds. */
  readonly silenceMs: number
}

export type Config = {
  /** Undefined: the bot runs against the loopback Discord. */
  readonly discordToken: string | undefined
  /** Port of the loopback Discord. Undefined: its default port, or a free one if that is taken. */
  readonly sandboxPort: number | undefined
  /** File with the state of the loopback Discord. Undefined: it starts empty each time. */
  readonly sandboxState: string | undefined
  /** Name or folder of the model package, or addresses of servers or of a queue; see config/models.ts. */
  readonly model: string
  /** The servers that `model` names; undefined: it names a package. */
  readonly servers: Servers | undefined
  /** A folder whose subfolders are model packages, searched before `models/`. */
  readonly modelsFolder: string | undefined
  /** Name or folder of the package of the text reader. */
  readonly reader: string
  /** Name or folder of the package that compares pictures with texts; undefined: none but the model. */
  readonly matcher: string | undefined
  /** Whether a setting says so; otherwise it is the one that is shipped beside the model. */
  readonly isMatcherSet: boolean
  /** What the model is told before each description and question; undefined: nothing. */
  readonly systemPrompt: string | undefined
  /** How much of a picture's detail the bot's model sees, where that is a choice. */
  readonly detail: (typeof DETAILS)[number]
  /** Threads of one run of the model. Undefined: all that the machine has. */
  readonly threads: number | undefined
  /** Where the model runs. */
  readonly provider: (typeof PROVIDERS)[number]
  /** Saves the model's weights in the layout of this processor, unless they are saved already. */
  readonly prepare: boolean
  /** Sequences that are decoded at once, each beam counting as one; undefined: the engine's default. */
  readonly maxSequences: number | undefined
  /** Memory for the keys and values of finished answers; undefined: the engine's default. */
  readonly conversationBytes: number | undefined
  /** Memory for image features; undefined: the engine's default. */
  readonly imageCacheBytes: number | undefined
  /** Larger image files and larger images are refused; absent: the decoder's defaults. */
  readonly imageLimits: { readonly maxBytes?: number; readonly maxPixels?: number }
  /** Redis whose requests a worker carries out; may contain a password. */
  readonly workerQueue: string
  /** The bot's database. */
  readonly store: {
    /** As bot/store/store.ts takes it; may contain a password. */
    readonly url: string
    /** 32 bytes each; the first one encrypts. Never print them. Empty: not encrypted. */
    readonly keys: readonly Uint8Array[]
  }
  /** How the bot runs on Discord. */
  readonly bot: {
    /** Base of the REST API; undefined: Discord's own, or the loopback Discord's. */
    readonly api: string | undefined
    /** Commands are registered in this server only; undefined: everywhere. */
    readonly guild: string | undefined
    readonly shards: Shards
    /** Requests that may wait for the model; undefined: the engine's default. */
    readonly queue: number | undefined
    /** Conversations expire this long after their last use, or earlier; milliseconds. */
    readonly retentionMs: number
    /** How long a stopping bot waits for running work; milliseconds. */
    readonly stopLimitMs: number
  }
  readonly logLevel: (typeof LOG_LEVELS)[number]
  /** Where metrics and health are served; undefined: nowhere. */
  readonly operations: { readonly host: string; readonly port: number } | undefined
  /** Where `pull` downloads from. */
  readonly hub: HubPaths & {
    /** Origin and path prefix, without a slash at the end. */
    readonly endpoint: string
    /** Never print it. Undefined: the one in `tokenFile`, if there is one. */
    readonly token: string | undefined
    /** Whether `pull` uses no network. */
    readonly offline: boolean
    /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
    readonly proxies: Readonly<Record<'http' | 'https' | 'none', string | undefined>>
  }
  /** Settings that were read under their old names. */
  readonly renamed: readonly { readonly from: string; readonly to: string }[]
}

/**
 * Reads and checks the settings.
 *
 * @throws {ConfigError} listing every variable that is wrong.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const renamed = settingsUnderOldNames(env)
  const values = checked(env, renamed)
  const sandboxState = sandboxStateOf(values)
  const model = values.SIGHTSEER_MODEL ?? 'demo'
  return {
    model,
    servers: serversOf(values),
    discordToken: values.DISCORD_TOKEN,
    sandboxPort: values.SANDBOX_PORT,
    sandboxState,
    modelsFolder: values.SIGHTSEER_MODELS,
    reader: values.SIGHTSEER_READER ?? 'ocr',
    matcher: matcherOf(values, model),
    isMatcherSet: values.SIGHTSEER_MATCHER !== undefined,
    systemPrompt: values.SIGHTSEER_SYSTEM_PROMPT,
    detail: values.SIGHTSEER_DETAIL ?? 'auto',
    threads: values.SIGHTSEER_THREADS,
    provider: values.PROVIDER ?? 'cpu',
    prepare: values.SIGHTSEER_PREPARE === 'yes',
    maxSequences: values.SIGHTSEER_MAX_SEQUENCES,
    conversationBytes: bytesOf(values.SIGHTSEER_CONVERSATION_MIB),
    imageCacheBytes: bytesOf(values.SIGHTSEER_IMAGE_CACHE_MIB),
    imageLimits: imageLimitsOf(values),
    workerQueue: values.SIGHTSEER_WORKER_QUEUE ?? 'redis://127.0.0.1:6379',
    store: {
      url: values.SIGHTSEER_STORE ?? defaultStore(values.DISCORD_TOKEN, sandboxState),
      keys: values.SIGHTSEER_STORE_KEY,
    },
    bot: {
      api: values.DISCORD_API,
      guild: values.SIGHTSEER_GUILD,
      shards: shardsOf(values.SHARDS, values.SHARD_IDS),
      queue: values.SIGHTSEER_QUEUE,
      retentionMs: (values.SIGHTSEER_RETENTION_HOURS ?? 24) * HOUR_MS,
      stopLimitMs: (values.SIGHTSEER_STOP_SECONDS ?? 20) * 1000,
    },
    logLevel: values.LOG_LEVEL ?? 'info',
    operations: values.SIGHTSEER_OPERATIONS_PORT
      ? {
          host: values.SIGHTSEER_OPERATIONS_HOST ?? '127.0.0.1',
          port: values.SIGHTSEER_OPERATIONS_PORT,
        }
      : undefined,
    hub: {
      endpoint: values.HF_ENDPOINT,
      token: values.HF_TOKEN,
      offline: values.HF_HUB_OFFLINE,
      ...hubPaths(env),
      proxies: { http: values.HTTP_PROXY, https: values.HTTPS_PROXY, none: values.NO_PROXY },
    },
    renamed,
  }
}

/**
 * Variables that are no settings but seem to be meant as such: with the program's prefix, or in .env.
 * A misspelt one would have no effect, and nobody would know.
 *
 * @param inFile the names in .env.
 * @returns each with the setting that was probably meant.
 */
export function unknownSettings(
  env: Readonly<Record<string, string | undefined>>,
  inFile: readonly string[] = [],
): { readonly name: string; readonly nearest: string | undefined }[] {
  const known = [...Object.keys(environment.shape), ...Object.keys(RENAMED_SETTINGS)]
  const names = new Set([...inFile, ...Object.keys(env).filter((name) => name.startsWith(PREFIX))])
  return [...names]
    .filter((name) => !known.includes(name) && !OTHERS.has(name))
    .map((name) => ({ name, nearest: nearestName(name, known) }))
}

/** Settings whose old name is set and whose new one is not. */
function settingsUnderOldNames(env: Readonly<Record<string, string | undefined>>) {
  return Object.entries(RENAMED_SETTINGS)
    .map(([from, to]) => ({ from, to }))
    .filter(({ from, to }) => env[from] && !env[to])
}

function checked(env: Readonly<Record<string, string | undefined>>, renamed: Config['renamed']) {
  const underNewNames = Object.fromEntries(renamed.map(({ from, to }) => [to, env[from]]))
  const result = environment.safeParse({ ...withLowerCaseProxies(env), ...underNewNames })
  if (result.success) {
    return result.data
  }
  throw new ConfigError(
    result.error.issues.map(({ path, message }) => {
      const name = path.join('.')
      return `${renamed.find(({ to }) => to === name)?.from ?? name} ${message}.`
    }),
  )
}

/** @throws {ConfigError} if there are several keys, but not one for each address. */
function serversOf(values: {
  readonly SIGHTSEER_MODEL?: string | undefined
  readonly SIGHTSEER_MODEL_KEY: readonly string[]
  readonly SIGHTSEER_MODEL_NAME?: string | undefined
  readonly SIGHTSEER_MODEL_SECONDS?: number | undefined
}): Servers | undefined {
  const { SIGHTSEER_MODEL: model = '', SIGHTSEER_MODEL_KEY: keys } = values
  const addresses = isServed(model) ? serverAddresses(model) : []
  if (typeof addresses === 'string' || addresses.length === 0) {
    return undefined
  }
  if (keys.length > 1 && keys.length !== addresses.length) {
    throw new ConfigError([
      `SIGHTSEER_MODEL_KEY has ${keys.length} keys for ${addresses.length} addresses.`,
    ])
  }
  return {
    addresses: addresses.map((base, i) => ({ base, key: keys.length === 1 ? keys[0] : keys[i] })),
    model: values.SIGHTSEER_MODEL_NAME,
    silenceMs: (values.SIGHTSEER_MODEL_SECONDS ?? SILENCE_SECONDS) * 1000,
  }
}

function bytesOf(mebibytes: number | undefined): number | undefined {
  return mebibytes === undefined ? undefined : mebibytes * MIB
}

function imageLimitsOf({
  SIGHTSEER_MAX_IMAGE_BYTES: maxBytes,
  SIGHTSEER_MAX_IMAGE_PIXELS: maxPixels,
}: {
  readonly SIGHTSEER_MAX_IMAGE_BYTES?: number | undefined
  readonly SIGHTSEER_MAX_IMAGE_PIXELS?: number | undefined
}): Config['imageLimits'] {
  return {
    ...(maxBytes !== undefined && { maxBytes }),
    ...(maxPixels !== undefined && { maxPixels }),
  }
}

function matcherOf(
  { SIGHTSEER_MATCHER: name }: { readonly SIGHTSEER_MATCHER?: string | undefined },
  model: string,
): string | undefined {
  return name === NO_MATCHER ? undefined : (name ?? matcherBeside(model))
}

/** File of the loopback Discord; undefined if there is no loopback Discord, or it has no file. */
function sandboxStateOf(values: {
  readonly DISCORD_TOKEN?: string | undefined
  readonly SANDBOX_STATE?: string | undefined
}): string | undefined {
  const file = values.SANDBOX_STATE ?? SANDBOX_STATE
  return values.DISCORD_TOKEN !== undefined || file === IN_MEMORY ? undefined : file
}

/** The bot's default database lasts as long as the Discord that it runs on. */
function defaultStore(token: string | undefined, sandboxState: string | undefined): string {
  if (token !== undefined) {
    return 'sqlite:data/sightseer.sqlite'
  }
  return sandboxState === undefined ? 'memory:' : `sqlite:${sandboxState}.bot`
}

/** Programs read these variables in lower and upper case; lower case wins. */
function withLowerCaseProxies(env: Readonly<Record<string, string | undefined>>) {
  const { http_proxy: http, https_proxy: https, no_proxy: none } = env
  return {
    ...env,
    HTTP_PROXY: http ?? env.HTTP_PROXY,
    HTTPS_PROXY: https ?? env.HTTPS_PROXY,
    NO_PROXY: none ?? env.NO_PROXY,
  }
}
