/**
 * Photographs the page for the README: `node bench/pictures/make-screenshots.ts`, with Chromium installed.
 *
 * The real bot answers with the demo model. Writes docs/page.png (dark) and docs/page-*.png.
 */

import path from 'node:path'
import { pino } from 'pino'
import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { startBot } from '../../bot/start.ts'
import { readConfig } from '../../config/config.ts'
import { become, launchBrowser, type Visit, visit } from 'loopback-discord/testing/browser'

const DOCS = path.join(import.meta.dirname, '..', '..', 'docs')
const PHONE = { width: 390, height: 844 }
const DESKTOP = { width: 1280, height: 980 }

const SHOTS: readonly (readonly [string, Visit])[] = [
  ['page.png', { dark: true, ...DESKTOP }],
  ['page-light.png', DESKTOP],
  ['page-phone.png', { dark: true, ...PHONE }],
  ['page-chinese.png', { locale: 'zh-CN', ...DESKTOP }],
]

/** A picture is sent, described by the message's menu, and asked about by two people. */
async function talk(page: Page): Promise<void> {
  const text = page.locator('#text')
  await page.locator('.sample').first().click()
  await page.locator('.draft').waitFor()
  await text.fill('What do you make of this one?')
  await text.press('Enter')
  await page.locator('article.message .picture').click({ button: 'right' })
  await page.getByRole('menuitem', { name: 'Describe image' }).click()
  await become(page, 'Lin')
  await reply(page, 'yellow star', 'what color is the square?')
}

/** Replies to the bot's newest message with that text, and waits for the answer. */
async function reply(page: Page, said: string, question: string): Promise<void> {
  const target = page.locator('article.message:has(.badge)', { hasText: said }).last()
  await target.hover()
  await target.locator('.toolbar button').first().click()
  await page.locator('#text').fill(question)
  await page.locator('#text').press('Enter')
  await page.locator('article.message:has(.badge)', { hasText: question }).waitFor()
}

async function photograph(browser: Browser, url: string, file: string, how: Visit) {
  const { page, context } = await visit(browser, url, how)
  await page.locator('article.message:has(.badge)').last().waitFor()
  const shot = await page.screenshot()
  // A palette keeps text sharp at a third of the size.
  await sharp(shot).png({ palette: true, quality: 95, effort: 10 }).toFile(path.join(DOCS, file))
  await context.close()
}

const bot = await startBot(readConfig({ SANDBOX_STATE: 'memory' }), pino({ level: 'warn' }))
const browser = await launchBrowser()
try {
  const { url } = bot.sandbox!
  const { page, context } = await visit(browser, url, DESKTOP)
  await talk(page)
  await context.close()
  for (const [file, how] of SHOTS) {
    await photograph(browser, url, file, how)
  }
} finally {
  await browser.close()
  await bot.close()
}
