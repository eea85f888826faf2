/** `npm run serve`: the model behind HTTP, as OpenAI's API has it. */

import { once } from 'node:events'
import { isIP } from 'node:net'
import path from 'node:path'
import { pino } from 'pino'
import { ConfigError } from '../../config/errors.ts'
import { DEFAULT_LIMITS } from '../../inference/image/limits.ts'
import { openConfiguredModel } from '../../inference/configured-model.ts'
import { systemPromptNote, withSystemPrompt } from '../../inference/system-prompt.ts'
import { createApp } from '../serve/app.ts'
import { Clients, readKeys } from '../serve/keys.ts'
import { listen } from '../serve/listen.ts'
import { createServeMetrics } from '../serve/serve-metrics.ts'
import { readSettings, userFolder } from './environment.ts'
import { EXIT_HELP, readArguments } from './options.ts'
import { DONE, runCommand, UsageError } from './run.ts'

const NAME = 'serve'
const PORT = 8080
const MAX_PORT = 65_535
const TIMEOUT_SECONDS = 120
const MAX_TIMEOUT_SECONDS = 3600
/** Of a request, besides its picture in base64. */
const EXTRA_BYTES = 2 ** 20

const HELP = `Serves the model over HTTP, as OpenAI's API does: POST /v1/chat/completions with a picture as
a data URI. Besides that: /v1/models, /v1/score, /v1/match, /v1/read, /metrics, /livez, /readyz, and
/openapi.json, which describes them. docs/serve.md has examples.

  npm run serve -- [options]

Options
  --model NAME|DIR     model package: a name under models/, or its folder (default: SIGHTSEER_MODEL)
  --matcher NAME|DIR   another package, which compares pictures with texts for /v1/match
                       (default: SIGHTSEER_MATCHER)
  --host ADDRESS       address to listen on (default 127.0.0.1); others need --keys
  --port N             port to listen on (default ${PORT}; 0: a free one)
  --keys FILE          JSON: [{"name": "bot", "key": "…", "perMinute": 60, "atOnce": 4}, …]; requests
                       then need "Authorization: Bearer KEY"; the two limits can be left out
  --timeout SECONDS    longest time for an answer (default ${TIMEOUT_SECONDS})
  --help               print this help

${EXIT_HELP}
`

const OPTIONS = {
  model: { type: 'string' },
  matcher: { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string' },
  keys: { type: 'string' },
  timeout: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

await runCommand(NAME, (signal) => main(process.argv.slice(2), signal))

async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = readArguments(argv, OPTIONS)
  if (values.help) {
    process.stdout.write(HELP)
    return DONE
  }
  if (positionals.length > 0) {
    throw new UsageError(`What is ${positionals[0]} for? Options begin with --.`)
  }
  const host = values.host ?? '127.0.0.1'
  const port = wholeNumber('--port', values.port, PORT, { least: 0, most: MAX_PORT })
  const about = { least: 1, most: MAX_TIMEOUT_SECONDS }
  const seconds = wholeNumber('--timeout', values.timeout, TIMEOUT_SECONDS, about)
  const config = readSettings(values.model)
  const folder = userFolder(NAME)
  const keys = values.keys === undefined ? [] : await readKeys(path.resolve(folder, values.keys))
  if (keys.length === 0 && !isLoopback(host)) {
    throw new ConfigError([
      `${host} can be reached from other machines, so --keys FILE is needed; --help says what is in it.`,
    ])
  }
  const log = pino({ level: config.logLevel }, pino.destination(2))
  await using started = new AsyncDisposableStack()
  const { model: named, matcher } = values
  const opened = await openConfiguredModel(config, { model: named, matcher, folder })
  started.defer(() => opened.close())
  const model = withSystemPrompt(opened, config.systemPrompt)
  const note = systemPromptNote(model.card, config.systemPrompt)
  if (note !== null) {
    log.warn(note)
  }
  const app = createApp({
    model,
    log,
    clients: new Clients(keys),
    metrics: createServeMetrics(model),
    maxBytes:
      Math.ceil(((config.imageLimits.maxBytes ?? DEFAULT_LIMITS.maxBytes) * 4) / 3) + EXTRA_BYTES,
    timeoutMs: seconds * 1000,
  })
  const listening = await listen(app, { host, port })
  started.defer(() => listening.close())
  process.stderr.write(`${model.card.name} at ${listening.url}/v1\n`)
  if (!signal.aborted) {
    await once(signal, 'abort')
  }
  return DONE
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function wholeNumber(
  name: string,
  text: string | undefined,
  fallback: number,
  { least, most }: { readonly least: number; readonly most: number },
): number {
  const value = text === undefined ? fallback : Number(text)
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new UsageError(`${name} takes a whole number from ${least} to ${most}.`)
  }
  return value
}
