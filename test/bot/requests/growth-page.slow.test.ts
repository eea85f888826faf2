/**
 * A newcomer's question about two pictures on the page, in a real browser: the answer grows there, and then
 * stands there once. The model is a random one, which writes on only when the page shows what it wrote.
 */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pino } from 'pino'
import type { Browser, Locator, Page } from 'playwright-core'
import { type Bot, startBot } from '../../../bot/start.ts'
import { MORE } from '../../../bot/requests/growing.ts'
import { readConfig } from '../../../config/config.ts'
import type { Model } from '../../../inference/contract/types.ts'
import { openModel } from '../../../inference/model.ts'
import { launchBrowser, visit } from 'loopback-discord/testing/browser'
import { WITH_BROWSER } from 'loopback-discord/testing/chromium'
import { packageFor } from '../../helpers/packages.ts'
import { inPieces, PIECES } from '../../helpers/paced-model.ts'

const SAMPLES = path.join(import.meta.dirname, '..', '..', '..', 'sandbox', 'samples')
const PICTURES = ['hearts.webp', 'lone-triangle.webp'].map((name) => path.join(SAMPLES, name))
/** The random model says much of that. */
const QUESTION = 'which one is green?'
/** What the page need not show as it was written. */
const INVISIBLE = String.raw`[\s\p{C}]*`

/** Matches the visible characters of a text that goes on, or that does not. */
function shownAs(text: string, { goesOn }: { readonly goesOn: boolean }): RegExp {
  const visible = Array.from(text.replaceAll(/[\s\p{C}]/gu, ''), (one) => RegExp.escape(one))
  const end = goesOn ? `${INVISIBLE}${MORE.trim()}` : `(?!${INVISIBLE}${MORE.trim()})`
  return new RegExp(visible.join(INVISIBLE) + end, 'u')
}

describe('a question about two pictures on the page', { ...WITH_BROWSER, timeout: 240_000 }, () => {
  let model: Model
  let bot: Bot
  let browser: Browser
  let page: Page
  let whole: string
  /** What the page showed of the answer before all of it. */
  const grown: string[] = []

  before(async () => {
    model = await openModel(await packageFor('smolvlm-tiles'), { threads: 1 })
    const files = PICTURES.map((file) => readFileSync(file))
    whole = (await model.ask(files, QUESTION)).text
    const settings = readConfig({ SANDBOX_STATE: 'memory' })
    bot = await startBot(settings, pino({ level: 'silent' }), inPieces(model, seen))
    browser = await launchBrowser()
    page = (await visit(browser, bot.sandbox!.url)).page
  })
  after(async () => {
    await browser?.close()
    await bot?.close()
    await model?.close()
  })

  /** Waits until the page shows the text as one that goes on. */
  async function seen(text: string): Promise<void> {
    const partial = page.locator('article.message', {
      hasText: shownAs(text, { goesOn: true }),
    })
    await partial.waitFor()
    grown.push(text)
  }

  /** Waits for the finished answer, which grew before, and is there once. */
  async function assertGrew(answer: Locator): Promise<void> {
    await answer.filter({ hasText: shownAs(whole, { goesOn: false }) }).waitFor()
    assert.equal(await answer.count(), 1)
    assert.ok(!(await answer.innerText()).includes(MORE))
    assert.equal(grown.length, PIECES)
    assert.equal(new Set(grown).size, PIECES)
    grown.length = 0
  }

  it('is answered in a message, which grows', async () => {
    await page.locator('#file').setInputFiles(PICTURES)
    await page.locator('.draft').nth(1).waitFor()
    await page.locator('#text').fill(`@Sightseer ${QUESTION}`)
    await page.locator('#text').press('Enter')
    const origin = page.locator('.origin', { hasText: QUESTION })
    await assertGrew(page.locator('article.message', { has: origin }))
  })

  it('is answered by /compare, whose answer grows', async () => {
    await page.locator('#text').fill('/compare')
    await page.locator('.command-list .option.active', { hasText: '/compare' }).waitFor()
    await page.keyboard.press('Enter')
    const form = page.locator('.command-form')
    for (const [number, file] of PICTURES.entries()) {
      await form.locator('input[type=file]').nth(number).setInputFiles(file)
    }
    await form.getByRole('button', { name: 'Add the option question' }).click()
    await form.getByRole('textbox', { name: /^question/ }).fill(QUESTION)
    await form.getByRole('button', { name: 'Run' }).click()
    await assertGrew(page.locator('article.message', { hasText: 'used /compare' }))
  })
})
