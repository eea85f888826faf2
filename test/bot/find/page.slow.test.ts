/** A newcomer sends sample pictures on a fresh page and finds one with /find, in a real browser. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import type { Browser, Locator, Page } from 'playwright-core'
import { launchBrowser, visit } from 'loopback-discord/testing/browser'
import { WITH_BROWSER } from 'loopback-discord/testing/chromium'
import { type Bot, startBot } from '../../../bot/start.ts'
import { EN } from '../../../commands/i18n/en.ts'
import type { Catalog } from '../../../commands/i18n/words.ts'
import { ZH } from '../../../commands/i18n/zh.ts'
import { readConfig } from '../../../config/config.ts'
import { kept } from '../../helpers/held-bot.ts'

const SAMPLES = ['hearts', 'two-stars'] as const
const WORDS = 'red heart'

describe('/find on a fresh page', { ...WITH_BROWSER, timeout: 60_000 }, () => {
  let bot: Bot
  let browser: Browser

  before(async () => {
    bot = await startBot(readConfig({ SANDBOX_STATE: 'memory' }), pino({ level: 'silent' }))
    browser = await launchBrowser()
  })
  after(async () => {
    await browser?.close()
    await bot?.close()
  })

  /** Sends the samples, finds one by the words, and follows the link to it. */
  async function findHearts(page: Page, channel: string, { commands, find: say }: Catalog) {
    await page.locator('.channel[data-channel]', { hasText: channel }).click()
    const ids: string[] = []
    for (const name of SAMPLES) {
      const id = await sendSample(page, name)
      while ((await kept({ bot }, id, ['searchable-vectors'])).length === 0) {
        await wait(20)
      }
      ids.push(id)
    }
    const answer = await find(page, commands.find.name)
    const said = await answer.innerText()
    assert.ok(said.includes(say.fits(1, WORDS)), said)
    await answer.locator('img[src*="/hearts."]').waitFor()
    assert.equal(await answer.locator('img[src*="/two-stars."]').count(), 0)
    await answer.locator('button.mention').first().click()
    await page.locator(`#message-${ids[0]}.flash`).waitFor()
  }

  it('finds the picture of the words, with a link to it', async () => {
    const { page, errors } = await visit(browser, bot.sandbox!.url)
    await findHearts(page, 'general', EN)
    assert.deepEqual(errors, [])
  })

  it('does so in Chinese, by the command’s Chinese name', async () => {
    const { page, errors } = await visit(browser, bot.sandbox!.url, { locale: 'zh-CN' })
    assert.equal(ZH.commands.find.name, '找图')
    await findHearts(page, 'memes', ZH)
    assert.deepEqual(errors, [])
  })
})

/** Sends a sample as a message. @returns the message's id. */
async function sendSample(page: Page, name: string): Promise<string> {
  await page.locator(`.sample:has(img[src*="/${name}."])`).click()
  await page.locator('.draft').waitFor()
  await page.locator('#text').press('Enter')
  const sent = page.locator('article.message:not(.pending)', {
    has: page.locator(`img[src*="/${name}."]`),
  })
  await sent.waitFor()
  const id = (await sent.getAttribute('id'))?.replace('message-', '')
  assert.ok(id)
  return id
}

/** Types the command as a person does, key by key, and sends it. @returns the answer. */
async function find(page: Page, command: string): Promise<Locator> {
  await page.locator('#text').click()
  await page.keyboard.type(`/${command} ${WORDS}`)
  await page.keyboard.press('Enter')
  const answer = page.locator('article.message:has(.badge)', { hasText: WORDS })
  await answer.waitFor()
  return answer
}
