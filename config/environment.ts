/** Every variable that Sightseer reads: how, and what a person is told about it. */

import { z } from 'zod'
import {
  apiAddress,
  hubAddress,
  hubToken,
  oneOf,
  shards,
  snowflake,
  storeAddress,
  storeKeys,
  text,
  wholeNumber,
} from './fields.ts'

const MIB = 1024 * 1024

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** Where the model can run; `auto` is a GPU where a fast one is found, else the CPU. */
export const PROVIDERS = ['auto', 'cpu', 'webgpu', 'cuda'] as const

/** Old names of settings, which still work for one release. */
export const RENAMED_SETTINGS = { SIGHTSEER_ROWS: 'SIGHTSEER_MAX_SEQUENCES' } as const

export const environment = z.object({
  DISCORD_TOKEN: text.describe(
    'Token of the Discord bot. Empty: `npm start` runs against its own loopback Discord.',
  ),
  SIGHTSEER_GUILD: snowflake.describe(
    'Id of a server for development: commands are registered there, at once, instead of everywhere.',
  ),
  SHARDS: shards.describe(
    'How many connections to Discord: a number, or auto (default) for what Discord advises.',
  ),
  DISCORD_API: apiAddress.describe(
    'Base of another REST API than Discord’s, such as a loopback Discord of another process.',
  ),
  SANDBOX_PORT: wholeNumber(1, 65_535).describe(
    'Port of the loopback Discord. Default: 4350 or, where that is taken, a free one; with SANDBOX_STATE=memory always a free one.',
  ),
  SANDBOX_STATE: text.describe(
    'File in which the loopback Discord keeps everything from one start to the next, or memory: it begins anew each time. Default: data/loopback/discord.',
  ),

  SIGHTSEER_MODEL: text.describe(
    'The model: a name under models/ (or under SIGHTSEER_MODELS), or the path of a model package. Default: demo.',
  ),
  SIGHTSEER_MODELS: text.describe('Another folder with model packages, searched first.'),
  SIGHTSEER_THREADS: wholeNumber(1, 256).describe(
    'Threads that one run of the model uses. Default: as many as the machine has.',
  ),
  PROVIDER: oneOf(PROVIDERS).describe(
    'Where the model runs: cpu (default), webgpu, cuda, or auto for a GPU where one is faster.',
  ),
  SIGHTSEER_PREPARE: oneOf(['yes', 'no']).describe(
    'yes: at its first start the bot saves the model’s weights as this processor takes them. That takes tens of seconds once, and twice the package on the disk; every later start takes seconds, and bots on one machine share the memory. Default: no.',
  ),
  SIGHTSEER_MAX_SEQUENCES: wholeNumber(1, 256).describe(
    'How many answers are written at once. More are more words a second in all, and more memory: with OPT-2.7b up to 0.2 GB each. Default: 8.',
  ),
  SIGHTSEER_CONVERSATION_MIB: wholeNumber(0, 1024 * 1024).describe(
    'Memory for conversations whose next question is to be answered at once, in MiB; with OPT-2.7b one takes about 40. 0: none. Default: 256.',
  ),
  SIGHTSEER_IMAGE_CACHE_MIB: wholeNumber(0, 1024 * 1024).describe(
    'Memory for what the model computed from pictures, in MiB, so that a picture that is asked about again need not be encoded again; with OPT-2.7b one takes about 0.3. Nothing is kept longer than a day. 0: none. Default: 128.',
  ),
  SIGHTSEER_QUEUE: wholeNumber(1, 100_000).describe(
    'How many requests may wait for the model before people are told to come back. Default: 64.',
  ),
  SIGHTSEER_MAX_IMAGE_BYTES: wholeNumber(1, 1024 * MIB).describe(
    'Larger image files are refused, in bytes. Default: 33554432.',
  ),
  SIGHTSEER_MAX_IMAGE_PIXELS: wholeNumber(1, 1_000_000_000).describe(
    'Larger images are refused, in pixels.',
  ),

  SIGHTSEER_STORE: storeAddress.describe(
    'What is remembered is kept here: sqlite:PATH, redis://HOST, postgres://HOST/DATABASE, or memory: for nothing on disk. Default: sqlite:data/sightseer.sqlite with a DISCORD_TOKEN, else a file beside SANDBOX_STATE, or memory: where that is memory.',
  ),
  SIGHTSEER_STORE_KEY: storeKeys.describe(
    'Encrypts what is kept: 32 bytes in base64 (`openssl rand -base64 32`). Several, separated by commas: the first writes, all read.',
  ),
  SIGHTSEER_RETENTION_HOURS: wholeNumber(1, 720).describe(
    'Conversations are forgotten so long after their last use, at most; a server can choose less. Default: 24.',
  ),

  SIGHTSEER_OPERATIONS_PORT: wholeNumber(1, 65_535).describe(
    'Port of /metrics, /livez and /readyz. Default: none.',
  ),
  SIGHTSEER_OPERATIONS_HOST: text.describe('Where that port listens. Default: 127.0.0.1.'),
  LOG_LEVEL: oneOf(LOG_LEVELS).describe(
    'What is logged: fatal, error, warn, info (default), debug, trace, silent.',
  ),
  SIGHTSEER_STOP_SECONDS: wholeNumber(0, 600).describe(
    'How long a stopping bot finishes answers before it leaves them to the next start. Default: 20.',
  ),

  HF_TOKEN: hubToken.describe('`npm run pull`: token for private and gated models.'),
  HF_ENDPOINT: hubAddress.describe('`npm run pull`: another hub or mirror than huggingface.co.'),
  HTTP_PROXY: text.describe('`npm run pull`: a proxy for http.'),
  HTTPS_PROXY: text.describe('`npm run pull`: a proxy for https.'),
  NO_PROXY: text.describe('`npm run pull`: hosts reached without a proxy.'),
})

/** Name and description of each variable, in the order of the schema. */
export function settings(): readonly { readonly name: string; readonly about: string }[] {
  return Object.entries(environment.shape).map(([name, field]) => ({
    name,
    about: field.description ?? '',
  }))
}
