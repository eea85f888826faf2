/** Reads the license that a model states. */

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
  let text: string
  try {
    text = await readFile(path.join(folder, 'README.md'), 'utf8')
  } catch {
    return null
  }
  return licenseOfCard(text)
}

/** Reads `license:` (and `license_name:` where that is `other`) in a model card's front matter. */
export function licenseOfCard(card: string): string | null {
  const front = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---/.exec(card)?.[1]
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
