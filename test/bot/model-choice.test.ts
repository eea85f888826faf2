/** A person chooses another model on the page of the loopback Discord. */

import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pino } from 'pino'
import type { Member } from 'loopback-discord/client'
import { type ChoosableBot, modelsAtHand, startChoosableBot } from '../../bot/model-choice.ts'
import { readConfig } from '../../config/config.ts'
import { connectMember } from '../helpers/members.ts'
import { packageFor } from '../helpers/packages.ts'
import { shippedModels } from '../helpers/shipped.ts'
import { scene } from '../helpers/demo-bot.ts'

describe('the models that the page offers', { timeout: 120_000 }, () => {
  let folder: string
  let running: ChoosableBot
  let ada: Member

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'sightseer-models-'))
    symlinkSync(await packageFor('t5-gated'), path.join(folder, 'tiny'))
    symlinkSync(await packageFor('itm-common'), path.join(folder, 'matcher'))
    cpSync(await packageFor('t5-relu'), path.join(folder, 'leaving'), { recursive: true })
    mkdirSync(path.join(folder, 'empty'))
    const settings = {
      SANDBOX_STATE: 'memory',
      SIGHTSEER_STORE: 'memory:',
      SIGHTSEER_MODELS: folder,
    }
    running = await startChoosableBot(readConfig(settings), pino({ level: 'silent' }))
    ada = await connectMember(running.bot().sandbox!.url)
  })
  after(async () => {
    ada.close()
    await running.close()
    rmSync(folder, { recursive: true })
  })

  const offered = () => ada.events.findLast((event) => event.models)?.models
  const choose = (name: string) => ada.useModel(name)
  const told = (name: string) => ada.until(({ models }) => models?.current === name)

  it('are the packages that write text', async () => {
    const { names = [], current } = offered() ?? {}
    const shipped = [...(await shippedModels()).keys()]
    const wanted = new Set([...shipped, 'leaving', 'tiny'])
    assert.deepEqual(wanted.difference(new Set(names)), new Set())
    assert.equal(current, 'demo')
    for (const name of ['matcher', 'demo-match', 'ocr', 'empty']) {
      assert.ok(!names.includes(name), name)
    }
  })

  it('include the configured one, wherever it is', async () => {
    const names = await modelsAtHand({ model: '/elsewhere/mine', modelsFolder: undefined })
    assert.deepEqual(names.slice(0, 2), ['/elsewhere/mine', 'demo'])
  })

  it('answer once they are chosen, in the same channel', async () => {
    const described = await ada.slash('describe', { image: scene() })
    assert.match(described.content, /red circle/)
    await choose('tiny')
    await told('tiny')
    const { model, sandbox } = running.bot()
    assert.equal(model.card.name, 't5-gated')
    const { text } = await model.describe(scene().bytes)
    const again = await ada.slash('describe', { image: scene() })
    assert.ok(again.content.toLowerCase().includes(text.toLowerCase()), again.content)
    assert.equal(again.channel_id, described.channel_id)

    await choose('demo')
    await told('demo')
    assert.equal(running.bot().sandbox, sandbox)
    assert.match((await ada.slash('describe', { image: scene() })).content, /red circle/)
  })

  it('leave the one before in place if they cannot be opened', async () => {
    rmSync(path.join(folder, 'leaving'), { recursive: true })
    await assert.rejects(choose('leaving'), /409.*There is no model package at .*leaving/)
    assert.equal(offered()?.current, 'demo')
    assert.match((await ada.slash('describe', { image: scene() })).content, /red circle/)
  })

  it('are none but these', async () => {
    await assert.rejects(choose('matcher'), /404/)
    await assert.rejects(choose('../../etc'), /404/)
  })

  it('are changed one after the other, and the last one stays', async () => {
    await Promise.all([choose('tiny'), choose('demo'), choose('tiny')])
    assert.equal(offered()?.current, 'tiny')
    assert.equal(running.bot().model.card.name, 't5-gated')
  })
})
