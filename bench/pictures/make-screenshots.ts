/**
 * Photographs the page for the README: `node bench/pictures/make-screenshots.ts`, with Chromium installed.
 *
 * The real bot answers with the demo model and its matcher, and about two pictures with the second miniature. Writes docs/page.png
 * (dark) and docs/page-*.png.
 */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Member } from 'loopback-discord/client'
import { pino } from 'pino'
import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { startBot } from '../../bot/start.ts'
import { readConfig } from '../../config/config.ts'
import { become, launchBrowser, type Visit, visit } from 'loopback-discord/testing/browser'

const ROOT = path.join(import.meta.dirname, '..', '..')
const DOCS = path.join(ROOT, 'docs')
const SAMPLES = path.join(ROOT, 'sandbox', 'samples')
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

/** What is posted to be searched, and what is looked for in it. */
const POSTED = ['lone-triangle', 'hearts', 'two-stars', 'four-corners'] as const
const WANTED = 'red heart'
const SEARCH_CHANNEL = 'memes'

/** Posts pictures in a channel that is searched from the start, and waits until they can be found. */
async function post(url: string): Promise<void> {
  const kit = await Member.connect(url, 'kit', { channel: SEARCH_CHANNEL })
  const ids: string[] = []
  for (const name of POSTED) {
    const bytes = new Uint8Array(readFileSync(path.join(SAMPLES, `${name}.webp`)))
    ids.push((await kit.upload({ name: `${name}.webp`, bytes })).id)
  }
  const find = () => kit.slash('find', { words: WANTED, where: 'channel' })
  while (!(await find()).content.includes(ids[1]!)) {
    await wait(100)
  }
  kit.close()
}

/** Ada searches; what she finds is shown to her only. */
async function search(browser: Browser, url: string): Promise<void> {
  const { page, context } = await visit(browser, url, { dark: true, ...DESKTOP, as: 'Ada' })
  await page.locator('.channel[data-channel]', { hasText: SEARCH_CHANNEL }).click()
  const form = page.locator('.command-form')
  await page.locator('#text').fill('/find')
  await page.locator('.command-list .option.active', { hasText: '/find' }).waitFor()
  await page.keyboard.press('Enter')
  await form.getByRole('textbox', { name: /words/ }).fill(WANTED)
  await form.getByRole('button', { name: 'Run' }).click()
  await page.locator('article.message:has(.badge)', { hasText: WANTED }).last().waitFor()
  await page.waitForLoadState('networkidle')
  await save(page, 'page-find.png')
  await context.close()
}

/** What is sent in one message, and asked about there and then about one of them. */
const TWO = ['lone-triangle', 'two-stars'] as const
const ABOUT_TWO = 'which one has more stars?'
const ABOUT_ONE = 'how many triangles are in the first picture?'

/** One question about two pictures, and a follow-up, of the miniature that sees several at once. */
async function compare(browser: Browser): Promise<void> {
  const config = readConfig({ SANDBOX_STATE: 'memory', SIGHTSEER_MODEL: 'demo-llava' })
  const bot = await startBot(config, pino({ level: 'warn' }))
  try {
    const { page, context } = await visit(browser, bot.sandbox!.url, { dark: true, ...DESKTOP })
    for (const name of TWO) {
      await page.locator(`.sample:has(img[src*="/${name}."])`).click()
      await page.locator('.draft', { hasText: name }).waitFor()
    }
    await page.locator('#text').fill(`@Sightseer ${ABOUT_TWO}`)
    await page.locator('#text').press('Enter')
    await reply(page, 'second', ABOUT_ONE)
    await page.waitForLoadState('networkidle')
    await save(page, 'page-two-pictures.png')
    await context.close()
  } finally {
    await bot.close()
  }
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
  await save(page, file)
  await context.close()
}

async function save(page: Page, file: string): Promise<void> {
  const shot = await page.screenshot()
  // A palette keeps text sharp at a third of the size.
  await sharp(shot).png({ palette: true, quality: 95, effort: 10 }).toFile(path.join(DOCS, file))
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
  await post(url)
  await search(browser, url)
  await compare(browser)
} finally {
  await browser.close()
  await bot.close()
}
