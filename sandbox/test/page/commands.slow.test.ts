/** Commands, menus, buttons, selects and forms on the page, with a bot that has one of each. */

import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { startSandbox } from '../../src/server.ts'
import type { Sandbox } from '../../src/server.ts'
import { assertAccessible } from '../helpers/axe.ts'
import { launchBrowser, visit } from '../helpers/browser.ts'
import { WITH_BROWSER } from '../helpers/chromium.ts'
import { startPageBot } from '../helpers/page-bot.ts'
import type { PageBot } from '../helpers/page-bot.ts'

const SAMPLES = path.join(import.meta.dirname, '..', '..', 'samples')
const SAMPLE = path.join(SAMPLES, 'lone-triangle.webp')

describe('commands on the page', WITH_BROWSER, () => {
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

  const form = () => page.locator('.command-form')
  const option = (name: string) => page.getByRole('option', { name })

  function message(text: string | RegExp) {
    return page.locator('article.message:not(.pending)', { hasText: text }).last()
  }

  /** Types a command's name and takes it from the list. */
  async function begin(name: string) {
    await page.locator('#text').fill(`/${name}`)
    await page.locator('.command-list .option.active', { hasText: `/${name}` }).waitFor()
    await page.keyboard.press('Enter')
  }

  async function run(name: string) {
    await begin(name)
    await form().getByRole('button', { name: 'Run' }).click()
    await form().waitFor({ state: 'detached' })
  }

  it('lists the commands with their options, and subcommands apart', async () => {
    await page.locator('#text').fill('/')
    const options = await page.locator('.command-list .option').allInnerTexts()
    const names = options.map((text) => text.split('\n')[0]!.trim())
    assert.ok(
      names.some((name) => name.startsWith('/order dish size?')),
      names.join(' | '),
    )
    assert.ok(names.some((name) => name.startsWith('/notes show')))
    await page.keyboard.press('Escape')
    await page.locator('#text').fill('')
  })

  it('fills in options of every kind, with choices and autocomplete', async () => {
    await begin('order')
    await form().getByRole('combobox', { name: /^dish/ }).pressSequentially('hot')
    await option('stew (hot)').click()
    const add = (name: string) =>
      form()
        .getByRole('button', { name: `Add the option ${name}` })
        .click()
    await add('count')
    await form()
      .getByRole('spinbutton', { name: /^count/ })
      .fill('3')
    // The list of a choice opens with the option.
    for (const [name, choice] of [
      ['size', 'Large one'],
      ['hot', 'True'],
      ['guest', 'Lin'],
      ['place', '#general'],
    ] as const) {
      await add(name)
      await option(choice).click()
    }
    await assertAccessible(page, 'a command that is filled in')
    await form().getByRole('button', { name: 'Run' }).click()
    await message(/dish=stew size=l count=3 hot=true guest=\d+ place=\d+ locale=en-US/).waitFor()
  })

  it('says what the option with the focus is for', async () => {
    await begin('order')
    await form().locator('.option-hint', { hasText: 'What to cook' }).waitFor()
    await form().getByRole('button', { name: 'Add the option count' }).click()
    await form().locator('.option-hint', { hasText: 'How many' }).waitFor()
    await page.keyboard.press('Escape')
    await form().waitFor({ state: 'detached' })
  })

  it('says which option is missing', async () => {
    await begin('order')
    await form().getByRole('button', { name: 'Run' }).click()
    await form().locator('.problem', { hasText: 'This option is required.' }).waitFor()
    await page.keyboard.press('Escape')
    await form().waitFor({ state: 'detached' })
  })

  it('names what was used as the reader’s language has it', async () => {
    await run('notes show')
    const chinese = await visit(browser, sandbox.url, { locale: 'zh-CN' })
    await chinese.page.locator('.origin', { hasText: '/笔记 show' }).waitFor()
    await chinese.context.close()
  })

  it('gives a picture to a command', async () => {
    await begin('look')
    await form().locator('input[type=file]').setInputFiles(SAMPLE)
    await form().getByRole('button', { name: 'Run' }).click()
    await message(/Saw lone-triangle\.webp, \d+ bytes/).waitFor()
  })

  it('runs a subcommand', async () => {
    await run('notes clear')
    await message('notes clear').waitFor()
  })

  it('says that the bot is thinking, and then what it thought', async () => {
    await run('ponder')
    const thinking = page.locator('article.message', { hasText: 'Sightseer is thinking…' })
    await thinking.waitFor()
    bot.go()
    await message('Thought about it').waitFor()
    await thinking.waitFor({ state: 'detached' })
  })

  it('says when the application did not respond', async () => {
    await run('silence')
    const failed = page.locator('article.pending', { hasText: 'The application did not respond' })
    await failed.waitFor()
    await failed.getByRole('button', { name: 'Dismiss message' }).click()
    await failed.waitFor({ state: 'detached' })
  })

  it('marks what only you can see, and dismisses it', async () => {
    await run('whisper')
    const whispered = message('Psst')
    await whispered.getByText('Only you can see this').waitFor()
    await whispered.getByRole('button', { name: 'Dismiss message' }).click()
    await page.locator('article.ephemeral').waitFor({ state: 'detached' })
  })

  it('uses the context menus of a message and of a person', async () => {
    await message('notes clear').click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Inspect message' }).click()
    await message('Inspected: notes clear').waitFor()
    await message('Inspected: notes clear').locator('button.author').click()
    await page.getByRole('menuitem', { name: 'Inspect person' }).click()
    await message('Inspected Sightseer').waitFor()
  })

  it('opens a form, checks it, and sends it with a file', async () => {
    await run('form')
    const dialog = page.getByRole('dialog', { name: 'Ask about it' })
    await dialog.waitFor()
    await assertAccessible(page, 'a form')
    await dialog.getByRole('button', { name: 'Submit' }).click()
    await dialog.getByText('This option is required.').first().waitFor()
    await dialog.getByRole('textbox', { name: /^Your question/ }).fill('what is it?')
    await dialog.getByRole('button', { name: /^What kind/ }).click()
    await option('Second kind').click()
    await dialog.locator('input[type=file]').setInputFiles(SAMPLE)
    await dialog.getByRole('button', { name: 'Submit' }).click()
    await message('Form: what is it? / two / lone-triangle.webp').waitFor()
    await dialog.waitFor({ state: 'detached' })
  })

  it('chooses in selects of every kind', async () => {
    const choices: readonly (readonly [string, string, RegExp])[] = [
      ['People', 'Lin', /Chose \d+ of people/],
      ['Roles', '@Moderator', /Chose \d+ of roles/],
      ['Places', '#general', /Chose \d+ of places/],
    ]
    await run('parts')
    // The answers quote the message, so it is known by its selects.
    const parts = () => page.locator('article.message', { has: page.locator('.picker') }).last()
    for (const [select, label, answer] of choices) {
      await parts()
        .getByRole('button', { name: new RegExp(`^${select}`) })
        .click()
      await option(label).first().click()
      await message(answer).waitFor()
    }
    await parts()
      .getByRole('button', { name: /^Kinds/ })
      .click()
    await option('First kind').click()
    await option('Second kind').click()
    await assertAccessible(page, 'the list of a select')
    await page.getByRole('button', { name: 'Done' }).click()
    await message('Chose one,two of kinds').waitFor()
  })

  it('presses buttons: one opens a form, one is not answered, one changes the message', async () => {
    await run('parts')
    const parts = message('Press or choose')
    assert.equal(await parts.getByRole('button', { name: 'Off' }).isDisabled(), true)
    await parts.getByRole('button', { name: 'Ask…' }).click()
    await page.getByRole('dialog', { name: 'Ask about it' }).waitFor()
    await page.keyboard.press('Escape')
    await parts.getByRole('button', { name: 'Ignored' }).click()
    await parts.getByText('This interaction failed').waitFor()
    await parts.getByRole('button', { name: 'Press me' }).click()
    await message('Pressed once').waitFor()
  })

  it('shows the commands in Chinese, and sends that language along', async () => {
    const { page: other, context } = await visit(browser, sandbox.url, { locale: 'zh-CN' })
    await other.locator('#text').fill('/点')
    await other.locator('.command-list .option', { hasText: '点一份东西' }).waitFor()
    await other.keyboard.press('Enter')
    await other.locator('.command-form').getByRole('combobox').fill('汤')
    await other.getByRole('option', { name: 'stew (汤)' }).waitFor()
    await other.keyboard.press('Escape')
    await other.locator('.command-form').getByRole('button', { name: '执行' }).click()
    await other.locator('article.message', { hasText: 'dish=汤 locale=zh-CN' }).waitFor()
    await context.close()
  })
})
