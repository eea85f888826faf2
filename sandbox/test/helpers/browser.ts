/** A real Chromium for the page's tests. */

import { chromium } from 'playwright-core'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { chromiumPath } from './chromium.ts'

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A loaded machine with two cores is slow, not wrong. In milliseconds. */
const PATIENCE_MS = 30_000

/** Starts it. @throws {Error} where there is none. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath(), args: FLAGS, timeout: PATIENCE_MS })
}

/** How a person comes to the page. */
export type Visit = {
  readonly dark?: boolean
  readonly locale?: string
  readonly width?: number
  readonly height?: number
  /** Picks the member by name. */
  readonly as?: string
}

/** An open page, with everything it asked for and complained of. */
export type Visitor = {
  readonly page: Page
  readonly context: BrowserContext
  /** Addresses of all requests and web sockets. */
  readonly requests: string[]
  /** Errors of scripts, of the console and of the Content-Security-Policy. */
  readonly errors: string[]
}

/** Opens the page and waits until it is live. */
export async function visit(browser: Browser, url: string, how: Visit = {}): Promise<Visitor> {
  const context = await browser.newContext({
    colorScheme: how.dark ? 'dark' : 'light',
    locale: how.locale ?? 'en-US',
    viewport: { width: how.width ?? 1280, height: how.height ?? 800 },
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  const visitor: Visitor = { page, context, requests: [], errors: [] }
  page.on('request', (request) => visitor.requests.push(request.url()))
  page.on('websocket', (socket) => visitor.requests.push(socket.url()))
  page.on('pageerror', (error) => visitor.errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') {
      visitor.errors.push(message.text())
    }
  })
  await page.goto(url)
  await page.locator('.channel[data-channel]').first().waitFor({ state: 'attached' })
  if (how.as !== undefined) {
    await become(page, how.as)
  }
  return visitor
}

/** Switches to the member of that name. */
export async function become(page: Page, name: string): Promise<void> {
  const person = page.locator('.person', { hasText: name })
  await person.locator('input').check({ force: true })
  await page.locator('.person.chosen', { hasText: name }).waitFor({ state: 'attached' })
}
