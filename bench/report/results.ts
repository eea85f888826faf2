/** Writes a benchmark's numbers together with the machine that gave them. */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import path from 'node:path'

/** The results that the documents state; git tracks them. */
const PUBLISHED_FOLDER = path.join(import.meta.dirname, '..', 'results')
/** The results of everybody's own runs; git ignores them. */
const OWN_FOLDER = path.join(PUBLISHED_FOLDER, 'own')
const GIB = 2 ** 30

let folder = OWN_FOLDER

/** From here on, results replace the published ones (`--update`). */
export function updatePublished(): void {
  folder = PUBLISHED_FOLDER
}

/** Whether results replace the published ones. */
export function isUpdating(): boolean {
  return folder === PUBLISHED_FOLDER
}

/** Where a result or chart is written; the folder exists afterward. */
export function resultFile(name: string): string {
  mkdirSync(folder, { recursive: true })
  return path.join(folder, name)
}

/** Where the newest result is: of an own run, else the published one. */
export function newestResult(name: string): string {
  const own = path.join(OWN_FOLDER, name)
  return existsSync(own) ? own : path.join(PUBLISHED_FOLDER, name)
}

/** What ran: processor, cores, memory and Node, in words. */
export function machine(): string {
  const all = cpus()
  return `${all[0]?.model ?? 'unknown processor'}, ${all.length} cores, ${Math.round(totalmem() / GIB)} GiB, Node ${process.version}`
}

/**
 * Writes `bench/results/own/NAME.json`, or `bench/results/NAME.json` with `--update`.
 *
 * @returns the file's path.
 */
export function writeResults(name: string, results: object): string {
  const file = resultFile(`${name}.json`)
  const whole = { date: new Date().toISOString(), machine: machine(), ...results }
  writeFileSync(file, `${JSON.stringify(whole, null, 2)}\n`)
  return file
}
