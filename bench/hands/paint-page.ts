/** The page of Chromium in which the generators of pictures draw: `canvas/`, `printed/` and `things/`. */

import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'

const ORIGIN = 'http://paint.invalid'
const CONTENT_TYPES = { js: 'text/javascript', woff2: 'font/woff2' } as const

/**
 * An empty page that imports scripts and loads fonts from its own origin; `fileOf` gives the path of
 * each. No request leaves the machine.
 */
export async function openPaintPage(
  browser: Browser,
  fileOf: (name: string) => string,
): Promise<Page> {
  const page = await browser.newPage()
  await page.route('**/*', (route) => {
    const name = new URL(route.request().url()).pathname.slice(1)
    return name === ''
      ? route.fulfill({ contentType: 'text/html', body: '<title>paint</title>' })
      : route.fulfill({
          contentType: CONTENT_TYPES[name.endsWith('.js') ? 'js' : 'woff2'],
          body: readFileSync(fileOf(name)),
        })
  })
  await page.goto(ORIGIN)
  return page
}
