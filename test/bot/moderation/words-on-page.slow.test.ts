/** A moderator adds the list of scam words on the page, and sees one case of a wave, in a real browser. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Locator, Page } from 'playwright-core'
import { EN } from '../../../commands/i18n/en.ts'
import { assertAccessible } from 'loopback-discord/testing/axe'
import { launchBrowser, visit } from 'loopback-discord/testing/browser'
import { WITH_BROWSER } from 'loopback-discord/testing/chromium'
import { type ModeratedServer, startModeratedServer } from '../../helpers/moderated-server.ts'
import { casinoPicture, notesPicture } from '../../helpers/word-pictures.ts'

describe('words of scams on the page', { ...WITH_BROWSER, timeout: 240_000 }, () => {
  let server: ModeratedServer
  let browser: Browser
  let page: Page

  before(async () => {
    server = await startModeratedServer()
    await server.setUp()
    browser = await launchBrowser()
    page = (await visit(browser, server.demo.sandbox.url, { as: 'Mo' })).page
  })
  after(async () => {
    await browser?.close()
    await server?.close()
  })

  function message(text: string | RegExp): Locator {
    return page.locator('article.message:not(.pending)', { hasText: text }).last()
  }

  it('are added by a choice of the command', async () => {
    await page.locator('#text').fill('/moderation rule add')
    const active = '.command-list .option.active'
    await page.locator(active, { hasText: '/moderation rule add' }).waitFor()
    await page.keyboard.press('Enter')
    const form = page.locator('.command-form')
    await form.getByRole('textbox', { name: /^name/ }).fill('scams')
    await form.getByRole('button', { name: 'Add the option list' }).click()
    await form.getByRole('button', { name: /^list/ }).click()
    await page.getByRole('option', { name: EN.moderationRules.command.lists.scams }).click()
    await form.getByRole('button', { name: 'Run' }).click()
    await message('Added: scams').waitFor()
  })

  it('give one case of a wave, whose words are hidden until they are clicked', async () => {
    server.ada.switchTo('general')
    await server.ada.upload(await notesPicture())
    for (const [i, channel] of ['general', 'memes', 'general'].entries()) {
      server.ada.switchTo(channel)
      await server.ada.upload(await casinoPicture(i + 1))
    }
    await page.locator('.channel[data-channel]', { hasText: 'mod-log' }).click()
    const caseMessage = message('Words in it')
    await caseMessage.getByText(/the words of “scams”: \d+ points for/).waitFor()
    await caseMessage.getByText('Where (3 messages)').waitFor()
    const cases = page.locator('article.message', { hasText: '— to be decided' })
    assert.equal(await cases.count(), 1)
    const hidden = caseMessage.locator('.spoiler', { hasText: 'Withdrawal success' })
    assert.equal(await hidden.getAttribute('aria-expanded'), 'false')
    await hidden.click()
    await assertAccessible(page, 'a case with words')
  })
})
