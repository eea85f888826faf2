/**
 * Where Chromium is. Where it is missing, the page's tests are skipped, and the report says what to
 * install; with SIGHTSEER_CI set it is an error instead.
 */

import { existsSync } from 'node:fs'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

const MISSING =
  'No Chromium found: install it (Debian: apt-get install chromium) or set CHROMIUM_PATH.'

const chromium = [process.env['CHROMIUM_PATH'] ?? '', ...PLACES].find(existsSync)
if (chromium === undefined && process.env['SIGHTSEER_CI']) {
  throw new Error(MISSING)
}

/** The options of a `describe` or `it` that starts a browser. */
export const WITH_BROWSER = { skip: chromium === undefined && MISSING } as const

/** The program. @throws {Error} where there is none, with what to install. */
export function chromiumPath(): string {
  if (chromium === undefined) {
    throw new Error(MISSING)
  }
  return chromium
}
