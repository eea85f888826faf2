/**
 * `npm run pull`: makes a model package from a repository of the hub or a checkpoint folder.
 *
 * What it prints goes to stderr; with `--json` one object goes to stdout at the end.
 */

import path from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigError } from '../../config/errors.ts'
import { readConfig, type Config } from '../../config/config.ts'
import { MODELS_FOLDER } from '../../config/models.ts'
import { createHttpClient } from '../../inference/download/http.ts'
import { isRepositoryId } from '../../inference/download/hub.ts'
import { pullModel, type Pulled, type PullSource } from '../../inference/download/pull.ts'
import { PRECISIONS, type Precision } from '../../inference/model-card.ts'
import { createProgress, formatBytes, formatDuration } from './progress.ts'

const DEFAULT_PRECISION: Precision = 'int8'

const LABELS = { download: 'Downloading', convert: 'Converting' } as const

const HELP = `Makes a model package that Sightseer can open.

  npm run pull -- OWNER/NAME [options]   downloads the model from the hub, then converts it
  npm run pull -- --from DIR [options]   converts a folder that holds a transformers checkpoint

Options
  --precision P      fp32, fp16, int8 or int4; default ${DEFAULT_PRECISION}. Smaller is faster, larger is closer
                     to the original
  --out DIR          where the package goes; default models/NAME
  --revision R       branch, tag or commit of the repository; default main
  --force            replace the package that is already there
  --keep-download    keep the downloaded checkpoint afterwards
  --json             print one JSON object when done
  --help             print this

Environment
  HF_TOKEN           token for private and gated models
  HF_ENDPOINT        another hub or mirror
  SIGHTSEER_MODELS   folder of the packages; default models
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY

An interrupted download goes on where it stopped when the same command is run again.
Exit status: 0 done, 1 failed, 2 wrong use.
`

type Arguments = {
  readonly source: PullSource
  readonly name: string
  readonly precision: Precision
  readonly out: string | undefined
  readonly force: boolean
  readonly keepDownload: boolean
  readonly json: boolean
}

/** The command line cannot be understood; the message says why. */
class UsageError extends Error {
  override name = 'UsageError' as const
}

process.exitCode = await main(process.argv.slice(2))

async function main(argv: readonly string[]): Promise<number> {
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)
  try {
    const parsed = readArguments(argv)
    if (parsed === 'help') {
      process.stdout.write(HELP)
      return 0
    }
    return await pull(parsed, readConfig(process.env), stop.signal)
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\nnpm run pull -- --help says more.\n`)
      return 2
    }
    if (error instanceof ConfigError) {
      process.stderr.write(`${error.message}\n`)
      return 1
    }
    throw error
  } finally {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}

async function pull(
  { source, name, precision, out, force, keepDownload, json }: Arguments,
  { hub, modelsFolder = MODELS_FOLDER }: Config,
  signal: AbortSignal,
): Promise<number> {
  const folder = out ?? path.join(modelsFolder, name)
  const client = createHttpClient(hub.token, undefined, hub.proxies)
  const progress = createProgress(process.stderr)
  let phase = 'preparing'
  try {
    const pulled = await pullModel({
      source,
      out: folder,
      name: path.basename(path.resolve(folder)),
      precision,
      force,
      keepDownload,
      modelsFolder,
      hub: { endpoint: hub.endpoint, client },
      signal,
      onProgress(step) {
        phase = step.phase
        progress.update({ ...step, label: LABELS[step.phase] })
      },
      onNote: (text) => progress.note(text),
    })
    progress.finish()
    report(pulled, folder, json)
    return 0
  } catch (error) {
    progress.finish()
    if (!signal.aborted) {
      throw error
    }
    const kept = 'repository' in source && phase !== 'preparing'
    const next = kept ? ' What was downloaded is kept: the same command goes on from there.' : ''
    process.stderr.write(`Stopped.${next}\n`)
    return 1
  } finally {
    await client.dispatcher.destroy()
  }
}

function report({ card, download, convertSeconds }: Pulled, folder: string, json: boolean): void {
  const bytes = Object.values(card.files).reduce((sum, file) => sum + file.bytes, 0)
  if (json) {
    const { name, precision, source, quantization } = card
    const result = {
      folder,
      name,
      precision,
      bytes,
      quantization,
      source,
      download,
      convertSeconds,
    }
    process.stdout.write(`${JSON.stringify(result)}\n`)
    return
  }
  if (card.quantization !== null) {
    const { quantized, kept, bits } = card.quantization
    process.stderr.write(
      `${quantized} matrices in ${bits} bits; ${kept} kept in floating point for their shape.\n`,
    )
  }
  const took = formatDuration((download?.seconds ?? 0) + convertSeconds)
  process.stderr.write(`${folder}: ${card.precision}, ${formatBytes(bytes)}, in ${took}.\n`)
  process.stderr.write(`Try it: npm run describe -- IMAGE --model ${folder}\n`)
}

function readArguments(argv: readonly string[]): Arguments | 'help' {
  const { values, positionals } = parse(argv)
  if (values.help === true) {
    return 'help'
  }
  const precision = PRECISIONS.find((known) => known === (values.precision ?? DEFAULT_PRECISION))
  if (precision === undefined) {
    throw new UsageError(`--precision is one of ${PRECISIONS.join(', ')}.`)
  }
  const [repository] = positionals
  if (positionals.length > 1 || (repository === undefined) === (values.from === undefined)) {
    throw new UsageError('Give one model as OWNER/NAME, or a folder by --from DIR.')
  }
  if (values.out === '' || values.from === '' || values.revision === '') {
    throw new UsageError('--out, --from and --revision must not be empty.')
  }
  const rest = {
    precision,
    out: values.out,
    force: values.force === true,
    keepDownload: values['keep-download'] === true,
    json: values.json === true,
  }
  if (values.from !== undefined) {
    if (values.revision !== undefined) {
      throw new UsageError('--revision is for models from the hub, not for --from.')
    }
    const name = path.basename(path.resolve(values.from))
    return { source: { folder: values.from }, name, ...rest }
  }
  if (repository === undefined || !isRepositoryId(repository)) {
    throw new UsageError(`${JSON.stringify(repository)} is not of the form OWNER/NAME.`)
  }
  const name = repository.slice(repository.indexOf('/') + 1)
  return { source: { repository, revision: values.revision ?? 'main' }, name, ...rest }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        from: { type: 'string' },
        out: { type: 'string' },
        precision: { type: 'string' },
        revision: { type: 'string' },
        force: { type: 'boolean' },
        'keep-download': { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}
