/** `npm run store`: encrypts what is in the store, and lists what is not authentic in it. */

import { EXIT_HELP, readArguments } from '../../commands/terminal/options.ts'
import { readSettings } from '../../commands/terminal/environment.ts'
import {
  DONE,
  FAILED,
  printError,
  printJson,
  printLine,
  runCommand,
  UsageError,
} from '../../commands/terminal/run.ts'
import { ConfigError } from '../../config/errors.ts'
import { type Census, encryptStore, type Kind, takeCensus } from './encryption/adoption.ts'
import { createEncryption } from './encryption/encryption.ts'
import { openBackend } from './store.ts'

const NAME = 'store'
const PROGRESS_EVERY = 10_000

const HELP = `Encrypts what is in the store (SIGHTSEER_STORE) with SIGHTSEER_STORE_KEY, and checks it.

  npm run store -- encrypt [options]   encrypts every value with the first key: values that are not
                                       encrypted, that an earlier version encrypted, or that another
                                       of the keys did. From then on the bot refuses all others
  npm run store -- check [options]     counts the values, and lists the records that are not authentic

Run encrypt once when you set a key for a store with records, and once after an upgrade to the first
version that asks for it. First stop every process that uses the store, and back it up. To change
keys: put the new one first, start the bot, run encrypt, and remove the old one. encrypt can be
interrupted; run it again to resume.

A record is not authentic if it cannot be decrypted (damaged, moved from another record, or another
key), and in a store that has been encrypted also if it is not encrypted. Somebody who can write to the
database may have put it there. If there are any, encrypt leaves them, does not finish, and lists them.

Options
  --delete    delete the records that are not authentic
  --json      print one JSON object when done
  --help      print this help

${EXIT_HELP} check fails if a record is not authentic and is left.
`

const OPTIONS = {
  delete: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

const KINDS: Readonly<Record<Kind, string>> = {
  current: 'encrypted with the first key',
  'earlier key': 'encrypted with another of the keys',
  aes1: 'encrypted by an earlier version',
  plain: 'not encrypted',
  'not authentic': 'not authentic',
}

await runCommand(NAME, (signal) => main(process.argv.slice(2), signal))

async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = readArguments(argv, OPTIONS)
  if (values.help) {
    process.stdout.write(HELP)
    return DONE
  }
  const [command] = positionals
  if (positionals.length !== 1 || (command !== 'encrypt' && command !== 'check')) {
    throw new UsageError('Give encrypt or check.')
  }
  const { url, keys } = readSettings().store
  const encryption = keys.length > 0 ? createEncryption(keys) : undefined
  if (command === 'encrypt' && encryption === undefined) {
    throw new ConfigError(['SIGHTSEER_STORE_KEY is not set, so there is no key to encrypt with.'])
  }
  const backend = await openBackend(url, (error) => printError(String(error)))
  const deletes = values.delete === true
  try {
    const options = { signal, deletes, progress }
    const isEncrypting = command === 'encrypt' && encryption !== undefined
    const census = isEncrypting
      ? await encryptStore(backend, encryption, options)
      : await takeCensus(backend, encryption, options)
    if (values.json) {
      printJson(asJson(census))
    } else {
      report(census, { isEncrypting, deletes })
    }
    return census.notAuthentic.size === 0 || deletes ? DONE : FAILED
  } catch (error) {
    if (signal.aborted) {
      printError('Interrupted. Run the command again to resume.')
    }
    throw error
  } finally {
    await backend.close()
  }
}

function progress(count: number): void {
  if (count % PROGRESS_EVERY === 0) {
    printError(`${count} records …`)
  }
}

function asJson({ hasMarker, counts, notAuthentic }: Census): object {
  const collections = [...counts].map(([name, kinds]) => [name, Object.fromEntries(kinds)])
  return {
    hadMarker: hasMarker,
    collections: Object.fromEntries(collections),
    notAuthentic: [...notAuthentic],
  }
}

function report(
  { hasMarker, counts, notAuthentic }: Census,
  { isEncrypting, deletes }: { readonly isEncrypting: boolean; readonly deletes: boolean },
): void {
  for (const [name, kinds] of [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const parts = [...kinds].map(([kind, count]) => `${count} ${KINDS[kind]}`)
    printLine(`${name}: ${parts.join(', ')}`)
  }
  for (const key of notAuthentic) {
    printLine(`${deletes ? 'deleted' : 'not authentic'}: ${key}`)
  }
  if (!isEncrypting) {
    printLine(
      hasMarker
        ? 'The store is encrypted: the bot refuses what is not.'
        : 'The store is not encrypted, or not by this version.',
    )
  } else if (notAuthentic.size > 0 && !deletes) {
    printError(
      `Records that are not authentic: ${notAuthentic.size}. Restore them from a backup, add the key that they were encrypted with, or delete them with --delete.`,
    )
  } else {
    printLine('Done: every record is encrypted with the first key, and the bot refuses others.')
  }
}
