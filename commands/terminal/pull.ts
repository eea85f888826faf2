/**
 * `npm run pull`: makes a model package from a repository on the hub or a checkpoint folder.
 *
 * Progress and messages go to stderr. With `--json`, one object goes to stdout at the end.
 */

import path from 'node:path'
import type { Config } from '../../config/config.ts'
import { MODELS_FOLDER } from '../../config/models.ts'
import { isVisionW8A8 } from '../../inference/convert/convert.ts'
import { createHttpClient } from '../../inference/download/http.ts'
import {
  cachedSnapshot,
  findSnapshot,
  nameOfFolder,
} from '../../inference/download/hf-home/hub-cache.ts'
import { readSavedToken } from '../../inference/download/hf-home/saved-token.ts'
import { isRepositoryId } from '../../inference/download/hub.ts'
import { pullModel, type Pulled, type PullSource } from '../../inference/download/pull.ts'
import {
  PRECISIONS,
  VISION_STORAGES,
  type Precision,
  type VisionStorage,
} from '../../inference/blocks/precision.ts'
import { formatGb } from '../../inference/download/disk.ts'
import type { Task } from '../../inference/families/common/card-base.ts'
import type { ModelCard } from '../../inference/package/model-card.ts'
import { preparePackage } from '../../inference/package/prepare.ts'
import { readSettings, userFolder } from './environment.ts'
import { EXIT_HELP, readArguments } from './options.ts'
import { printKnownModels } from './pull/listed-models.ts'
import { botMemory } from './pull/memory.ts'
import { isReader, pullSmallReader, READER_HELP } from './pull/pull-reader.ts'
import { createProgress, formatBytes, formatDuration } from './pull/progress.ts'
import { templateSentence } from './pull/template-gap.ts'
import { DONE, printJson, runCommand, UsageError } from './run.ts'

const NAME = 'pull'
const DEFAULT_PRECISION: Precision = 'int8'

const LABELS = {
  download: 'Downloading',
  calibrate: 'Calibrating',
  convert: 'Converting',
} as const

const HELP = `Makes a model package that Sightseer can open.

  npm run pull                           lists models that are known, and what they need
  npm run pull -- OWNER/NAME [options]   downloads the model from the hub and converts it
  npm run pull -- --from DIR [options]   converts a folder with a transformers checkpoint, or
                                         models--OWNER--NAME in the cache of Hugging Face
${READER_HELP}

Options
  --precision P      fp32, fp16, int8 or int4; default ${DEFAULT_PRECISION}. Smaller is faster, larger is closer
                     to the original
  --vision V         quantization of the image encoder in int8 and int4 packages: w8a8 (default,
                     fastest), block (as the language model) or float (none)
  --calibrate DIR    smooth a w8a8 image encoder with up to 32 pictures from DIR, so that channels
                     with large values do not cost the others precision
  --prepare          also save the weights in the layout of this processor: opens in seconds instead
                     of tens of seconds, for twice the size on disk
  --out DIR          folder of the package; default models/NAME
  --subfolder NAME   folder of the repository, or of DIR, that has the weights; what it lacks is taken
                     from the folder above
  --tokenizer DIR    take the tokenizer from another checkpoint's folder
  --revision R       branch, tag or commit of the repository; default main
  --force            replace an existing package
  --keep-download    keep the downloaded checkpoint
  --json             print one JSON object when done
  --help             print this help

Environment
  HF_TOKEN           token for private and gated models; default: the one that hf auth login saved
  HF_ENDPOINT        another hub or mirror
  HF_HUB_OFFLINE     1: no network, models come from the cache of Hugging Face
  HF_HOME, HF_HUB_CACHE, HF_TOKEN_PATH   where that cache and the saved token are
  SIGHTSEER_MODELS   folder of packages; default models
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY

Run the same command again to resume an interrupted download.
${EXIT_HELP}
`

