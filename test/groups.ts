/**
 * Which quick test files share a process: those of a folder, one after the other, except those that
 * the process itself would tell apart.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

/** Files that need a process of their own, and why. */
export const ALONE: Readonly<Record<string, string>> = {
  'test/bot/store/sqlite-thread.test.ts': 'listens to the start of threads',
  'test/inference/idle.test.ts': 'measures the processor time of the process',
  'test/inference/image/resize.test.ts': 'measures the memory of the process',
}

/** Folders deeper than this share with the one above: `test/bot/moderation/rules`. */
const DEPTH = 3

function folderOf(file: string): string {
  return path.dirname(file).split(path.sep).slice(0, DEPTH).join('/')
}

export type Group = { readonly name: string; readonly files: readonly string[] }

/**
 * Groups of test files, those with the most code first: the last groups to end are then short.
 *
 * @param files relative to `root`.
 */
export function groupsOf(files: readonly string[], root: string): Group[] {
  const groups = Map.groupBy(files, (file) => (Object.hasOwn(ALONE, file) ? file : folderOf(file)))
  const size = (group: Group) =>
    group.files.reduce((sum, file) => sum + readFileSync(path.join(root, file)).length, 0)
  return [...groups]
    .map(([name, files]) => ({ name, files: files.toSorted() }))
    .map((group) => ({ group, size: size(group) }))
    .toSorted((a, b) => b.size - a.size)
    .map(({ group }) => group)
}

/**
 * Writes a module that runs the files of a group, for `node --test`. Each file is a suite, so its
 * hooks outside of a `describe` are its own.
 *
 * @param number `node --test` runs files by name.
 * @returns its path.
 */
export function writeGroup(folder: string, number: number, group: Group, root: string): string {
  const name = `${String(number).padStart(3, '0')}-${group.name.replaceAll('/', '-')}.mjs`
  const suites = group.files.map((file) => {
    const url = pathToFileURL(path.join(root, file)).href
    return `describe(${JSON.stringify(file)}, async () => {\n  await import(${JSON.stringify(url)})\n})\n`
  })
  const module = path.join(folder, name)
  writeFileSync(module, ["import { describe } from 'node:test'\n", ...suites].join('\n'))
  return module
}
