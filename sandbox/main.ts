/**
 * `npm run sandbox`: the loopback Discord by itself, for any bot.
 *
 * It prints where it is and what a bot needs to reach it, and runs until it is interrupted.
 */

import { once } from 'node:events'
import { enableCompileCache } from 'node:module'
import { parseArgs } from 'node:util'

const HELP = `npm run sandbox -- [options]

Starts a loopback Discord on 127.0.0.1: a page for people, and a REST API, gateway and CDN for bots.
  --port N       its port; default: a free one
  --state FILE   keeps everything in a SQLite file, so that a later start goes on from there;
                 default: it forgets
  --name NAME    the bot's name; default Sightseer
Give your bot the printed token, and its library the printed API in place of Discord's own.
`

const OPTIONS = {
  port: { type: 'string', default: '0' },
  state: { type: 'string' },
  name: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

type Options = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

async function run(options: Options): Promise<void> {
  // What was compiled for an earlier start need not be compiled again.
  enableCompileCache()
  const { startSandbox } = await import('./server.ts')
  const { port, state, name } = options
  const sandbox = await startSandbox({
    port: Number(port),
    ...(state === undefined ? {} : { stateFile: state }),
    ...(name === undefined ? {} : { botName: name }),
  })
  process.stdout.write(
    `Page   ${sandbox.url}\nAPI    ${sandbox.api}\nToken  ${sandbox.token}\n` +
      `Ready in ${performance.now().toFixed(0)} ms. Ctrl-C ends it.\n`,
  )
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  await sandbox.close()
}

/** @returns the options, or the sentence that says what is wrong with them. */
function readOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({ args: [...args], options: OPTIONS })
    const isPort = /^\d{1,5}$/.test(values.port) && Number(values.port) < 65_536
    return isPort ? values : '--port must be a whole number from 0 to 65535.'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const options = readOptions(process.argv.slice(2))
if (typeof options === 'string') {
  process.stderr.write(`${options}\n`)
  process.exitCode = 2
} else if (options.help === true) {
  process.stdout.write(HELP)
} else {
  await run(options).catch((error: unknown) => {
    // A port or a file that cannot be used; anything else is a bug and shows its stack.
    const expected = error instanceof Error && (error.name === 'StateFileError' || 'code' in error)
    if (!expected) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  })
}