const OPTIONS = {
  from: { type: 'string' },
  out: { type: 'string' },
  precision: { type: 'string' },
  vision: { type: 'string' },
  calibrate: { type: 'string' },
  revision: { type: 'string' },
  subfolder: { type: 'string' },
  tokenizer: { type: 'string' },
  force: { type: 'boolean' },
  prepare: { type: 'boolean' },
  'keep-download': { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

type Values = ReturnType<typeof readArguments<typeof OPTIONS>>['values']

type Request = {
  readonly source: PullSource
  readonly subfolder: string | undefined
  readonly tokenizer: string | undefined
  readonly name: string
  readonly precision: Precision
  readonly vision: VisionStorage | undefined
  readonly calibrate: string | undefined
  readonly out: string | undefined
  readonly force: boolean
  readonly prepare: boolean
  readonly keepDownload: boolean
  readonly json: boolean
}

await runCommand(NAME, (signal) => main(process.argv.slice(2), signal))

async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = readArguments(argv, OPTIONS)
  if (values.help === true) {
    process.stdout.write(HELP)
    return DONE
  }
  const { json: asJson = false, ...chosen } = values
  if (positionals.length === 0 && Object.keys(chosen).length === 0) {
    await printKnownModels(asJson)
    return DONE
  }
  if (isReader(positionals)) {
    const { from, out, force, json, ...others } = values
    return pullSmallReader({ from, out, force, json }, Object.keys(others))
  }
  return pull(readRequest(values, positionals), readSettings(), signal)
}

async function pull(
  { name, out, prepare, json, ...request }: Request,
  config: Config,
  signal: AbortSignal,
): Promise<number> {
  const { hub } = config
  const modelsFolder = path.resolve(userFolder(NAME), config.modelsFolder ?? MODELS_FOLDER)
  const folder = out ?? path.join(modelsFolder, name)
  const token = hub.token ?? (hub.offline ? undefined : await readSavedToken(hub.tokenFile))
  const client = createHttpClient(token, undefined, {
    setting: 'HF_ENDPOINT',
    proxies: hub.proxies,
  })
  const progress = createProgress(process.stderr)
  let phase = 'preparing'
  try {
    const source = await locate(request.source, hub)
    const pulled = await pullModel({
      ...request,
      source,
      out: folder,
      name: path.basename(folder),
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
    if (prepare) {
      progress.note('Preparing the package for this machine.')
      await preparePackage(folder)
    }
    report(pulled, folder, json)
    if (!json) {
      const model = out === undefined ? name : folder
      process.stderr.write(nextSteps(model, pulled.card))
    }
    return DONE
  } catch (error) {
    progress.finish()
    if (!signal.aborted) {
      throw error
    }
    const isResumable = 'repository' in request.source && phase !== 'preparing'
    const next = isResumable
      ? ' The downloaded files are kept. Run the same command again to resume.'
      : ''
    process.stderr.write(`Stopped.${next}\n`)
    throw signal.reason
  } finally {
    await client.dispatcher.destroy()
  }
}

/** Finds a model in the cache of Hugging Face, if that is where it is to come from. */
async function locate(source: PullSource, hub: Config['hub']): Promise<PullSource> {
  const snapshot =
    'folder' in source
      ? await findSnapshot(source.folder)
      : hub.offline
        ? await cachedSnapshot(hub.cache, source.repository, source.revision)
        : null
  return snapshot === null ? source : { folder: snapshot.folder, origin: snapshot }
}

/** How to use the package, and what the bot needs to run it. */
function nextSteps(model: string, { files, precision, ...card }: ModelCard): string {
  const disk = Object.values(files).reduce((sum, file) => sum + file.bytes, 0)
  const computed = precision === 'fp16' ? 2 * disk : disk // the CPU computes fp16 in fp32
  const memory = botMemory(computed)
  const tasks: readonly Task[] = card.tasks
  if (!tasks.includes('text')) {
    return (
      `Try it: npm run match -- IMAGE --text TEXT --model ${model}\n` +
      `The bot uses it beside its model with SIGHTSEER_MATCHER=${model} in .env: ` +
      `${formatGb(disk)} of disk, about ${formatGb(memory)} of memory.\n`
    )
  }
  return (
    `Try it: npm run describe -- IMAGE --model ${model}\n` +
    `The bot runs it with SIGHTSEER_MODEL=${model} in .env: ${formatGb(disk)} of disk, about ${formatGb(memory)} of memory.\n`
  )
}

function report(pulled: Pulled, folder: string, json: boolean): void {
  const { card, download, convertSeconds, templateGap } = pulled
  const bytes = Object.values(card.files).reduce((sum, file) => sum + file.bytes, 0)
  if (json) {
    const { name, precision, source, quantization } = card
    printJson({
      folder,
      name,
      precision,
      bytes,
      quantization,
      source,
      download,
      convertSeconds,
      templateGap,
    })
    return
  }
  if (card.quantization !== null) {
    const { quantized, kept, bits, calibration } = card.quantization
    process.stderr.write(
      `${quantized} matrices in ${bits} bits; ${kept} kept in floating point for their shape.\n`,
    )
    if (calibration !== undefined) {
      const smoothed = calibration.alphas.filter((alpha) => alpha !== null).length
      process.stderr.write(
        `${smoothed} of ${calibration.alphas.length} layers of the image encoder were smoothed.\n`,
      )
    }
  }
  if (templateGap !== null) {
    process.stderr.write(`${templateSentence(templateGap)}\n`)
  }
  const took = formatDuration((download?.seconds ?? 0) + convertSeconds)
  process.stderr.write(`${folder}: ${card.precision}, ${formatBytes(bytes)}, in ${took}.\n`)
}

function readRequest(values: Values, positionals: readonly string[]): Request {
  const precision = PRECISIONS.find((name) => name === (values.precision ?? DEFAULT_PRECISION))
  if (precision === undefined) {
    throw new UsageError(`--precision is one of ${PRECISIONS.join(', ')}.`)
  }
  const vision = VISION_STORAGES.find((name) => name === values.vision)
  if (values.vision !== undefined && vision === undefined) {
    throw new UsageError(`--vision is one of ${VISION_STORAGES.join(', ')}.`)
  }
  if (values.calibrate !== undefined && !isVisionW8A8(precision, vision)) {
    throw new UsageError('--calibrate is for int8 and int4 packages with a w8a8 image encoder.')
  }
  const [repository] = positionals
  if (positionals.length > 1 || (repository === undefined) === (values.from === undefined)) {
    throw new UsageError('Give one model as OWNER/NAME, or a folder with --from DIR.')
  }
  const { out, from, revision, calibrate, tokenizer } = values
  const paths = [out, from, revision, calibrate, tokenizer]
  if (paths.includes('')) {
    throw new UsageError(
      '--out, --from, --revision, --calibrate and --tokenizer must not be empty.',
    )
  }
  const { subfolder } = values
  if (subfolder !== undefined && !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(subfolder)) {
    throw new UsageError('--subfolder is the name of a folder, without a path.')
  }
  const start = userFolder(NAME)
  const rest = {
    subfolder,
    tokenizer: values.tokenizer === undefined ? undefined : path.resolve(start, values.tokenizer),
    precision,
    vision,
    calibrate: values.calibrate === undefined ? undefined : path.resolve(start, values.calibrate),
    out: values.out === undefined ? undefined : path.resolve(start, values.out),
    force: values.force === true,
    prepare: values.prepare === true,
    keepDownload: values['keep-download'] === true,
    json: values.json === true,
  }
  if (values.from !== undefined) {
    if (values.revision !== undefined) {
      throw new UsageError('--revision is for models from the hub, not for --from.')
    }
    const folder = path.resolve(start, values.from)
    return { source: { folder }, name: nameOfFolder(folder), ...rest }
  }
  if (repository === undefined || !isRepositoryId(repository)) {
    throw new UsageError(`${JSON.stringify(repository)} is not of the form OWNER/NAME.`)
  }
  const name = repository.slice(repository.indexOf('/') + 1)
  return { source: { repository, revision: values.revision ?? 'main' }, name, ...rest }
}
