/**
 * Opens a model package folder: reads its card and checks that every file exists with the right size.
 *
 * Does not load ONNX Runtime: problems of a folder are reported before a session is opened, each in
 * a sentence that names the file. verify.ts reads the files themselves.
 */

import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { ConfigError } from '../../config/errors.ts'
import { CARD_FILE, type ModelCard, readCard as readModelCard } from './model-card.ts'

/** The only package format that this version reads. */
const FORMAT = 1

/** Part of every package, besides the card and the graphs. */
const TOKENIZER_FILE = 'tokenizer.json'

export type ModelPackage = { readonly folder: string; readonly card: ModelCard }

/**
 * Opens a package.
 *
 * @throws {ConfigError} saying which file is wrong and why.
 */
export async function openPackage(folder: string): Promise<ModelPackage> {
  const card = parseCard(folder, await readCard(folder))
  const problems = await findProblems(folder, card)
  if (problems.length > 0) {
    throw new ConfigError(problems)
  }
  return { folder, card }
}

async function readCard(folder: string): Promise<string> {
  try {
    return await readFile(path.join(folder, CARD_FILE), 'utf8')
  } catch (cause) {
    throw new ConfigError([await whyNoCard(folder)], { cause })
  }
}

async function whyNoCard(folder: string): Promise<string> {
  const isFolder = await stat(folder).then(
    (entry) => entry.isDirectory(),
    () => null,
  )
  if (isFolder === null) {
    return `There is no model package at ${folder}; npm run pull -- --help says how to make one.`
  }
  if (!isFolder) {
    return `${folder} is a file; a model package is a folder with a ${CARD_FILE} in it.`
  }
  if (await exists(path.join(folder, 'config.json'))) {
    return (
      `${folder} is a Hugging Face checkpoint, not a model package; ` +
      `make one of it with: npm run pull -- --from ${folder}`
    )
  }
  return `${folder} is not a model package: it has no readable ${CARD_FILE}.`
}

function parseCard(folder: string, text: string): ModelCard {
  const file = path.join(folder, CARD_FILE)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new ConfigError([`${file} is broken: it is not JSON.`], { cause })
  }
  const format = formatOf(json)
  if (typeof format === 'number' && format > FORMAT) {
    throw new ConfigError([
      `${file} has format ${format}, made by a newer Sightseer; this one reads format ${FORMAT}.`,
    ])
  }
  const card = readModelCard(json)
  if (typeof card === 'string') {
    throw new ConfigError([`${file} is not the card of a model package: ${card}.`])
  }
  return card
}

function formatOf(json: unknown): unknown {
  return typeof json === 'object' && json !== null && 'format' in json ? json.format : undefined
}

async function findProblems(folder: string, card: ModelCard): Promise<string[]> {
  const required = [...card.graphs.map((graph) => `${graph}.onnx`), TOKENIZER_FILE]
  const problems = required
    .filter((name) => !(name in card.files))
    .map((name) => `${path.join(folder, CARD_FILE)} is incomplete: it does not list ${name}.`)
  for (const [name, { bytes }] of Object.entries(card.files)) {
    const problem = isFileName(name)
      ? await fileProblem(path.join(folder, name), bytes)
      : `${path.join(folder, CARD_FILE)} lists ${name}, which is not the name of a file.`
    if (problem) {
      problems.push(problem)
    }
  }
  return problems
}

async function fileProblem(file: string, bytes: number): Promise<string | null> {
  const size = await stat(file).then(
    (entry) => (entry.isFile() ? entry.size : null),
    () => null,
  )
  if (size === null) {
    return `${file} is missing.`
  }
  if (size !== bytes) {
    return `${file} has ${size} bytes instead of ${bytes}: the file was cut short or replaced.`
  }
  return null
}

/** Names that a conversion gives; none leads out of the folder. */
function isFileName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  )
}
