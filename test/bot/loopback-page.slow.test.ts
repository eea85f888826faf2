/** A newcomer's way through the page with the real bot and the demo model. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pino } from 'pino'
import type { Browser, Page } from 'playwright-core'
import { type Bot, startBot } from '../../bot/start.ts'
import { readConfig } from '../../config/config.ts'
import { FIXTURES } from '../helpers/parity.ts'
import { assertAccessible } from 'loopback-discord/testing/axe'
import { become, launchBrowser, visit } from 'loopback-discord/testing/browser'
import { WITH_BROWSER } from 'loopback-discord/testing/chromium'

const SAMPLES = path.join(import.meta.dirname, '..', '..', 'sandbox', 'samples')
const SCREENSHOT = path.join(FIXTURES, 'reading', '09-light.png')
const SAMPLE = path.join(SAMPLES, 'lone-triangle.webp')

describe('talking with the bot on the page', WITH_BROWSER, () => {
  let bot: Bot
  let browser: Browser
  let page: Page

  before(async () => {
    bot = await startBot(readConfig({ SANDBOX_STATE: 'memory' }), pino({ level: 'silent' }))
    browser = await launchBrowser()
    page = (await visit(browser, bot.sandbox!.url)).page
  })

  after(async () => {
    await browser?.close()
    await bot?.close()
  })

  const text = () => page.locator('#text')
  const last = () => page.locator('article.message:not(.pending)').last()
  const draft = () => page.locator('.draft')

  async function pick() {
    await page.locator('#file').setInputFiles(SAMPLE)
    await draft().waitFor()
  }

  async function send(words: string) {
    await text().fill(words)
    await text().press('Enter')
    const sent = page.locator('article.message', { hasText: words }).last()
    await sent.waitFor()
    return sent
  }

  it('describes a sample in two clicks', async () => {
    await page.locator('.sample').nth(2).click()
    await page.locator('.upload-commands').getByRole('button', { name: '/describe' }).click()
    const { text: expected } = await bot.model.describe(readFileSync(SAMPLE))
    const answer = page.locator('article.message', { hasText: expected })
    await answer.waitFor()
    assert.match(await answer.innerText(), /Ada\s+used \/describe/)
  })

  it('asks about it by a reply', async () => {
    const description = page.locator('article.message', { hasText: 'used /describe' }).last()
    await description.hover()
    await description.getByRole('button', { name: 'Reply: Sightseer' }).click()
    await page.locator('.reply-bar', { hasText: 'Replying to Sightseer' }).waitFor()
    await send('what color is the triangle?')
    const answer = page.locator('article.message', {
      has: page.locator('.origin', { hasText: 'what color is the triangle?' }),
    })
    const { text: expected } = await bot.model.ask(
      readFileSync(SAMPLE),
      'what color is the triangle?',
    )
    await answer.filter({ hasText: expected }).waitFor()
  })

  it('asks in the form behind Ask…, and by a question that the bot proposes', async () => {
    await page.locator('.sample').nth(2).click()
    await page.locator('.upload-commands').getByRole('button', { name: '/describe' }).click()
    const described = page.locator('article.message', { hasText: 'used /describe' }).last()
    await described.getByRole('button', { name: 'Ask…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox').fill('how many triangles are there?')
    await dialog.getByRole('button', { name: 'Submit' }).click()
    await dialog.waitFor({ state: 'detached' })
    const one = page.locator('article.message', { hasText: 'how many triangles are there?' })
    // On a busy machine the bot edits its answer, which then says so after the text.
    await one.locator('.text-line', { hasText: /^1( \(edited\))?$/ }).waitFor()

    const before = await page.locator('article.message').count()
    await described.locator('.component-button', { hasText: /\?$/ }).first().click()
    await page.locator('article.message').nth(before).waitFor()
  })

  it('describes a picture that was posted, by its menu', async () => {
    await pick()
    const sent = await send('what is this')
    await sent.locator('.picture').click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Describe image' }).click()
    const { text: expected } = await bot.model.describe(readFileSync(SAMPLE))
    const answer = page.locator('article.message', { hasText: 'used Describe image' })
    await answer.filter({ hasText: expected }).waitFor()
  })

  it('offers what can be done with a picture that was posted, and no longer once it is', async () => {
    await pick()
    await text().press('Enter')
    const steps = page.locator('.next-steps')
    await assertAccessible(page, 'next steps')
    await steps.getByRole('button', { name: 'Describe image' }).click()
    const { text: expected } = await bot.model.describe(readFileSync(SAMPLE))
    await last().filter({ hasText: expected }).waitFor()
    await steps.waitFor({ state: 'hidden' })
  })

  it('sends a picture with alt text, as a spoiler', async () => {
    await pick()
    await draft().getByRole('button', { name: 'Alt text of lone-triangle.webp' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.locator('textarea').fill('a triangle')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await draft().getByRole('button', { name: 'Mark lone-triangle.webp as a spoiler' }).click()
    const sent = await send('look at this')
    assert.equal(await draft().count(), 0)

    const picture = sent.locator('.picture')
    assert.equal(await picture.getAttribute('aria-label'), 'Show spoiler')
    await picture.click()
    assert.equal(await picture.getAttribute('aria-label'), 'Enlarge: a triangle')
    assert.equal(await picture.locator('img').getAttribute('alt'), 'a triangle')
    await picture.click()
    await page.getByRole('dialog', { name: 'a triangle' }).waitFor()
    await assertAccessible(page, 'a picture enlarged')
    await page.keyboard.press('Escape')
  })

  it('takes files that are dropped and pasted, and sets them aside again', async () => {
    const bytes = readFileSync(SAMPLE).toString('base64')
    for (const type of ['drop', 'paste']) {
      await page.evaluate(
        `(() => {
          const data = new DataTransfer()
          const bytes = Uint8Array.from(atob('${bytes}'), (c) => c.charCodeAt(0))
          data.items.add(new File([bytes], '${type}.webp', { type: 'image/webp' }))
          const options = { bubbles: true, cancelable: true, dataTransfer: data, clipboardData: data }
          const make = '${type}' === 'drop' ? DragEvent : ClipboardEvent
          document.querySelector('#text').dispatchEvent(new make('${type}', options))
        })()`,
      )
      await draft()
        .filter({ hasText: `${type}.webp` })
        .waitFor()
      await draft()
        .getByRole('button', { name: `Remove ${type}.webp` })
        .click()
      await draft().waitFor({ state: 'detached' })
    }
  })

  it('takes a sample that is dragged to the text', async () => {
    await page.locator('.sample').first().dragTo(text())
    await draft().filter({ hasText: 'star-and-circle.webp' }).waitFor()
    await draft().getByRole('button', { name: 'Remove star-and-circle.webp' }).click()
  })

  it('says what is wrong with a file that is too large', async () => {
    const buffer = Buffer.alloc(10 * 1024 * 1024 + 1)
    await page.locator('#file').setInputFiles({ name: 'huge.png', mimeType: 'image/png', buffer })
    await page.locator('.toast', { hasText: 'huge.png is over 10 MiB.' }).waitFor()
    assert.equal(await draft().count(), 0)
  })

  it('edits and deletes one’s own message', async () => {
    const sent = await send('a mitsake')
    await text().press('ArrowUp')
    await text().fill('a correction')
    await text().press('Enter')
    const edited = page.locator('article.message', { hasText: 'a correction' })
    await edited.locator('.edited').waitFor()
    assert.equal(await sent.count(), 0)

    await edited.click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Delete message' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await edited.waitFor({ state: 'detached' })
  })

  it('shows Ada’s message to Lin, and lets Lin reply without a ping', async () => {
    await send('hello from Ada')
    await become(page, 'Lin')
    const heard = page.locator('article.message', { hasText: 'hello from Ada' })
    await heard.hover()
    await heard.getByRole('button', { name: 'Reply: Ada' }).click()
    await page.getByRole('button', { name: 'Ping: on' }).click()
    const reply = await send('hello back')
    assert.equal(await reply.locator('.origin strong').innerText(), 'Ada')
    await become(page, 'Ada')
    await last().filter({ hasText: 'hello back' }).waitFor()
    assert.equal(await page.locator('.mentioned', { hasText: 'hello back' }).count(), 0)
  })

  it('gives the words of a screenshot that is dropped', async () => {
    await page.locator('#file').setInputFiles(SCREENSHOT)
    await draft().waitFor()
    await page.locator('.upload-commands').getByRole('button', { name: '/read' }).click()
    const answer = page.locator('article.message', { hasText: 'used /read' })
    await answer.locator('pre', { hasText: /EXIT\s+No parking\s+Platform 9/ }).waitFor()
    const next = page.locator('article.message', { hasText: 'used /describe' })
    await page.locator('#file').setInputFiles(SCREENSHOT)
    await page.locator('.upload-commands').getByRole('button', { name: '/describe' }).click()
    await next.filter({ hasText: 'I only know drawings' }).filter({ hasText: 'EXIT' }).waitFor()
  })
})
