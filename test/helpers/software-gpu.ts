/**
 * A software GPU, to run the WebGPU provider on machines without a GPU: SwiftShader, which comes with
 * Debian's chromium. Scripts that use it run in separate processes, since a process looks for drivers
 * only once, at its start.
 */

import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { needs, SOFTWARE_GPU_DRIVER } from './tools.ts'

/** The folder of the Vulkan loader. */
const LOADER = path.dirname(SOFTWARE_GPU_DRIVER)

export const SOFTWARE_GPU = { VK_DRIVER_FILES: SOFTWARE_GPU_DRIVER, LD_LIBRARY_PATH: LOADER }
export const NO_GPU = { VK_DRIVER_FILES: '/nowhere.json', LD_LIBRARY_PATH: LOADER }

/** Options for a `describe` that uses it. */
export const WITH_SOFTWARE_GPU = needs('softwareGpu')

/** Runs a script of test/helpers in a separate process. @returns its output. */
export async function runHelper(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [path.join(import.meta.dirname, script), ...args],
    { env: { ...process.env, ORT_DISABLE_TELEMETRY: '1', ...env }, maxBuffer: 2 ** 26 },
  )
  return stdout
}
