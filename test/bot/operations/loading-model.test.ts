/** Asking while the model is still being opened: told so, and answered once it is there. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Client } from 'discord.js'
import { pino } from 'pino'
import type { Sandbox } from 'loopback-discord'
import { connect } from '../../../bot/discord/client.ts'
import { dispatch } from '../../../bot/dispatch.ts'
import { Jobs } from '../../../bot/jobs/jobs.ts'
import { loadingModel } from '../../../bot/operations/loading-model.ts'
import { createMetrics } from '../../../bot/operations/metrics.ts'
import { createPictureFetcher } from '../../../bot/pictures/download.ts'
import { openStore } from '../../../bot/store/store.ts'
import type { Store } from '../../../bot/store/types.ts'
import { EN } from '../../../commands/i18n/en.ts'
import { openModel } from '../../../inference/model.ts'
import type { Model } from '../../../inference/contract/types.ts'
import { startWatchedSandbox } from 'loopback-discord/testing/watched-sandbox'
import { packageFor } from '../../helpers/packages.ts'
import { pictureFile } from '../../helpers/pictures.ts'
import { connectMember } from '../../helpers/members.ts'

const log = pino({ level: 'silent' })
const { bytes } = pictureFile()

describe('loadingModel', () => {
  let model: Model
  let sandbox: Sandbox
  let store: Store
  let client: Client<true> | undefined

  before(async () => {
    model = await openModel(await packageFor('base'))
    sandbox = await startWatchedSandbox()
    store = await openStore({ url: 'memory:', log })
  })
  after(async () => {
    await client?.destroy()
    await sandbox.close()
    await store.close()
    await model.close()
  })

  it('holds requests until the model is open', async () => {
    const opening = Promise.withResolvers<Model>()
    const loading = loadingModel(model, opening.promise)
    assert.equal(loading.isOpen(), false)
    assert.equal(loading.stats().done, 0)
    const asked = Promise.all([
      loading.describe(bytes),
      loading.ask(bytes, 'what is it?'),
      loading.score(bytes, { prompt: 'a', answers: ['b', 'c'] }),
    ])
    opening.resolve(model)
    const [described, answered, scores] = await asked
    assert.equal(described.text, (await model.describe(bytes)).text)
    assert.equal(answered.text, (await model.ask(bytes, 'what is it?')).text)
    assert.equal(scores.length, 2)
    assert.equal(loading.isOpen(), true)
    assert.ok(loading.stats().done >= 3)
  })

  it('fails each request where the model cannot be opened', async () => {
    const loading = loadingModel(model, Promise.reject(new Error('no memory')))
    await assert.rejects(loading.describe(bytes), /no memory/)
    assert.equal(loading.isOpen(), false)
  })

  it('lets those who ask meanwhile know, then answers', async () => {
    const opening = Promise.withResolvers<Model>()
    const loading = loadingModel(model, opening.promise)
    client = await connect({
      token: sandbox.token,
      api: sandbox.api,
      log,
      listen: (fresh) => {
        dispatch(fresh, {
          model: loading,
          isOpen: loading.isOpen,
          store,
          jobs: new Jobs({ store, log }),
          fetchPicture: createPictureFetcher({ origins: [sandbox.cdn] }),
          retentionMs: 60_000,
          metrics: createMetrics(),
          log,
        })
      },
    })
    const ada = await connectMember(sandbox.url)
    const answer = ada.slash('describe', { image: { name: 'parity.png', bytes } })
    const { message: notice } = await ada.until(
      ({ message: now }) => now?.content === EN.waiting.loading,
    )
    opening.resolve(model)
    const { id, content } = await answer
    assert.equal(id, notice?.id)
    assert.ok(content.length > 0)
    ada.close()
  })
})
