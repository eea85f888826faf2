/** The page when the bot or the sandbox goes away and comes back. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startSandbox } from '../../src/server.ts'
import { launchBrowser, visit } from '../helpers/browser.ts'
import { WITH_BROWSER } from '../helpers/chromium.ts'
import { startPageBot } from '../helpers/page-bot.ts'

describe('the page after a break', WITH_BROWSER, () => {
  it('says that the sandbox is away, and reconnects when it is back', async (t) => {
    const browser = await launchBrowser()
    t.after(() => browser.close())
    const first = await startSandbox()
    t.after(() => first.close())
    const { port } = new URL(first.url)
    const { page } = await visit(browser, first.url)
    await first.close()
    const line = page.locator('.connection', { hasText: 'The sandbox does not answer.' })
    await line.waitFor()
    const second = await startSandbox({ port: Number(port) })
    t.after(() => second.close())
    await line.waitFor({ state: 'hidden' })
    await page.locator('.person.chosen').waitFor()
    await page.locator('#text').fill('still here')
    await page.locator('#text').press('Enter')
    await page.locator('article.message', { hasText: 'still here' }).waitFor()
  })

  it('says that the bot is away, and uses it again when it is back', async (t) => {
    const browser = await launchBrowser()
    t.after(() => browser.close())
    const sandbox = await startSandbox()
    t.after(() => sandbox.close())
    const first = await startPageBot(sandbox)
    t.after(() => first.close())
    const { page } = await visit(browser, sandbox.url)
    const line = page.locator('.connection', { hasText: 'Sightseer is offline.' })
    await first.close()
    await line.waitFor()
    const second = await startPageBot(sandbox)
    t.after(() => second.close())
    await line.waitFor({ state: 'hidden' })
    await page.locator('#text').fill('/notes show ')
    await page.getByRole('button', { name: 'Run' }).click()
    const answer = page.locator('article.message:not(.pending)', { hasText: 'notes show' })
    await answer.waitFor()
    assert.match(await answer.innerText(), /Ada\s+used/)
  })
})
