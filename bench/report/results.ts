/** Writes a benchmark's numbers together with the machine that gave them. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import path from 'node:path'

export const RESULTS_FOLDER = path.join(import.meta.dirname, '..', 'results')
const GIB = 2 ** 30

/** What ran: processor, cores, memory and Node, in words. */
export function machine(): string {
  const all = cpus()
  return `${all[0]?.model ?? 'unknown processor'}, ${all.length} cores, ${Math.round(totalmem() / GIB)} GiB, Node ${process.version}`
}

/**
 * Writes `bench/results/NAME.json`.
 *
 * @returns the file's path.
 */
export function writeResults(name: string, results: object): string {
  mkdirSync(RESULTS_FOLDER, { recursive: true })
  const file = path.join(RESULTS_FOLDER, `${name}.json`)
  const whole = { date: new Date().toISOString(), machine: machine(), ...results }
  writeFileSync(file, `${JSON.stringify(whole, null, 2)}\n`)
  return file
}
