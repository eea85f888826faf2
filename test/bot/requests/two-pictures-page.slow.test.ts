/** A newcomer asks one question about two sample pictures on the page, of the miniature that takes several. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { pino } from 'pino'
import type { Browser, Locator, Page } from 'playwright-core'
import { launchBrowser, visit } from 'loopback-discord/testing/browser'
import { WITH_BROWSER } from 'loopback-discord/testing/chromium'
import { type Bot, startBot } from '../../../bot/start.ts'
import { readConfig } from '../../../config/config.ts'

const SAMPLES = ['lone-triangle', 'two-stars'] as const

describe('a question about two pictures on the page', { ...WITH_BROWSER, timeout: 60_000 }, () => {
  let bot: Bot
  let browser: Browser

  before(async () => {
    const config = readConfig({ SANDBOX_STATE: 'memory', SIGHTSEER_MODEL: 'demo-llava' })
    bot = await startBot(config, pino({ level: 'silent' }))
    browser = await launchBrowser()
  })
  after(async () => {
    await browser?.close()
    await bot?.close()
  })

  it('has one answer about both, and a reply asks on', async () => {
    const { page, errors } = await visit(browser, bot.sandbox!.url)
    for (const name of SAMPLES) {
      await page.locator(`.sample:has(img[src*="/${name}."])`).click()
      await page.locator('.draft', { hasText: name }).waitFor()
    }
    const first = await ask(page, '@Sightseer which one has more stars?', 'the second')
    await first.hover()
    await first.locator('.toolbar button').first().click()
    await ask(page, 'how many triangles are in the first picture?', '1')
    assert.deepEqual(errors, [])
  })
})

/** Sends the text. @returns the bot's message with that answer. */
async function ask(page: Page, text: string, answer: string): Promise<Locator> {
  await page.locator('#text').fill(text)
  await page.locator('#text').press('Enter')
  // Suggestions that come later edit the message, and the page says so.
  const said = page
    .locator('article.message:has(.badge)')
    .getByText(new RegExp(`^${answer}(\\s*\\(edited\\))?$`))
  await said.last().waitFor()
  return page.locator('article.message:has(.badge)').last()
}
