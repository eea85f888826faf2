/**
 * What the repository promises about itself as a whole: small folders, one spelling, and documents
 * that name files which exist.
 */

import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'

const ROOT = path.join(import.meta.dirname, '..')

/** The folders of the repository that we write by hand. */
const FOLDERS = [
  'bot',
  'commands',
  'inference',
  'config',
  'bench',
  'sandbox',
  'test',
  'training',
  'docs',
  'install',
] as const

/** Where the code of the program is; each folder in them is small. */
const SOURCE_FOLDERS = [
  'bot',
  'commands',
  'inference',
  'config',
  'bench',
  'sandbox/src',
  'sandbox/page',
] as const

const MAX_FILES = 15

/** Folders that hold more than `MAX_FILES`, and why. */
const LARGE_FOLDERS: Readonly<Record<string, string>> = {
  'bench/full-size': 'one file per measurement; they are deleted and added one by one',
  'bench/results': 'records of runs, not code',
}

const SPELLINGS: Readonly<Record<string, RegExp>> = {
  color: /colour/gi,
  center: /centre|centring/gi,
  license: /licenc/gi,
  quantize: /quantis/gi,
  normalize: /normalis/gi,
  rasterize: /rasteris/gi,
  behavior: /behaviour/gi,
  favor: /favour/gi,
  catalog: /catalogue/gi,
  learned: /\blearnt\b/gi,
}

/** Fixtures, models, results and names of packages are data; this file has the spellings that it looks for. */
const UNSPELLED = [
  '**/node_modules/**',
  '**/fixtures/**',
  '**/results/**',
  'test/architecture.test.ts',
  'THIRD-PARTY.md',
]

const DOCUMENTS = ['README.md', ...globSync('docs/**/*.md', { cwd: ROOT })]

/** Tells a stranger where things are: a table of questions, files and what to look for in each. */
const MAP = 'docs/architecture.md'

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8')
}

function exists(file: string): boolean {
  return existsSync(path.join(ROOT, file))
}

/** How many files each folder under `top` has, subfolders not counted. */
function filesPerFolder(top: string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const entry of globSync(`${top}/**`, {
    cwd: ROOT,
    exclude: ['**/node_modules/**'],
    withFileTypes: true,
  })) {
    if (entry.isFile()) {
      const folder = path.relative(ROOT, entry.parentPath)
      counts.set(folder, (counts.get(folder) ?? 0) + 1)
    }
  }
  return counts
}

/** Every path of this repository that a document names; patterns such as `bot/*.ts` among them. */
function namedPaths(document: string): string[] {
  const named = new RegExp(`(?<![\\w./-])(?:${FOLDERS.join('|')})/[\\w./*{},-]*`, 'g')
  return [...read(document).matchAll(named)].map(([text]) => text.replace(/[.,]+$/, ''))
}

/** The rows of the table in `MAP`, without the marks of code and links. */
function mapRows(): { question: string; file: string; lookFor: string }[] {
  const rows = read(MAP)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map(plainCell),
    )
  const header = rows.findIndex((cells) => cells.join() === 'question,file,look for')
  assert.ok(header >= 0, `${MAP} has no table of question, file and look for`)
  const others = rows.slice(header + 2)
  const end = others.findIndex((cells) => cells.length !== 3)
  return others
    .slice(0, end < 0 ? others.length : end)
    .map(([question = '', file = '', lookFor = '']) => ({ question, file, lookFor }))
}

function plainCell(cell: string): string {
  return cell
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll('`', '')
    .replaceAll('\\|', '|')
    .trim()
}

describe('the source folders', () => {
  const counts = SOURCE_FOLDERS.flatMap((top) => [...filesPerFolder(top)])

  it(`hold at most ${MAX_FILES} files each`, () => {
    const large = counts.filter(
      ([folder, files]) => files > MAX_FILES && !Object.hasOwn(LARGE_FOLDERS, folder),
    )
    assert.deepEqual(large, [])
  })

  it('need every exception that is listed', () => {
    const sizes = new Map(counts)
    const small = Object.keys(LARGE_FOLDERS).filter(
      (folder) => (sizes.get(folder) ?? 0) <= MAX_FILES,
    )
    assert.deepEqual(small, [])
  })
})

describe('the spelling', () => {
  it('is American in code and documents', () => {
    const files = globSync(['*.md', ...FOLDERS.map((folder) => `${folder}/**/*.{ts,js,md}`)], {
      cwd: ROOT,
      exclude: UNSPELLED,
    })
    assert.ok(files.length > 500, `${files.length} files`)
    const wrong = files.flatMap((file) => {
      const text = read(file)
      return Object.entries(SPELLINGS).flatMap(([right, pattern]) =>
        [...text.matchAll(pattern)].map(([word]) => `${file}: ${word}; write ${right}`),
      )
    })
    assert.deepEqual(wrong, [])
  })
})

describe('the documents', () => {
  for (const document of DOCUMENTS) {
    it(`name paths that exist: ${document}`, () => {
      const missing = namedPaths(document).filter(
        (name) => !exists(name) && globSync(name, { cwd: ROOT }).length === 0,
      )
      assert.deepEqual(missing, [])
    })
  }

  it('name some', () => {
    assert.ok(namedPaths('README.md').length > 5)
  })

  it('lead from each question to a file that answers it', () => {
    const rows = mapRows()
    assert.ok(rows.length > 10, `${rows.length} rows`)
    const wrong = rows.filter(
      ({ file, lookFor }) => !exists(file) || lookFor === '' || !read(file).includes(lookFor),
    )
    assert.deepEqual(wrong, [])
  })
})
