/** Reads the JSON files of a checkpoint field by field, collecting every problem. */

import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** Graphs are planned layer by layer before any weight is read; no model has as many. */
export const MAX_LAYERS = 1000

export type Json = Readonly<Record<string, unknown>>

/** The object in a file; null when there is no such file, or (a problem is added) it is broken. */
export function readJson(folder: string, name: string, problems: string[]): Json | null {
  const file = path.join(folder, name)
  if (!existsSync(file)) {
    return null
  }
  let text = ''
  try {
    text = readFileSync(file, 'utf8')
    const value: unknown = JSON.parse(text)
    if (isObject(value)) {
      return value
    }
  } catch {
    // Said below, with the file's name.
  }
  problems.push(lfsPointerProblem(file, text) ?? `${file} is not a JSON object.`)
  return null
}

/** A sentence if a file is what git leaves in the place of a large file; null if it is not. */
export function lfsPointerProblem(file: string, text: string): string | null {
  return text.startsWith('version https://git-lfs.github.com/spec/')
    ? `${file} is a pointer of Git LFS and not the file itself. Run \`git lfs pull\` in its folder.`
    : null
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One section of a configuration; a field that is absent or null takes the default. */
export class Fields {
  readonly json: Json
  readonly #where: string
  readonly #problems: string[]

  /** @param where begins the sentences, e.g. `config.json: text_config.`. */
  constructor(json: Json, where: string, problems: string[]) {
    this.json = json
    this.#where = where
    this.#problems = problems
  }

  problem(name: string, sentence: string): void {
    this.#problems.push(`${this.#where}${name} ${sentence}`)
  }

  section(name: string): Fields {
    const value = this.json[name] ?? {}
    if (!isObject(value)) {
      this.problem(name, 'is not an object.')
    }
    return new Fields(isObject(value) ? value : {}, `${this.#where}${name}.`, this.#problems)
  }

  /** A whole number of at least 1. */
  count(name: string, fallback: number, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.json[name] ?? fallback
    if (isId(value) && value > 0 && value <= most) {
      return value
    }
    const range = most === Number.MAX_SAFE_INTEGER ? 'above 0' : `from 1 to ${most}`
    this.problem(name, `is ${JSON.stringify(value)}; a whole number ${range} is needed.`)
    return fallback
  }

  number(name: string, fallback: number): number {
    const value = this.json[name] ?? fallback
    if (typeof value === 'number' && Number.isFinite(value)) {
      return value
    }
    this.problem(name, `is ${JSON.stringify(value)}; a number is needed.`)
    return fallback
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.json[name] ?? fallback
    if (typeof value === 'boolean') {
      return value
    }
    this.problem(name, `is ${JSON.stringify(value)}; true or false is needed.`)
    return fallback
  }

  choice<T extends string>(name: string, fallback: T, choices: readonly T[]): T {
    const value = this.json[name] ?? fallback
    const found = choices.find((choice) => choice === value)
    if (found === undefined) {
      this.problem(name, `is ${JSON.stringify(value)}; supported are ${choices.join(', ')}.`)
    }
    return found ?? fallback
  }

  /** A token id. */
  id(name: string, fallback: number): number {
    const value = this.json[name] === undefined ? fallback : this.json[name]
    if (isId(value)) {
      return value
    }
    this.problem(name, `is ${JSON.stringify(value)}; a token id is needed.`)
    return fallback
  }

  ids(name: string, fallback: number): number[] {
    const value = this.json[name]
    if (Array.isArray(value) && value.length > 0 && value.every(isId)) {
      return value
    }
    return [this.id(name, fallback)]
  }
}

/** A head is as wide as all of them share the hidden states. */
export function checkHeads(fields: Fields, config: { hidden: number; heads: number }): void {
  if (config.hidden % config.heads !== 0) {
    fields.problem(
      'num_attention_heads',
      `is ${config.heads}, which does not divide hidden_size ${config.hidden}.`,
    )
  }
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
