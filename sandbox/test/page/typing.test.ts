/** The page by keyboard: commands as text, where letters go, and how many stops Tab makes. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { startSandbox } from '../../src/server.ts'
import type { Sandbox } from '../../src/server.ts'
import { become, launchBrowser, visit } from '../helpers/browser.ts'
import { WITH_BROWSER } from '../helpers/chromium.ts'
import { startPageBot } from '../helpers/page-bot.ts'
import type { PageBot } from '../helpers/page-bot.ts'

describe('the page by keyboard', WITH_BROWSER, () => {
  let sandbox: Sandbox
  let bot: PageBot
  let browser: Browser
  let page: Page
  let channelId: string

  before(async () => {
    sandbox = await startSandbox()
    bot = await startPageBot(sandbox)
    browser = await launchBrowser()
    page = (await visit(browser, sandbox.url)).page
    channelId = (await page.locator('.channel[aria-current]').getAttribute('data-channel'))!
  })

  after(async () => {
    await browser?.close()
    await bot?.close()
    await sandbox?.close()
  })

  const form = () => page.locator('.command-form')

  function message(text: string | RegExp) {
    return page.locator('article.message:not(.pending)', { hasText: text }).last()
  }

  async function paste(text: string) {
    await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`)
    await page.keyboard.press('Control+V')
  }

  it('types into the message where no field has the focus', async () => {
    assert.equal(await page.evaluate('document.activeElement.tagName'), 'BODY')
    await page.keyboard.type('hello')
    assert.equal(await page.locator('#text').inputValue(), 'hello')
    await page.locator('#text').fill('')
  })

  it('types into the message after a person was chosen', async () => {
    await become(page, 'Lin')
    await page.keyboard.type('hello')
    assert.equal(await page.locator('#text').inputValue(), 'hello')
    await page.locator('#text').fill('')
    await become(page, 'Ada')
  })

  it('runs a pasted command', async () => {
    await page.evaluate('document.activeElement.blur()')
    await paste('/order dish:soup of the day size:"Large one" guest:@Lin place:#general hot:yes')
    await form().waitFor()
    await page.keyboard.press('Enter')
    await message(/dish=soup of the day size=l hot=true guest=\d+ place=\d+ locale=en-US/).waitFor()
  })

  it('says which value cannot be chosen, and leaves the rest filled in', async () => {
    await page.locator('#text').focus()
    await paste('/order dish:soup place:#nowhere')
    await form()
      .locator('.problem', { hasText: '“#nowhere” cannot be chosen for place.' })
      .waitFor()
    assert.equal(await form().getByRole('combobox').inputValue(), 'soup')
    await page.keyboard.press('Escape')
    await form().waitFor({ state: 'detached' })
  })

  it('goes on with the option whose name is typed', async () => {
    await page.locator('#text').focus()
    await page.keyboard.type('/order soup place:#gen')
    await page.getByRole('option', { name: '#general' }).waitFor()
    await page.keyboard.press('Enter')
    await form().getByRole('button', { name: 'Run' }).press('Enter')
    await message(/dish=soup place=\d+/).waitFor()
  })

  it('opens the list of an option that is added', async () => {
    await page.locator('#text').fill('/order ')
    await form().getByRole('button', { name: 'Add the option size' }).click()
    await page.getByRole('option', { name: 'Large one' }).click()
    await page.keyboard.press('Escape')
  })

  it('stops at the controls of one message only, and at the text first', async () => {
    for (const text of ['one', 'two', 'three']) {
      await bot.post(channelId, { content: text })
    }
    await message('three').waitFor()
    const reachable = () =>
      page
        .locator('article.message')
        .evaluateAll((rows) =>
          rows
            .filter((row) =>
              row.querySelector('button:not([tabindex="-1"]), a:not([tabindex="-1"])'),
            )
            .map((row) => row.querySelector('.message-text')?.textContent),
        )
    assert.deepEqual(await reachable(), ['three'])
    await page.locator('#messages').focus()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('ArrowUp')
    assert.deepEqual(await reachable(), ['two'])
    await page.keyboard.press('Tab')
    await page.keyboard.press('ArrowUp')
    assert.deepEqual(await reachable(), ['one'])
    await page.reload()
    await page.locator('.channel[data-channel]').first().waitFor()
    await page.keyboard.press('Tab')
    assert.equal(
      await page.evaluate('document.activeElement.textContent'),
      'Skip to the message box',
    )
    await page.keyboard.press('Enter')
    assert.equal(await page.evaluate('document.activeElement.id'), 'text')
  })
})
