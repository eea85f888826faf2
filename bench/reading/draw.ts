/** Draws the pictures with Chromium, into a folder where they stay for the next run. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { launchBrowser } from 'loopback-discord/testing/browser'
import { LAYOUT_WIDTH, type Page } from './pages.ts'

const ORIGIN = 'http://pages.invalid/'
const FONT =
  'node_modules/@fontsource/noto-sans-sc/files/noto-sans-sc-chinese-simplified-400-normal.woff2'
const FONT_CSS = `@font-face { font-family: 'Noto Sans SC'; src: url(/font.woff2) }`

/** The document without text: what is laid out before the font is there keeps empty boxes. */
const EMPTY =
  '<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/font.css"><body></body>'

/** Puts the page in once its font is there. */
function layOut(html: string): string {
  return `document.fonts.load("16px 'Noto Sans SC'", '中').then(() => {
    document.body.innerHTML = ${JSON.stringify(html)}
    return document.fonts.ready
  }).then(() => null)`
}

/** @param others where the font is installed. @returns the file of each page, a JPEG. */
export async function drawPages(
  pages: readonly Page[],
  folder: string,
  others: string,
): Promise<string[]> {
  mkdirSync(folder, { recursive: true })
  const fileOf = ({ name }: Page) => path.join(folder, `${name}.jpg`)
  const missing = pages.filter((page) => !existsSync(fileOf(page)))
  if (missing.length === 0) {
    return pages.map(fileOf)
  }
  const font = readFileSync(path.join(others, FONT))
  const browser = await launchBrowser()
  try {
    for (const page of missing) {
      const tab = await browser.newPage({
        viewport: { width: LAYOUT_WIDTH, height: 300 },
        deviceScaleFactor: page.width / LAYOUT_WIDTH,
      })
      await tab.route('**/*', (route) => {
        switch (new URL(route.request().url()).pathname) {
          case '/font.css':
            return route.fulfill({ contentType: 'text/css', body: FONT_CSS })
          case '/font.woff2':
            return route.fulfill({ contentType: 'font/woff2', body: font })
          default:
            return route.fulfill({ contentType: 'text/html', body: EMPTY })
        }
      })
      await tab.goto(ORIGIN)
      await tab.evaluate(layOut(page.html))
      const picture = await tab
        .locator('body')
        .screenshot({ type: 'jpeg', quality: page.quality, scale: 'device' })
      writeFileSync(fileOf(page), picture)
      await tab.close()
    }
  } finally {
    await browser.close()
  }
  return pages.map(fileOf)
}
