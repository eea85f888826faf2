#!/usr/bin/env node
/** `npx loopback-discord`: starts a loopback Discord for any bot; see HELP. */

import { enableCompileCache } from 'node:module'
import { parseArgs } from 'node:util'
import type { SandboxOptions } from './server.ts'

const HELP = `npm run sandbox -- [options]

Starts a loopback Discord on this machine and prints its API address and token. Ctrl-C stops it.
  --port N              default 4350; 0 chooses a free port
  --state FILE          state file; default in memory only
  --token TEXT          the bot's token, valid only here
  --bot-name TEXT       default Sandbox Bot
  --no-message-content  do not grant the Message Content intent
  --no-rate-limits      disable rate limits
  --strict-identify     allow one identify in 5 s, as Discord does

Faults are injected at /sandbox/faults, in JSON: GET lists them, POST adds one, DELETE ends all.
  curl -X POST ADDRESS/sandbox/faults -d '{"kind": "gateway", "action": "drop"}'
  curl -X POST ADDRESS/sandbox/faults \\
    -d '{"kind": "rest", "path": "/channels/*/messages", "status": 502, "count": 3}'
sandbox/src/faults/fault-spec.ts lists the kinds.
`

const DEFAULT_PORT = '4350'

/** @returns the options, `help`, or an error message. */
function readArguments(args: readonly string[]): SandboxOptions | 'help' | { wrong: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h' },
        port: { type: 'string', default: DEFAULT_PORT },
        state: { type: 'string' },
        token: { type: 'string' },
        'bot-name': { type: 'string', default: 'Sandbox Bot' },
        'no-message-content': { type: 'boolean', default: false },
        'no-rate-limits': { type: 'boolean', default: false },
        'strict-identify': { type: 'boolean', default: false },
      },
    })
    if (values.help) {
      return 'help'
    }
    const port = Number(values.port)
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      return { wrong: `--port is a whole number up to 65535, not ${values.port}.` }
    }
    return {
      port,
      botName: values['bot-name'],
      messageContent: !values['no-message-content'],
      rateLimits: values['no-rate-limits'] ? 'off' : 'discord',
      gateway: { spacedIdentifies: values['strict-identify'] },
      ...(values.state === undefined ? {} : { stateFile: values.state }),
      ...(values.token === undefined ? {} : { token: values.token }),
    }
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) }
  }
}

async function run(options: SandboxOptions): Promise<void> {
  enableCompileCache()
  const { startSandbox } = await import('./server.ts')
  const sandbox = await startSandbox(options)
  process.stdout.write(
    [
      `A sandbox, not Discord, at ${sandbox.url}`,
      `  token  ${sandbox.token}`,
      `  API    ${sandbox.api}`,
      `  discord.js: new Client({ intents, rest: { api: '${sandbox.api}' } })`,
      '',
    ].join('\n'),
  )
  const stop = () => void sandbox.close()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error)
  }
  const isPortTaken = 'code' in error && error.code === 'EADDRINUSE' && 'port' in error
  return isPortTaken
    ? `Port ${String(error.port)} is taken; --port N chooses another, --port 0 a free one.`
    : error.message
}

const options = readArguments(process.argv.slice(2))
if (options === 'help') {
  process.stdout.write(HELP)
} else if ('wrong' in options) {
  process.stderr.write(`${options.wrong}\n\n${HELP}`)
  process.exitCode = 2
} else {
  await run(options).catch((error: unknown) => {
    process.stderr.write(`${sentenceOf(error)}\n`)
    process.exitCode = 1
  })
}
