/** `npm run gpu`: makes this machine ready for PROVIDER=cuda, and says what is missing. */

import { ConfigError } from '../../config/errors.ts'
import { createHttpClient, DEFAULT_TIMEOUTS } from '../../inference/download/http.ts'
import { readGpus } from '../../inference/runtime/cuda/driver.ts'
import {
  installFiles,
  missingFiles,
  missingLibraries,
  providerFiles,
  type ProviderFiles,
} from '../../inference/runtime/cuda/libraries.ts'
import { chooseProvider, gflops, SIDE } from '../../inference/runtime/provider.ts'
import { readSettings } from './environment.ts'
import { EXIT_HELP, readArguments } from './options.ts'
import { formatBytes } from './pull/progress.ts'
import { DONE, printError, printLine, runCommand, UsageError } from './run.ts'

const NAME = 'gpu'

const HELP = `Makes this machine ready for PROVIDER=cuda (NVIDIA, Linux x64): looks for the driver, downloads the
libraries that onnxruntime-node leaves out from the registry that its install script names, verifies them,
looks for NVIDIA's own libraries, and compares the GPU with the CPU. docs/gpu.md says what was tried.

  npm run gpu -- [options]

Options
  --check          download nothing
  --registry URL   the service index of another NuGet registry, such as a mirror
  --help           print this help

"npm ci" deletes what was downloaded: run it again. ${EXIT_HELP}
`

const OPTIONS = {
  check: { type: 'boolean', default: false },
  registry: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

await runCommand(NAME, (signal) => main(process.argv.slice(2), signal))

async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const { values } = readArguments(argv, OPTIONS)
  if (values.help) {
    process.stdout.write(HELP)
    return DONE
  }
  const files = withRegistry(providerFiles(), values.registry)
  for (const { name, driver, memoryMib } of await readGpus()) {
    printLine(`${name}, ${Math.round(memoryMib / 1024)} GiB, driver ${driver}`)
  }
  await install(files, values.check, signal)
  const missing = await missingLibraries(files)
  if (missing.length > 0) {
    throw new ConfigError([`NVIDIA's libraries are missing: ${missing.join(', ')}.`])
  }
  await chooseProvider('cuda') // compares it with the CPU
  const speed = await gflops('cuda', SIDE)
  printLine(`PROVIDER=cuda works: it computes as the CPU does, at ${Math.round(speed)} GFLOPS.`)
  return DONE
}

function withRegistry(files: ProviderFiles, registry: string | undefined): ProviderFiles {
  if (registry === undefined) {
    return files
  }
  if (!/^https?:$/.test(URL.parse(registry)?.protocol ?? '')) {
    throw new UsageError('--registry takes an address such as https://HOST/v3/index.json.')
  }
  return { ...files, source: { ...files.source, index: registry } }
}

async function install(files: ProviderFiles, check: boolean, signal: AbortSignal): Promise<void> {
  const missing = missingFiles(files)
  const { name, version } = files.source
  if (missing.length === 0) {
    return
  }
  if (check) {
    throw new ConfigError([
      `ONNX Runtime's libraries are missing: ${missing.join(', ')}. "npm run gpu" downloads them (${name} ${version}).`,
    ])
  }
  printError(`Downloading ${name} ${version} …`)
  const client = createHttpClient(undefined, DEFAULT_TIMEOUTS, {
    setting: '--registry',
    proxies: readSettings().hub.proxies,
  })
  let told = 0
  try {
    await installFiles(client, files, {
      signal,
      onBytes: (bytes, all) => {
        if (bytes / all >= told + 0.1) {
          told = bytes / all
          printError(`  ${formatBytes(bytes)} of ${formatBytes(all)}`)
        }
      },
    })
  } finally {
    await client.dispatcher.close()
  }
  printLine(`Installed ${missing.join(', ')} in ${files.folder}.`)
}
