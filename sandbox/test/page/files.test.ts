/** Files on the page: what is drawn as a picture, and what the composer takes. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Browser, Locator, Page } from 'playwright-core'
import { startSandbox } from '../../src/server.ts'
import type { Sandbox } from '../../src/server.ts'
import { Member } from '../../src/test-client/client.ts'
import { STICKERS } from '../../src/cdn/stickers.ts'
import { launchBrowser, visit } from '../helpers/browser.ts'
import type { Visitor } from '../helpers/browser.ts'
import { WITH_BROWSER } from '../helpers/chromium.ts'
import { PNG, strip } from '../helpers/pictures.ts'

const SVG = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
const SAMPLE = path.join(import.meta.dirname, '../../samples/hearts.webp')

async function width(image: Locator): Promise<number> {
  return (await image.boundingBox())?.width ?? 0
}

describe('files on the page', WITH_BROWSER, () => {
  let sandbox: Sandbox
  let browser: Browser
  let visitor: Visitor
  let page: Page
  let lin: Member

  before(async () => {
    sandbox = await startSandbox({ rateLimits: 'off', linkDelayMs: 0 })
    lin = await Member.connect(sandbox.url, 'lin')
    browser = await launchBrowser()
    visitor = await visit(browser, sandbox.url)
    page = visitor.page
  })

  after(async () => {
    lin?.close()
    await browser?.close()
    await sandbox?.close()
  })

  const last = () => page.locator('article.message').last()

  function choose(...files: readonly { name: string; mimeType: string; buffer: Buffer }[]) {
    return page.locator('#file').setInputFiles([...files])
  }

  it('shows an SVG, and a picture that is none, as files', async () => {
    await lin.say('two files', { name: 'a.svg', bytes: SVG }, { name: 'b.png', bytes: SVG })
    await last().locator('.file-card', { hasText: 'b.png' }).waitFor()
    assert.deepEqual(await last().locator('.file-name').allInnerTexts(), ['a.svg', 'b.png'])
    assert.equal(await last().locator('img').count(), 0)
  })

  it('shows the preview of a picture’s link, covered if the link is a spoiler', async () => {
    const url = 'https://example.com/hearts.webp'
    const pictures = [{ name: 'hearts.webp', bytes: readFileSync(SAMPLE) }]
    await sandbox.links.register(url, { pictures })
    await lin.say(url)
    const image = last().locator('.picture img')
    await image.waitFor()
    assert.match((await image.getAttribute('src')) ?? '', /^\/media\/external\//)
    await lin.say(`look: || ${url} ||`)
    await last().locator('.picture.covered').waitFor()
    const outside = visitor.requests.filter((request) => request.includes('example.com'))
    assert.deepEqual(outside, [])
  })

  it('draws stickers, but for those in Lottie', async () => {
    for (const { id, name, format_type: format } of STICKERS) {
      await lin.stick(id)
      if (format === 3) {
        await last().getByText(name).waitFor()
      } else {
        await page.locator(`img.sticker[alt="${name}"]`).waitFor()
      }
    }
  })

  it('says how to ask about several pictures', async () => {
    const picture = { name: 'a.png', mimeType: 'image/png', buffer: PNG }
    await choose(picture)
    await page.locator('.draft').waitFor()
    const hint = page.locator('.upload-commands', { hasText: 'write @Sightseer' })
    assert.equal(await hint.count(), 0)
    await choose({ ...picture, name: 'b.png' })
    await hint.waitFor()
    await page.getByRole('button', { name: 'Remove a.png' }).click()
    await page.getByRole('button', { name: 'Remove b.png' }).click()
  })

  it('shows a strip of one pixel wide enough to be seen, before and after it is sent', async () => {
    await choose({ name: 'tall.png', mimeType: 'image/png', buffer: strip(20_000) })
    const draft = page.locator('.draft img')
    await draft.waitFor()
    assert.ok((await width(draft)) >= 16)
    await page.locator('#text').press('Enter')
    const image = page.locator('article.message .picture img[alt*="tall.png"]')
    await image.waitFor()
    assert.ok((await width(image)) >= 16)
    assert.ok((await image.boundingBox())!.height <= 360)
    // Its place is reserved before it loads, so that the newest messages stay in view.
    assert.equal(await image.getAttribute('width'), '16')
    assert.equal(await image.getAttribute('height'), '360')
  })

  it('takes no files from a person who is timed out', async () => {
    const { world } = sandbox
    const ada = [...world.users.values()].find(({ name }) => name === 'ada')!
    const member = world.member(world.guild.id, ada.id)!
    member.timeoutUntilMs = Date.now() + 60_000
    world.emit({ name: 'GUILD_MEMBER_UPDATE', member })
    await page.locator('.composer .notice', { hasText: 'timed out' }).waitFor()
    await page
      .getByRole('button', { name: /^Add to the message/ })
      .first()
      .click()
    await page.locator('#toasts', { hasText: 'timed out' }).waitFor()
    assert.equal(await page.locator('.draft').count(), 0)
    member.timeoutUntilMs = null
    world.emit({ name: 'GUILD_MEMBER_UPDATE', member })
  })

  it('shows the samples again when the window is wide again', async () => {
    const samples = page.locator('.sample').first()
    await samples.waitFor()
    await page.setViewportSize({ width: 600, height: 800 })
    await samples.waitFor({ state: 'hidden' })
    await page.setViewportSize({ width: 1280, height: 800 })
    await samples.waitFor()
  })

  it('posts a message under another name, as a proxy bot does', async () => {
    await page.locator('#text').fill('we are many')
    await page.keyboard.press('Enter')
    await last().getByText('we are many').waitFor()
    await last().click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Post under another name' }).click()
    await page.getByRole('textbox', { name: /PluralKit/ }).fill('Other')
    await page.keyboard.press('Enter')
    await page.locator('article.message', { hasText: 'Other' }).getByText('we are many').waitFor()
  })
})
