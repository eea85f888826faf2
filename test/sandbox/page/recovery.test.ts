/** The page when the bot or the sandbox goes away and comes back. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startSandbox } from '../../../sandbox/server.ts'
import { launchBrowser, visit, WITH_BROWSER } from '../../helpers/browser.ts'
import { startPageBot } from '../../helpers/page-bot.ts'

describe('the page after a break', WITH_BROWSER, () => {
  it('says that the sandbox is away, and goes on when it is back', async () => {
    const browser = await launchBrowser()
    const first = await startSandbox()
    const { port } = new URL(first.url)
    const { page } = await visit(browser, first.url)
    await first.close()
    const line = page.locator('.connection', { hasText: 'The sandbox does not answer.' })
    await line.waitFor()
    const second = await startSandbox({ port: Number(port) })
    await line.waitFor({ state: 'hidden' })
    await page.locator('.person.chosen').waitFor()
    await page.locator('#text').fill('still here')
    await page.locator('#text').press('Enter')
    await page.locator('article.message', { hasText: 'still here' }).waitFor()
    await browser.close()
    await second.close()
  })

  it('says that the bot is away, and uses it again when it is back', async () => {
    const browser = await launchBrowser()
    const sandbox = await startSandbox()
    const first = await startPageBot(sandbox)
    const { page } = await visit(browser, sandbox.url)
    const line = page.locator('.connection', { hasText: 'Sightseer is offline.' })
    await first.close()
    await line.waitFor()
    const second = await startPageBot(sandbox)
    await line.waitFor({ state: 'hidden' })
    await page.locator('#text').fill('/notes show ')
    await page.getByRole('button', { name: 'Run' }).click()
    const answer = page.locator('article.message:not(.pending)', { hasText: 'notes show' })
    await answer.waitFor()
    assert.match(await answer.innerText(), /Ada\s+used/)
    await browser.close()
    await second.close()
    await sandbox.close()
  })
})
