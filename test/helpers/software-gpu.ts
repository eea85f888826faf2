/**
 * A GPU in software, to run the WebGPU provider where there is no other: SwiftShader, which comes
 * with Debian's chromium. Scripts that use it are processes of their own, since where a driver is
 * found is settled at a process's start.
 */

import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { needs, SOFTWARE_GPU_DRIVER } from './tools.ts'

/** The folder of the Vulkan loader. */
const LOADER = path.dirname(SOFTWARE_GPU_DRIVER)

export const SOFTWARE_GPU = { VK_DRIVER_FILES: SOFTWARE_GPU_DRIVER, LD_LIBRARY_PATH: LOADER }
export const NO_GPU = { VK_DRIVER_FILES: '/nowhere.json', LD_LIBRARY_PATH: LOADER }

/** What a `describe` that uses it takes. */
export const WITH_SOFTWARE_GPU = needs('softwareGpu')

/** Runs a script of test/helpers in a process of its own. @returns what it prints. */
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
