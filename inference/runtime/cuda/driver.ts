/** The NVIDIA driver and its GPUs, as `nvidia-smi` tells. */

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ConfigError } from '../../../config/errors.ts'

export type Gpu = {
  readonly name: string
  /** Version of the driver, such as 550.54.14. */
  readonly driver: string
  readonly memoryMib: number
}

const QUERY = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader,nounits']
const LIMIT_MS = 30_000
/**
 * The oldest driver that runs programs for any CUDA 12.
 *
 * Source: NVIDIA, CUDA Compatibility, "CUDA 12.x: >= 525.60.13".
 */
const OLDEST = 525

/** @throws {ConfigError} if there is no driver, no GPU, or the driver is too old for CUDA 12. */
export async function readGpus(): Promise<readonly Gpu[]> {
  const gpus = (await askDriver()).split('\n').flatMap((line) => {
    const [name, driver, memory] = line.split(',').map((part) => part.trim())
    return name && driver && memory ? [{ name, driver, memoryMib: Number(memory) }] : []
  })
  const [first] = gpus
  if (first === undefined) {
    throw new ConfigError(['nvidia-smi lists no GPU.'])
  }
  if (!(Number.parseInt(first.driver, 10) >= OLDEST)) {
    throw new ConfigError([
      `The NVIDIA driver is ${first.driver}; CUDA 12 needs ${OLDEST}.60.13 or newer.`,
    ])
  }
  return gpus
}

async function askDriver(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', QUERY, { timeout: LIMIT_MS })
    return stdout
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
      const problem =
        'nvidia-smi is not installed, so there is no NVIDIA driver here. In a container, the NVIDIA Container Toolkit brings both.'
      throw new ConfigError([problem], { cause })
    }
    throw new ConfigError([`nvidia-smi fails: ${lastLine(cause)}.`], { cause })
  }
}

/** What a program said at its end, without a period. */
export function lastLine(cause: unknown): string {
  const said = ['stderr', 'stdout'].map((name) =>
    cause instanceof Error ? String(Reflect.get(cause, name) ?? '').trim() : '',
  )
  const text = said.find((one) => one !== '') ?? String(cause)
  return (text.split('\n').at(-1) ?? '').replace(/\.$/, '')
}
