/** The list of models on the page, in a real browser. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pino } from 'pino'
import type { Browser } from 'playwright-core'
import { type ChoosableBot, startChoosableBot } from '../../bot/model-choice.ts'
import { readConfig } from '../../config/config.ts'
import { assertAccessible } from 'loopback-discord/testing/axe'
import { launchBrowser, visit } from 'loopback-discord/testing/browser'
import { WITH_BROWSER } from 'loopback-discord/testing/chromium'
import { packageFor } from '../helpers/packages.ts'

describe('the list of models', { ...WITH_BROWSER, timeout: 120_000 }, () => {
  let folder: string
  let running: ChoosableBot
  let browser: Browser

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'sightseer-models-'))
    symlinkSync(await packageFor('t5-gated'), path.join(folder, 'tiny'))
    const settings = {
      SANDBOX_STATE: 'memory',
      SIGHTSEER_STORE: 'memory:',
      SIGHTSEER_MODELS: folder,
    }
    running = await startChoosableBot(readConfig(settings), pino({ level: 'silent' }))
    browser = await launchBrowser()
  })
  after(async () => {
    await browser?.close()
    await running?.close()
    rmSync(folder, { recursive: true })
  })

  it('shows the one that answers, on every page, and makes another one answer', async () => {
    const url = running.bot().sandbox!.url
    const { page } = await visit(browser, url)
    const other = (await visit(browser, url, { as: 'Lin', locale: 'zh-CN' })).page
    await other.getByRole('button', { name: '模型: demo' }).waitFor()
    await page.getByRole('button', { name: 'Model: demo' }).click()
    await page.getByRole('option', { name: 'tiny' }).click()
    await page.getByText('tiny answers now').waitFor()
    await other.getByRole('button', { name: '模型: tiny' }).waitFor()
    await page.getByRole('button', { name: 'Model: tiny' }).waitFor()
    await assertAccessible(page, 'the list of models')

    await page.locator('.sample').nth(2).click()
    await page.locator('.upload-commands').getByRole('button', { name: '/describe' }).click()
    const { name } = running.bot().model.card
    assert.equal(name, 't5-gated')
    await page.locator('article.message', { hasText: 'I am not sure about this picture' }).waitFor()
  })

  it('says on the page why one cannot answer', async () => {
    const { page } = await visit(browser, running.bot().sandbox!.url)
    rmSync(path.join(folder, 'tiny'))
    await page.getByRole('button', { name: 'Model: tiny' }).click()
    await page.getByRole('option', { name: 'demo', exact: true }).click()
    await page.getByText('demo answers now').waitFor()
    await page.getByRole('button', { name: 'Model: demo' }).click()
    await page.getByRole('option', { name: 'tiny' }).click()
    await page.getByText('There is no model package at').waitFor()
    await page.getByRole('button', { name: 'Model: demo' }).waitFor()
  })
})
