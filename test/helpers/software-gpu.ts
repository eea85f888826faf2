/**
 * A GPU in software, to run the WebGPU provider where there is no other: SwiftShader, which comes
 * with Debian's chromium. Scripts that use it are processes of their own, since where a driver is
 * found is settled at a process's start.
 *
 * Where it is missing, `npm test` skips those tests and says so; in continuous integration
 * (SIGHTSEER_CI is set) they fail instead.
 */

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

/** Chromium's Vulkan device in software, and the loader beside it. */
const CHROMIUM = '/usr/lib/chromium'
const DRIVER = path.join(CHROMIUM, 'vk_swiftshader_icd.json')

export const SOFTWARE_GPU = { VK_DRIVER_FILES: DRIVER, LD_LIBRARY_PATH: CHROMIUM }
export const NO_GPU = { VK_DRIVER_FILES: '/nowhere.json', LD_LIBRARY_PATH: CHROMIUM }

/** What `describe` takes. */
export const WITH_SOFTWARE_GPU = {
  skip: existsSync(DRIVER) || process.env['SIGHTSEER_CI'] ? false : `There is no ${DRIVER}.`,
}

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
