/** A newcomer's whole visit: plain `npm start`, the page in a real browser, killed in the middle. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Browser, Locator, Page } from 'playwright-core'
import { launchBrowser, type Visitor, visit } from 'loopback-discord/testing/browser'
import { WITH_BROWSER } from 'loopback-discord/testing/chromium'
import { freePort } from '../../helpers/databases.ts'
import { npmStart, type Started } from '../../helpers/npm-start.ts'

const SAMPLE = 'star-and-circle.webp'

describe('a newcomer on the page', { ...WITH_BROWSER, timeout: 240_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sightseer-newcomer-'))
  let env: Readonly<Record<string, string>>
  let bot: Started
  let url: string
  let browser: Browser
  let visitor: Visitor
  let page: Page

  before(async () => {
    // Other tests may have the usual port.
    env = { SANDBOX_PORT: String(await freePort()) }
    bot = npmStart(folder, env)
    url = await bot.address()
    browser = await launchBrowser()
    visitor = await visit(browser, url)
    page = visitor.page
  })
  after(async () => {
    await browser?.close()
    bot?.bot.kill('SIGTERM')
    await bot?.exited
    rmSync(folder, { recursive: true })
  })

  /** The message with that text. */
  function message(text: string): Locator {
    return page.locator('article.message', { hasText: text }).last()
  }

  /** Drops a sample on the page and uses /describe on it. */
  async function describeSample(number: number) {
    await page.locator('.sample').nth(number).dragTo(page.locator('#text'))
    await page.locator('.draft').waitFor()
    await page.locator('.upload-commands').getByRole('button', { name: '/describe' }).click()
  }

  async function ask(answer: Locator, question: string) {
    await answer.getByRole('button', { name: 'Ask…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox').fill(question)
    await dialog.getByRole('button', { name: 'Submit' }).click()
    await dialog.waitFor({ state: 'detached' })
  }

  /** From now on pictures come so slowly that nothing is answered. */
  async function slowDownloads() {
    const body = JSON.stringify({ kind: 'cdn', action: 'slow', bytesPerSecond: 1 })
    const headers = { 'content-type': 'application/json' }
    await fetch(`${url}/sandbox/faults`, { method: 'POST', headers, body })
  }

  /** Waits until the bot is in the middle of a download. */
  async function oneIsSlow() {
    while (!(await (await fetch(`${url}/sandbox/faults`)).text()).includes('"applied":1')) {}
  }

  it(`drops ${SAMPLE} and reads what is on it`, async () => {
    await describeSample(0)
    await message('yellow star at the top left').waitFor()
  })

  it('presses a question that the bot suggests', async () => {
    const described = message('yellow star at the top left')
    const suggested = described.locator('.component-button', { hasText: /\?$/ }).first()
    const question = await suggested.innerText()
    await suggested.click()
    await page.locator('article.message blockquote', { hasText: question }).waitFor()
  })

  it('asks a follow-up that means nothing without the first answer', async () => {
    await ask(message('yellow star at the top left'), 'what color is the star?')
    const first = message('what color is the star?')
    await first.getByText(answerText('yellow')).waitFor()
    await ask(first, 'and the circle?')
    await message('and the circle?').getByText(answerText('red')).waitFor()
  })

  it('still gets the answer that the bot was killed in the middle of', async () => {
    await slowDownloads()
    await describeSample(2)
    await oneIsSlow()
    bot.bot.kill('SIGKILL')
    await bot.exited
    bot = npmStart(folder, env)
    assert.equal(await bot.address(), url)
    await message('green triangle in the center').waitFor()
    await ask(message('and the circle?'), 'and the square?')
    await message('and the square?').getByText(answerText('blue')).waitFor()
  })

  it('is asked nothing else, and sees no error', () => {
    const { host } = new URL(url)
    const elsewhere = visitor.requests.filter(
      (address) => /^(http|ws)/.test(address) && new URL(address).host !== host,
    )
    assert.deepEqual(elsewhere, [])
    // That nobody was there while it was down is for the console to say.
    const real = visitor.errors.filter((error) => !/ERR_CONNECTION|ERR_EMPTY/.test(error))
    assert.deepEqual(real, [])
  })
})

/** The answer alone. Suggestions that come later edit the message, and the page says so. */
function answerText(answer: string): RegExp {
  return new RegExp(`^${answer}(\\s*\\(edited\\))?$`)
}
