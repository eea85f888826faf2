/** A new moderator's first steps on the page, in a real browser, with the samples. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Locator, Page } from 'playwright-core'
import { EN } from '../../../commands/i18n/en.ts'
import { assertAccessible } from 'loopback-discord/testing/axe'
import { become, launchBrowser, visit } from 'loopback-discord/testing/browser'
import { WITH_BROWSER } from 'loopback-discord/testing/chromium'
import { type DemoBot, startDemoBot } from '../../helpers/demo-bot.ts'

const { buttons, enforce } = EN.moderation
const WAVE = ['general', 'memes', 'after-hours'] as const

describe('a new moderator on the page', { ...WITH_BROWSER, timeout: 240_000 }, () => {
  let demo: DemoBot
  let browser: Browser
  let page: Page

  before(async () => {
    demo = await startDemoBot()
    browser = await launchBrowser()
    page = (await visit(browser, demo.sandbox.url, { as: 'Mo' })).page
  })
  after(async () => {
    await browser?.close()
    await demo?.close()
  })

  function message(text: string | RegExp): Locator {
    return page.locator('article.message:not(.pending)', { hasText: text }).last()
  }

  async function go(channel: string) {
    await page.locator('.channel[data-channel]', { hasText: channel }).click()
    await page.locator('.channel[aria-current]', { hasText: channel }).waitFor()
  }

  /** Sends the first sample to a channel. */
  async function post(channel: string) {
    await go(channel)
    if (channel === 'after-hours') {
      await page.getByRole('button', { name: 'Continue' }).click()
    }
    await page.locator('.sample').first().dragTo(page.locator('#text'))
    await page.locator('.draft').waitFor()
    await page.locator('#text').press('Enter')
    await page.locator('.draft').waitFor({ state: 'detached' })
  }

  it('sets moderation up to log only', async () => {
    await page.locator('#text').fill('/moderation setup')
    const active = '.command-list .option.active'
    await page.locator(active, { hasText: '/moderation setup' }).waitFor()
    await page.keyboard.press('Enter')
    const form = page.locator('.command-form')
    await form.getByRole('button', { name: 'Add the option channel' }).click()
    await form.getByRole('button', { name: /^channel/ }).click()
    await page.getByRole('option', { name: '#mod-log' }).click()
    await form.getByRole('button', { name: 'Run' }).click()
    await message('Mode: Log only').waitFor()
  })

  it('sees one case of a wave, with a description and reasons, and confirms it', async () => {
    await become(page, 'Ada')
    for (const channel of WAVE) {
      await post(channel)
    }
    await become(page, 'Mo')
    await go('mod-log')
    const caseMessage = message('What I see: a small yellow star')
    await caseMessage.waitFor()
    await caseMessage.getByText('the same picture in 3 channels').waitFor()
    assert.equal(await page.locator('article.message', { hasText: '— to be decided' }).count(), 1)
    await assertAccessible(page, 'a case')
    await caseMessage.getByRole('button', { name: buttons.confirm }).click()
    await message(enforce.offer).getByRole('button', { name: buttons.enforce }).click()
    // The page shows `code` without its marks.
    await message(enforce.done.split('.')[0]!).waitFor()
  })

  it('the next wave is removed, and a case says why', async () => {
    await become(page, 'Ada')
    const posted = page.waitForResponse(/\/sandbox\/messages/)
    await post('general')
    const { id }: { id: string } = JSON.parse(await (await posted).text())
    await page.locator(`#message-${id}`).waitFor({ state: 'detached' })
    // The member is told, too; the sidebar is still then.
    await page.locator('.channel.unread').waitFor()
    await become(page, 'Mo')
    await go('mod-log')
    const removed = message('removed by itself')
    await removed.getByText('Removed: 1 of 1 message.').waitFor()
    await removed.getByText('staff here confirmed this picture').waitFor()
  })

  it('undoes it', async () => {
    await go('mod-log')
    const removed = message('removed by itself')
    await removed.getByRole('button', { name: buttons.undo }).click()
    const undone = message('— undone')
    await undone.getByText('The timeout was lifted.').waitFor()
    await undone.getByText('The picture was taken off the list.').waitFor()
  })
})
