/**
 * Which quick test files share a process: those of a folder or of several small ones, one after the
 * other, except those that the process itself would tell apart.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

/** Files that need a process of their own, and why. */
export const ALONE: Readonly<Record<string, string>> = {
  'test/bot/store/sqlite-thread.test.ts': 'listens to the start of threads',
  'test/inference/idle.test.ts': 'measures the processor time of the process',
  'test/inference/model.test.ts': 'looks at the modules of the process',
  'test/inference/image/resize.test.ts': 'measures the memory of the process',
}

/** Folders deeper than this share with the one above: `test/bot/moderation/rules`. */
const DEPTH = 3

/** A folder with less code, in bytes, shares with others around it: to start takes longer than its tests. */
const SMALL = 20_000

function folderOf(file: string): string {
  return path.dirname(file).split(path.sep).slice(0, DEPTH).join('/')
}

/** Where the tests are: nothing around these is shared. */
const ROOTS: readonly string[] = ['test', 'sandbox/test']

/** What small folders share: `test/bench` of `test/bench/report`, `test` of `test/config`. */
function around(folder: string): string {
  return ROOTS.includes(folder) ? folder : path.posix.dirname(folder)
}

export type Group = { readonly name: string; readonly files: readonly string[] }

/**
 * Groups of test files, those with the most code first: the last groups to end are then short.
 *
 * @param files relative to `root`.
 */
export function groupsOf(files: readonly string[], root: string): Group[] {
  const sizes = new Map(files.map((file) => [file, readFileSync(path.join(root, file)).length]))
  const sizeOf = (names: readonly string[]) =>
    names.reduce((sum, name) => sum + sizes.get(name)!, 0)
  const folders = Map.groupBy(files, folderOf)
  const nameOf = (file: string) => {
    const folder = folderOf(file)
    return sizeOf(folders.get(folder)!) < SMALL ? around(folder) : folder
  }
  const groups = Map.groupBy(files, (file) => (Object.hasOwn(ALONE, file) ? file : nameOf(file)))
  return [...groups]
    .map(([name, names]) => ({ group: { name, files: names.toSorted() }, size: sizeOf(names) }))
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
