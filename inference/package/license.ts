/** Reads what a model states about itself in its README.md: its license and its languages. */

import { readFile } from 'node:fs/promises'
import path from 'node:path'

/** Longer names are cut, in characters. */
const MAX_NAME_LENGTH = 100

/**
 * Reads the license from the front matter of a folder's README.md.
 *
 * @returns the name as written there, or null if there is none.
 */
export async function readLicense(folder: string): Promise<string | null> {
  return licenseOfCard(await readReadme(folder))
}

/**
 * Reads the languages from the front matter of a folder's README.md.
 *
 * @returns ISO 639 codes such as `en`, or null if it states none, or something that is no code.
 */
export async function readLanguages(folder: string): Promise<string[] | null> {
  return languagesOfCard(await readReadme(folder))
}

/** @returns an empty text if there is none. */
function readReadme(folder: string): Promise<string> {
  return readFile(path.join(folder, 'README.md'), 'utf8').catch(() => '')
}

/** Reads `language:`, one code or a YAML list of them, in a model card's front matter. */
export function languagesOfCard(card: string): string[] | null {
  const stated = /^language:(.*(?:\r?\n[ \t]*-.*)*)/m.exec(frontMatterOf(card) ?? '')?.[1]
  const codes = stated?.match(/[^\s,[\]'"-]+/g) ?? []
  return codes.length > 0 && codes.every((code) => /^[a-z]{2,3}$/.test(code)) ? codes : null
}

function frontMatterOf(card: string): string | undefined {
  return /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---/.exec(card)?.[1]
}

/** Reads `license:` (and `license_name:` where that is `other`) in a model card's front matter. */
export function licenseOfCard(card: string): string | null {
  const front = frontMatterOf(card)
  if (front === undefined) {
    return null
  }
  const field = (name: string) => {
    const line = new RegExp(`^${name}:(.*)$`, 'm').exec(front)?.[1]
    const value =
      line
        ?.replace(/\s+#.*$/, '')
        .trim()
        .replace(/^(['"])(.*)\1$/, '$2') ?? ''
    return value === '' ? null : value
  }
  const license = field('license') ?? listItem(front)
  return license === 'other' ? (field('license_name') ?? license) : license
}

/**
 * One or two sentences for the person who pulls the model.
 *
 * @param license the name the model card gives, or null.
 * @param note what the family adds, or null.
 */
export function licenseSentence(license: string | null, note: string | null): string {
  const stated =
    license === null
      ? 'The model states no license: ask its owner before using it.'
      : `License stated by the model: ${printable(license)}.`
  return note === null ? stated : `${stated} ${note}`
}

/** The first item where the license is a YAML list. */
function listItem(front: string): string | null {
  return /^license:\s*\r?\n\s*-\s*(\S+)/m.exec(front)?.[1] ?? null
}

/** Untrusted text made safe for a terminal: without control characters, and cut. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, ' ').slice(0, MAX_NAME_LENGTH).trim()
}
