/** How the page draws what a bot can send, in a real browser. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { startSandbox } from '../../src/server.ts'
import type { Sandbox } from '../../src/server.ts'
import { launchBrowser, visit } from '../helpers/browser.ts'
import type { Visitor } from '../helpers/browser.ts'
import { WITH_BROWSER } from '../helpers/chromium.ts'
import { startPageBot } from '../helpers/page-bot.ts'
import type { PageBot } from '../helpers/page-bot.ts'
import { EMBED, LAYOUT } from '../helpers/page-bot-pieces.ts'

describe('what the page draws', WITH_BROWSER, () => {
  let sandbox: Sandbox
  let bot: PageBot
  let browser: Browser
  let visitor: Visitor
  let page: Page
  let channelId: string

  before(async () => {
    sandbox = await startSandbox()
    bot = await startPageBot(sandbox)
    browser = await launchBrowser()
    visitor = await visit(browser, sandbox.url)
    page = visitor.page
    channelId = (await page.locator('.channel[aria-current]').getAttribute('data-channel'))!
  })

  after(async () => {
    await browser?.close()
    await bot?.close()
    await sandbox?.close()
  })

  /** The last message, once it shows this text. */
  function message(text: string) {
    return page.locator('article.message', { hasText: text }).last()
  }

  it('draws Discord’s markdown as elements', async () => {
    const content = [
      '**bold** *slanted* __under__ ~~gone~~ `code` \\*plain\\*',
      '> quoted',
      '- one',
      '- two',
      '# Large',
      '```js',
      'let x = "<b>"',
      '```',
    ].join('\n')
    await bot.post(channelId, { content })
    const text = message('quoted').locator('.message-text')
    const shown = await text.evaluate((element) =>
      Object.fromEntries(
        ['strong', 'em', 'u', 's', 'code', 'blockquote', 'li', '.text-heading', 'pre'].map(
          (name) => [name, [...element.querySelectorAll(name)].map((found) => found.textContent)],
        ),
      ),
    )
    assert.deepEqual(shown, {
      strong: ['bold'],
      em: ['slanted'],
      u: ['under'],
      s: ['gone'],
      code: ['code', 'let x = "<b>"'],
      blockquote: ['quoted'],
      li: ['one', 'two'],
      '.text-heading': ['Large'],
      pre: ['let x = "<b>"'],
    })
    assert.match(await text.innerText(), /\*plain\*/)
  })

  it('draws marks inside marks of the same kind, and long runs of marks', async () => {
    const nested = ['**a *b* c**', '||a *b* c||', '[a *b*](https://x.y)', '*****', '____']
    for (const content of [...nested, '`'.repeat(2000), '['.repeat(2000), '>>> '.repeat(500)]) {
      await bot.post(channelId, { content })
    }
    await bot.post(channelId, { content: 'drawn to the end' })
    await message('drawn to the end').waitFor()
    const strong = page.locator('article.message .message-text strong', { hasText: 'a b c' })
    assert.equal(await strong.locator('em').innerText(), 'b')
  })

  it('shows markup of a message as text', async () => {
    await bot.post(channelId, { content: '<img src=x onerror=alert(1)> & <script>' })
    const text = message('onerror').locator('.message-text')
    assert.equal(await text.innerText(), '<img src=x onerror=alert(1)> & <script>')
    assert.equal(await text.locator('img, script').count(), 0)
  })

  it('names whom and what a message mentions, and says when', async () => {
    const id = bot.client.user.id
    await bot.post(channelId, { content: `hello <@${id}> in <#${channelId}> at <t:0:D>` })
    const text = message('hello').locator('.message-text')
    await text.locator('.mention', { hasText: '@Sightseer' }).waitFor()
    await text.locator('button.mention', { hasText: '#general' }).waitFor()
    assert.match(await text.locator('time').innerText(), /1970|1969/)
  })

  it('says where a masked link leads before it is opened', async () => {
    await bot.post(channelId, { content: 'see [my site](https://example.com/a?b=1)' })
    await message('see').getByRole('link', { name: 'my site' }).click()
    const dialog = page.getByRole('dialog', { name: 'You are leaving the sandbox' })
    assert.equal(await dialog.locator('.address').innerText(), 'https://example.com/a?b=1')
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    assert.equal(visitor.context.pages().length, 1)
    await dialog.waitFor({ state: 'detached' })
  })

  it('makes no link of an address that is not of the web', async () => {
    await bot.post(channelId, { content: 'bad [click](javascript:alert(1)) end' })
    assert.equal(await message('bad').getByRole('link').count(), 0)
  })

  it('hides a spoiler until it is clicked', async () => {
    await bot.post(channelId, { content: 'the end: ||she did it||' })
    const spoiler = message('the end').locator('.spoiler')
    const inner = spoiler.locator('.spoiler-text')
    assert.equal(await inner.isVisible(), false)
    await spoiler.press('Enter')
    assert.equal(await inner.isVisible(), true)
  })

  it('draws embeds, and loads no picture from elsewhere', async () => {
    await bot.post(channelId, { embeds: [EMBED] })
    const embed = message('A footer').locator('.embed')
    assert.match(
      await embed.innerText(),
      /An author\s+A title\s+With bold text\s+Left\s+one\s+Right\s+two/,
    )
    assert.match(await embed.innerText(), /loads nothing from outside/)
    assert.equal(await embed.locator('img').count(), 0)
    assert.match((await embed.getAttribute('style'))!, /rgb\(59, 91, 219\)/)
  })

  it('draws Components V2', async () => {
    await bot.post(channelId, LAYOUT)
    const container = message('A heading').locator('.container')
    assert.match(await container.innerText(), /In a section\s+Beside\s+small print/)
    assert.equal(await container.getByRole('button', { name: 'Beside' }).count(), 1)
    assert.equal(await container.getByRole('separator').count(), 1)
  })

  it('complained of nothing and asked nobody else for anything', () => {
    assert.deepEqual(visitor.errors, [])
    const elsewhere = visitor.requests.filter(
      (address) =>
        !address.startsWith('blob:') && new URL(address).host !== new URL(sandbox.url).host,
    )
    assert.deepEqual(elsewhere, [])
  })
})
