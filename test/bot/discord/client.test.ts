/** How the bot joins, and what it can still do where the Message Content intent is refused. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Client } from 'discord.js'
import { pino } from 'pino'
import { Member } from 'loopback-discord/client'
import type { Sandbox } from 'loopback-discord'
import { connect } from '../../../bot/discord/client.ts'
import { dispatch } from '../../../bot/dispatch.ts'
import { Jobs } from '../../../bot/jobs/jobs.ts'
import { createMetrics } from '../../../bot/operations/metrics.ts'
import { createPictureFetcher } from '../../../bot/pictures/download.ts'
import { openStore } from '../../../bot/store/store.ts'
import type { Store } from '../../../bot/store/types.ts'
import { quotedParagraphs } from '../../../commands/answer-text.ts'
import { EN } from '../../../commands/i18n/en.ts'
import { openModel } from '../../../inference/model.ts'
import type { Model } from '../../../inference/contract/types.ts'
import { startWatchedSandbox } from 'loopback-discord/testing/watched-sandbox'
import { packageFor } from '../../helpers/packages.ts'
import { pictureFile } from '../../helpers/pictures.ts'

const PICTURE = pictureFile()

describe('the bot without the Message Content intent', () => {
  const lines: string[] = []
  const log = pino({}, { write: (line: string) => lines.push(line) })
  let sandbox: Sandbox
  let model: Model
  let store: Store
  let client: Client<true>
  let ada: Member

  before(async () => {
    sandbox = await startWatchedSandbox({ messageContent: false })
    model = await openModel(await packageFor('base'))
    store = await openStore({ url: 'memory:', log })
    const parts = {
      model,
      store,
      jobs: new Jobs({ store, log }),
      fetchPicture: createPictureFetcher({ origins: [sandbox.cdn] }),
      retentionMs: 60_000,
      metrics: createMetrics(),
      log,
    }
    client = await connect({
      token: sandbox.token,
      api: sandbox.api,
      log,
      listen: (fresh) => void dispatch(fresh, parts),
    })
    ada = await Member.connect(sandbox.url)
  })

  after(async () => {
    ada.close()
    await client.destroy()
    await model.close()
    await store.close()
    await sandbox.close()
  })

  function describePicture() {
    return ada.slash('describe', { image: PICTURE })
  }

  it('joins all the same and says so, without the token', () => {
    assert.match(lines.join(''), /Message Content intent is off/)
    assert.ok(!lines.join('').includes(sandbox.token))
  })

  it('defers, then describes', async () => {
    const answer = await describePicture()
    const first = ada.events.find(({ message }) => message?.id === answer.id)
    assert.equal((first?.message?.flags ?? 0) & 128, 128, 'it was seen thinking first')
    assert.equal(first?.message?.content, '')
    assert.notEqual(answer.content, '')
  })

  it('says that it cannot read a reply to the description', async () => {
    const reply = await ada.reply(await describePicture(), 'what color is it?')
    assert.match((await ada.answerTo(reply)).content, /hides the text of replies/)
  })

  it('answers a reply that mentions it', async () => {
    const question = `<@${client.user.id}> what color is it?`
    const answer = await ada.answerTo(await ada.reply(await describePicture(), question))
    const expected = await model.ask(PICTURE.bytes, 'what color is it?')
    // A model of random weights is not sure of anything, and the answer says so.
    assert.equal(expected.judgment.verdict, 'unsure')
    assert.equal(answer.content, `${quotedParagraphs(expected.text)}\n-# ${EN.answer.unsure}`)
    assert.deepEqual(answer.mentions, [])
  })
})
