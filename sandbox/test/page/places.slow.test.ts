/** Channels, threads, direct messages and who one is, on the page. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { startSandbox } from '../../src/server.ts'
import type { Sandbox } from '../../src/server.ts'
import { assertAccessible } from '../helpers/axe.ts'
import { become, launchBrowser, visit } from '../helpers/browser.ts'
import { WITH_BROWSER } from '../helpers/chromium.ts'
import { startPageBot } from '../helpers/page-bot.ts'
import type { PageBot } from '../helpers/page-bot.ts'

describe('places on the page', WITH_BROWSER, () => {
  let sandbox: Sandbox
  let bot: PageBot
  let browser: Browser
  let page: Page

  before(async () => {
    sandbox = await startSandbox()
    bot = await startPageBot(sandbox)
    browser = await launchBrowser()
    page = (await visit(browser, sandbox.url)).page
  })

  after(async () => {
    await browser?.close()
    await bot?.close()
    await sandbox?.close()
  })

  const channel = (name: string) => page.locator('.channel[data-channel]', { hasText: name })
  const title = (name: string) => page.locator('#channel-title', { hasText: name })

  async function open(name: string) {
    await channel(name).click()
    await title(name).waitFor()
  }

  async function say(words: string) {
    await page.locator('#text').fill(words)
    await page.locator('#text').press('Enter')
    const said = page.locator('article.message', { hasText: words }).last()
    await said.waitFor()
    return said
  }

  it('asks before it shows an age-restricted channel', async () => {
    await open('after-hours')
    await page.getByRole('heading', { name: 'Age-restricted channel' }).waitFor()
    assert.equal(await page.locator('#text').isVisible(), false)
    await assertAccessible(page, 'the question about age')
    await page.getByRole('button', { name: 'Back to safety' }).click()
    await title('general').waitFor()
    await open('after-hours')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.locator('#text').waitFor({ state: 'visible' })
    await open('general')
  })

  it('shows the mod log to the moderator only', async () => {
    assert.equal(await channel('mod-log').count(), 0)
    await become(page, 'Mo')
    await open('mod-log')
    await become(page, 'Ada')
    await title('general').waitFor()
    assert.equal(await channel('mod-log').count(), 0)
  })

  it('lets the moderator delete what Ada wrote, and nobody else', async () => {
    await say('delete me')
    const target = page.locator('article.message', { hasText: 'delete me' })
    const entry = page.getByRole('menuitem', { name: 'Delete message' })
    await become(page, 'Lin')
    await target.click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Copy message ID' }).waitFor()
    assert.equal(await entry.count(), 0)
    await page.keyboard.press('Escape')
    await become(page, 'Mo')
    await target.click({ button: 'right' })
    await entry.click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await target.waitFor({ state: 'detached' })
    await become(page, 'Ada')
    assert.equal(await target.count(), 0)
  })

  it('creates a thread from a message, talks in it, and lists it', async () => {
    const message = await say('let us talk about this')
    await message.click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Create thread here' }).click()
    await assertAccessible(page, 'the name of a thread')
    await page.getByRole('dialog').getByLabel('Name of the thread').fill('side talk')
    await page.getByRole('dialog').getByRole('button', { name: 'Create thread' }).click()
    await title('side talk').waitFor()
    await say('inside')
    await assertAccessible(page, 'a thread')
    await page.locator('#channel-title').getByRole('button', { name: '#general' }).click()
    await page.locator('.thread-link', { hasText: 'side talk' }).waitFor()
    await page.getByRole('button', { name: 'Threads', exact: true }).click()
    await page.getByRole('menuitem', { name: 'side talk' }).click()
    await page.locator('article.message', { hasText: 'inside' }).waitFor()
    await open('general')
  })

  it('talks with the bot in direct messages, and shows that it types', async () => {
    await page.getByRole('button', { name: 'Message Sightseer' }).click()
    await title('Sightseer').waitFor()
    await page.evaluate(`
      window.typed = []
      new MutationObserver(() => window.typed.push(document.querySelector('.typing').textContent))
        .observe(document.querySelector('.typing'), { childList: true })
    `)
    await say('ping')
    await page.locator('article.message', { hasText: 'pong' }).waitFor()
    const typed = await page.evaluate('window.typed')
    assert.ok(Array.isArray(typed) && typed.includes('Sightseer is typing…'), String(typed))
    await open('general')
  })

  it('takes names after an @ for mentions, and nothing else', async () => {
    const said = await say('@lin and @Sightseer, not @linda, a@lin or @')
    const names = await said.locator('.mention').allInnerTexts()
    assert.deepEqual(names, ['@Lin', '@Sightseer'])
    assert.match(await said.innerText(), /@Lin and @Sightseer, not @linda, a@lin or @/)
  })

  it('calls the bot by its name, whichever it is', async () => {
    const other = await startSandbox({ botName: 'Pizzeria' })
    const { page: there, context } = await visit(browser, other.url)
    await there.getByRole('button', { name: 'Message Pizzeria' }).waitFor()
    await context.close()
    await other.close()
  })

  it('marks a channel in which something was said', async () => {
    await open('memes')
    const general = (await channel('general').getAttribute('data-channel'))!
    await bot.post(general, { content: 'news' })
    await page.locator('.channel.unread', { hasText: 'general' }).waitFor()
    await open('general')
    await page.locator('.channel.unread').waitFor({ state: 'detached' })
  })

  it('loads older messages on request', async () => {
    const memes = (await channel('memes').getAttribute('data-channel'))!
    for (let i = 1; i <= 60; i++) {
      await fetch(`${sandbox.url}/sandbox/messages?as=lin&channel=${memes}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ content: `number ${i}.` }),
      })
    }
    const { page: fresh, context } = await visit(browser, sandbox.url)
    await fresh.locator('.channel[data-channel]', { hasText: 'memes' }).click()
    const first = fresh.locator('article.message', { hasText: 'number 1.' })
    await fresh.locator('article.message', { hasText: 'number 60.' }).waitFor()
    assert.equal(await first.count(), 0)
    const load = fresh.getByRole('button', { name: 'Load older messages' })
    await load.click()
    await first.waitFor()
    assert.equal(await load.count(), 0)
    await context.close()
  })

  it('reacts to a message, and takes it back', async () => {
    const message = await say('nice')
    await message.click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'React with 👍' }).click()
    const reaction = message.locator('.reaction', { hasText: '👍 1' })
    await reaction.click()
    await reaction.waitFor({ state: 'detached' })
  })

  it('forwards a message to another channel', async () => {
    const message = await say('worth reading')
    await message.click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Forward' }).click()
    await page.getByRole('menuitem', { name: '#memes' }).click()
    await open('memes')
    const forwarded = page.locator('.forwarded', { hasText: 'worth reading' })
    await forwarded.waitFor()
    await open('general')
  })

  it('says that one is timed out', async () => {
    const [guild] = bot.client.guilds.cache.values()
    const members = await guild!.members.fetch({ query: 'ada', limit: 1 })
    await members.first()!.timeout(60_000)
    await page.locator('.notice', { hasText: 'You are timed out until' }).waitFor()
    await members.first()!.timeout(null)
    await page.locator('#text').waitFor({ state: 'visible' })
  })
})
