/** The page for everyone: axe-core in each state, keyboard, phone, Chinese; and what it may load. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import { startSandbox } from '../../src/server.ts'
import type { Sandbox } from '../../src/server.ts'
import { assertAccessible } from '../helpers/axe.ts'
import { launchBrowser, visit } from '../helpers/browser.ts'
import type { Visit } from '../helpers/browser.ts'
import { WITH_BROWSER } from '../helpers/chromium.ts'
import { startPageBot } from '../helpers/page-bot.ts'
import type { PageBot } from '../helpers/page-bot.ts'
import { EMBED, LAYOUT } from '../helpers/page-bot-pieces.ts'

const PHONE = { width: 390, height: 844 }

describe('the page for everyone', WITH_BROWSER, () => {
  let sandbox: Sandbox
  let bot: PageBot
  let browser: Browser

  before(async () => {
    sandbox = await startSandbox()
    bot = await startPageBot(sandbox)
    browser = await launchBrowser()
    const { page, context } = await visit(browser, sandbox.url)
    const channel = (await page.locator('.channel[aria-current]').getAttribute('data-channel'))!
    await bot.post(channel, { content: 'Hello **all** ||hidden|| <@1> https://example.com `code`' })
    await bot.post(channel, { embeds: [EMBED] })
    await bot.post(channel, LAYOUT)
    await context.close()
  })

  after(async () => {
    await browser?.close()
    await bot?.close()
    await sandbox?.close()
  })

  const looks: readonly (readonly [string, Visit])[] = [
    ['light', {}],
    ['dark', { dark: true }],
    ['phone', PHONE],
    ['dark phone', { dark: true, ...PHONE }],
    ['Chinese', { locale: 'zh-CN' }],
  ]

  for (const [look, how] of looks) {
    it(`has nothing for axe-core to find: ${look}`, async () => {
      const { page, context } = await visit(browser, sandbox.url, how)
      await page.locator('article.message', { hasText: 'small print' }).waitFor()
      await assertAccessible(page, look)
      await context.close()
    })
  }

  it('has nothing for axe-core to find while something is open', async () => {
    for (const dark of [false, true]) {
      const { page, context } = await visit(browser, sandbox.url, { dark })
      await page.locator('.sample').first().click()
      await page.locator('.draft').waitFor()
      await assertAccessible(page, 'a file waits')
      await page
        .locator('.draft')
        .getByRole('button', { name: /^Alt text/ })
        .click()
      await assertAccessible(page, 'alt text')
      await page.keyboard.press('Escape')
      await page.locator('article.message').first().click({ button: 'right' })
      await page.getByRole('menu').waitFor()
      await assertAccessible(page, 'a menu')
      await page.keyboard.press('Escape')
      await page.locator('#text').fill('/')
      await page.getByRole('listbox', { name: 'Commands' }).waitFor()
      await assertAccessible(page, 'the list of commands')
      await page.keyboard.type('ord')
      await page.keyboard.press('Tab')
      await page.locator('.command-form').waitFor()
      await assertAccessible(page, 'a command')
      await context.close()
    }
  })

  it('reaches a message’s menu by the keyboard, and gives the focus back', async () => {
    const { page, context } = await visit(browser, sandbox.url)
    await page.locator('#messages').focus()
    await page.keyboard.press('ArrowUp')
    const id = await page.evaluate('document.activeElement.id')
    assert.match(String(id), /^message-/)
    await page.keyboard.press('Shift+F10')
    const menu = page.getByRole('menu')
    await menu.waitFor()
    await page.keyboard.press('f')
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Forward')
    await page.keyboard.press('ArrowUp')
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Reply')
    await page.keyboard.press('Escape')
    await menu.waitFor({ state: 'detached' })
    assert.equal(await page.evaluate('document.activeElement.id'), id)
    await context.close()
  })

  it('keeps the channels in a drawer on a phone', async () => {
    const { page, context } = await visit(browser, sandbox.url, PHONE)
    const sidebar = page.locator('#sidebar')
    assert.equal(await sidebar.isVisible(), false)
    await page.getByRole('button', { name: 'Show channels' }).click()
    await sidebar.waitFor({ state: 'visible' })
    await assertAccessible(page, 'the drawer')
    await page.locator('.channel[data-channel]').nth(1).click()
    await sidebar.waitFor({ state: 'hidden' })
    const wide = await page.evaluate('document.documentElement.scrollWidth > innerWidth')
    assert.equal(wide, false)
    await context.close()
  })

  it('speaks Chinese where the browser does, and the other language at one click', async () => {
    const { page, context } = await visit(browser, sandbox.url, { locale: 'zh-CN' })
    await page.getByText('这是沙盒，不是 Discord').waitFor()
    assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN')
    await page.getByRole('button', { name: 'English' }).click()
    await page.getByText('A sandbox, not Discord').waitFor()
    await page.reload()
    await page.getByText('A sandbox, not Discord').waitFor()
    await context.close()
  })

  it('changes the theme at one click and keeps it', async () => {
    const { page, context } = await visit(browser, sandbox.url)
    const theme = () => page.locator('html').getAttribute('data-theme')
    assert.equal(await theme(), 'light')
    await page.getByRole('button', { name: 'Switch to the dark theme' }).click()
    await page.reload()
    assert.equal(await theme(), 'dark')
    await context.close()
  })

  it('is served with a policy that lets it load from itself only', async () => {
    const response = await fetch(sandbox.url)
    const policy = response.headers.get('content-security-policy') ?? ''
    const sources = policy.split('; ').map((directive) => directive.split(' '))
    const allowed = new Set(["'none'", "'self'", 'blob:', 'ws:', "'script'"])
    assert.ok(policy.startsWith("default-src 'none'; script-src 'self'; style-src 'self';"), policy)
    assert.deepEqual(
      sources.flatMap(([, ...list]) => list).filter((source) => !allowed.has(source)),
      [],
    )
  })
})
