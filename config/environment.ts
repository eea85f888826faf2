/** The schema of the environment variables, with the description of each. */

import { z } from 'zod'
import {
  apiAddress,
  flag,
  hubAddress,
  hubToken,
  modelName,
  oneOf,
  queueAddress,
  serverKeys,
  shards,
  snowflake,
  storeAddress,
  storeKeys,
  text,
  textWithin,
  wholeNumber,
} from './fields.ts'
import { shardIds } from './shards.ts'

const MIB = 1024 * 1024

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** Where the model can run; `auto` is a GPU if a fast one is found, otherwise the CPU. */
export const PROVIDERS = ['auto', 'cpu', 'webgpu', 'cuda'] as const

/** How much of a picture's detail is seen; inference/image/tiles.ts says what each means. */
export const DETAILS = ['auto', 'low', 'high'] as const

/** Old names of settings and their new names. The old ones work for one more release. */
export const RENAMED_SETTINGS = { SIGHTSEER_ROWS: 'SIGHTSEER_MAX_SEQUENCES' } as const

/** Longest system text, in UTF-16 units: a few hundred tokens, which every prompt has again. */
export const MAX_SYSTEM_PROMPT = 2000

export const environment = z.object({
  DISCORD_TOKEN: text.describe(
    'Token of the Discord bot. Empty: `npm start` runs against its own loopback Discord.',
  ),
  SIGHTSEER_GUILD: snowflake.describe(
    'Id of a server for development. Commands are registered only there, and show up at once.',
  ),
  SHARDS: shards.describe(
    'Number of shards (connections to Discord), or auto for the number that Discord recommends. Default: auto.',
  ),
  SHARD_IDS: shardIds.describe(
    'Those of the SHARDS that this process connects, from 0, such as 0-3,7; other processes connect the rest, on the same store. Default: all.',
  ),
  DISCORD_API: apiAddress.describe(
    'Base address of a REST API to use instead of Discord’s, such as a loopback Discord in another process.',
  ),
  SANDBOX_PORT: wholeNumber(1, 65_535).describe(
    'Port of the loopback Discord. Default: 4350, or a free port if that one is taken; with SANDBOX_STATE=memory always a free port.',
  ),
  SANDBOX_STATE: text.describe(
    'File in which the loopback Discord keeps its state, or memory to start empty each time. Default: data/loopback/discord.',
  ),

  SIGHTSEER_MODEL: modelName.describe(
    'The model: a name under models/ (or under SIGHTSEER_MODELS), or the path of a model package. `npm run pull` makes one; docs/operations has the memory and disk that it needs. Or redis://HOST: the model of workers on other machines. Or addresses of servers, separated by commas (http://gpu:8080): those of `npm run serve`, vLLM, llama.cpp, Ollama or LM Studio; see docs/many-machines.md. Default: demo. It and every other demo-… that ships know drawings of shapes only.',
  ),
  SIGHTSEER_MODEL_KEY: serverKeys.describe(
    'Key for the servers of SIGHTSEER_MODEL; or several, separated by commas, one for each address in order.',
  ),
  SIGHTSEER_MODEL_NAME: text.describe(
    'Name of the model on the servers of SIGHTSEER_MODEL. Default: the first that takes pictures.',
  ),
  SIGHTSEER_MODEL_SECONDS: wholeNumber(1, 3600).describe(
    'Seconds that a server of SIGHTSEER_MODEL may be silent before and while it answers. Default: 60.',
  ),
  SIGHTSEER_MODELS: text.describe('Another folder with model packages, searched first.'),
  SIGHTSEER_READER: text.describe(
    'What reads the text in pictures: a name under models/ (or under SIGHTSEER_MODELS), or the path of a reader’s package. `npm run pull -- ocr-small` makes a larger one. Default: ocr.',
  ),
  SIGHTSEER_MATCHER: text.describe(
    'A second model package, which tells how well texts fit pictures, for `/find` and for rules by match: a name under models/ (or under SIGHTSEER_MODELS), or the path of a package. `npm run pull -- Salesforce/blip2-itm-vit-g` makes one. Default: demo-match beside demo and every other demo-… of the shipped models, and none beside others. `none`: none.',
  ),
  SIGHTSEER_SYSTEM_PROMPT: textWithin(MAX_SYSTEM_PROMPT).describe(
    'What the model is told before every description and question, such as whom it speaks to and in which tone; at most 2000 characters. It counts as a part of each prompt. A model whose chat template has no place for it (BLIP-2, InstructBLIP, IDEFICS, the demo) ignores it, and the start says so; a package of an earlier version has the place once it is pulled again. Default: none.',
  ),
  SIGHTSEER_DETAIL: oneOf(DETAILS).describe(
    'How much of a picture’s detail the bot’s model sees, where it cuts pictures into tiles (SmolVLM, Idefics3, LLaVA-OneVision): auto (by the picture’s size), low (one tile, which is faster and leaves more positions to the conversation) or high (all tiles). Frames of moving pictures are seen in low. Other models ignore it, as do servers other than `npm run serve`. The commands have --detail instead. Default: auto.',
  ),
  SIGHTSEER_THREADS: wholeNumber(1, 256).describe(
    'Number of threads for one run of the model. Default: all that the machine has.',
  ),
  PROVIDER: oneOf(PROVIDERS).describe(
    'Where the model runs: cpu, webgpu, cuda, or auto for a GPU if one is faster. Default: cpu.',
  ),
  SIGHTSEER_PREPARE: oneOf(['yes', 'no']).describe(
    'yes: the first start saves the model’s weights in the layout of this processor. It takes tens of seconds and twice the size of the package on disk. Later starts take seconds, and bots on one machine share the memory. Default: no.',
  ),
  SIGHTSEER_MAX_SEQUENCES: wholeNumber(1, 256).describe(
    'Number of sequences that are decoded at once. More sequences raise the total throughput and the memory use: with OPT-2.7b by up to 0.2 GB each. Default: 8.',
  ),
  SIGHTSEER_CONVERSATION_MIB: wholeNumber(0, 1024 * 1024).describe(
    'Memory for the keys and values of conversations, in MiB, so that the next question is answered faster. With OPT-2.7b a conversation takes about 40. 0: none. Default: 256.',
  ),
  SIGHTSEER_IMAGE_CACHE_MIB: wholeNumber(0, 1024 * 1024).describe(
    'Memory for the image features of pictures, in MiB, so that another question about a picture does not encode it again. With OPT-2.7b a picture takes about 0.3. Features expire after a day at most. 0: none. Default: 128.',
  ),
  SIGHTSEER_QUEUE: wholeNumber(1, 100_000).describe(
    'Number of requests that may wait for the model. Further requests are refused. Default: 64.',
  ),
  SIGHTSEER_MAX_IMAGE_BYTES: wholeNumber(1, 1024 * MIB).describe(
    'Size limit of image files, in bytes. Larger files are refused. Default: 33554432.',
  ),
  SIGHTSEER_MAX_IMAGE_PIXELS: wholeNumber(1, 1_000_000_000).describe(
    'Size limit of images, in pixels. Larger images are refused. Default: 52428800.',
  ),

  SIGHTSEER_WORKER_QUEUE: queueAddress.describe(
    '`npm run worker`: the Redis that bots send requests to, redis://HOST. Default: redis://127.0.0.1:6379.',
  ),
  SIGHTSEER_STORE: storeAddress.describe(
    'Database of the bot: sqlite:PATH, redis://HOST, postgres://HOST/DATABASE, or memory: to write nothing to disk. Default: sqlite:data/sightseer.sqlite if DISCORD_TOKEN is set; otherwise a file next to SANDBOX_STATE, or memory: if SANDBOX_STATE is memory. Each bot account needs a database of its own: records of servers that the account is not on are deleted.',
  ),
  SIGHTSEER_STORE_KEY: storeKeys.describe(
    'Key that encrypts the database: 32 bytes in base64 (`openssl rand -base64 32`). Several keys are separated by commas: the first one encrypts, all of them decrypt. A database that has records first needs `npm run store -- encrypt`.',
  ),
  SIGHTSEER_RETENTION_HOURS: wholeNumber(1, 720).describe(
    'Hours after its last use at which a conversation is deleted. Servers can choose less. Default: 24.',
  ),

  SIGHTSEER_OPERATIONS_PORT: wholeNumber(1, 65_535).describe(
    'Port of /metrics, /livez and /readyz. Default: none.',
  ),
  SIGHTSEER_OPERATIONS_HOST: text.describe(
    'Address on which that port listens. Default: 127.0.0.1.',
  ),
  LOG_LEVEL: oneOf(LOG_LEVELS).describe(
    'Lowest level that is logged: fatal, error, warn, info, debug, trace or silent. Default: info.',
  ),
  SIGHTSEER_STOP_SECONDS: wholeNumber(0, 600).describe(
    'Seconds that a stopping bot may take to finish answers. The rest is answered after the next start. Default: 20.',
  ),

  HF_TOKEN: hubToken.describe(
    '`npm run pull`: token for private and gated models. Default: the one that `hf auth login` saved.',
  ),
  HF_ENDPOINT: hubAddress.describe(
    '`npm run pull`: a hub or mirror to use instead of huggingface.co.',
  ),
  HF_HUB_OFFLINE: flag.describe(
    '`npm run pull`: 1 to use no network and take models from the cache of Hugging Face. Default: 0.',
  ),
  HF_HOME: text.describe(
    '`npm run pull`: folder of Hugging Face’s programs, with the saved token and the cache. Default: ~/.cache/huggingface.',
  ),
  HF_HUB_CACHE: text.describe(
    '`npm run pull`: folder with the cache of Hugging Face. Default: hub in HF_HOME.',
  ),
  HF_TOKEN_PATH: text.describe(
    '`npm run pull`: file with the saved token. Default: token in HF_HOME.',
  ),
  HTTP_PROXY: text.describe('`npm run pull`: proxy for http.'),
  HTTPS_PROXY: text.describe('`npm run pull`: proxy for https.'),
  NO_PROXY: text.describe('`npm run pull`: hosts to reach without a proxy.'),
})

/** Name and description of each variable, in the order of the schema. */
export function settings(): readonly { readonly name: string; readonly about: string }[] {
  return Object.entries(environment.shape).map(([name, field]) => ({
    name,
    about: field.description ?? '',
  }))
}
