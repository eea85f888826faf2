/** When pictures are searched by their words only, why, and what is said of it. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it, mock } from 'node:test'
import { Client } from 'discord.js'
import { pino } from 'pino'
import { FindPages } from '../../../bot/find/find-pages.ts'
import { MeaningSearch, type NoMeaning } from '../../../bot/find/meaning-search.ts'
import { packVectors, spaceOf } from '../../../bot/find/picture-vectors.ts'
import { SearchableRecords } from '../../../bot/find/searchable-records.ts'
import { openStore } from '../../../bot/store/store.ts'
import type { Store } from '../../../bot/store/types.ts'
import { EN } from '../../../commands/i18n/en.ts'
import type { Catalog } from '../../../commands/i18n/words.ts'
import { ZH } from '../../../commands/i18n/zh.ts'
import { InputError } from '../../../config/errors.ts'
import type { Model } from '../../../inference/contract/types.ts'
import type { ModelCard } from '../../../inference/package/model-card.ts'
import { openModel } from '../../../inference/model.ts'
import { packageFor } from '../../helpers/packages.ts'

const MINUTE_MS = 60_000
const CATALOGS: readonly Catalog[] = [EN, ZH]
const ACCESS = {
  mayFind: async () => true,
  among: async (ids: readonly string[], only: string | null) =>
    ids.filter((id) => only === null || id === only),
}

async function busy(): Promise<never> {
  throw new InputError('queue/full')
}

describe('a search by what pictures show', () => {
  const client = new Client({ intents: [] })
  mock.method(client.channels, 'fetch', async () => null)
  let store: Store
  let records: SearchableRecords
  let model: Model
  let card: ModelCard

  before(async () => {
    store = await openStore({
      url: 'memory:',
      keys: [randomBytes(32)],
      log: pino({ level: 'silent' }),
    })
    records = new SearchableRecords(store)
    model = await openModel(await packageFor('itm-common'), { threads: 1, task: 'match' })
    const { matcher } = model
    assert.ok(matcher && 'files' in matcher)
    card = matcher
  })
  after(async () => {
    await client.destroy()
    await model.close()
    await store.close()
  })

  /** Stores a picture of a channel; with vectors, if those of a space are wanted. */
  async function post(key: string, space: string | null = null) {
    const packed = packVectors(await vectors())
    const fields = { author: '1', picture: 'x', spoiler: false, words: ['heart'], at: Date.now() }
    const meaning = space === null ? null : { space, mean: packed.mean }
    const { vectors: all } = packed
    const lasting = { vectors: space === null ? null : all, ttlMs: MINUTE_MS }
    await records.set(key, { ...fields, meaning }, lasting)
  }

  async function vectors() {
    const data = await model.embedText('a red circle')
    return { data, shape: [1, data.length] as const }
  }

  function search(words: string, channelId: string | null, matching: Partial<Model> = {}) {
    const { matcher } = model
    const asked = {
      matcher,
      embedText: model.embedText.bind(model),
      match: model.match.bind(model),
      ...matching,
    }
    const pictures = { source: assert.fail, settle: assert.fail }
    const meaning = new MeaningSearch({ client, model: asked, pictures, searchable: records })
    return meaning.search({ words, guildId: '1', channelId, access: ACCESS, userId: '2' })
  }

  it('needs a model', async () => {
    const { no } = await search('heart', 'a', { matcher: null })
    assert.deepEqual(no, { why: 'no-matcher' })
  })

  it('needs words that the model knows', async () => {
    const questions = { words: {}, patterns: [], followUps: [], vocabulary: ['heart'] }
    const matcher = { ...card, languages: ['en'], questions }
    assert.deepEqual((await search('心', 'a', { matcher })).no, {
      why: 'language',
      languages: ['en'],
    })
    assert.deepEqual((await search('a heart', 'a', { matcher })).no, {
      why: 'words',
      words: ['a'],
    })
  })

  it('needs time of the model', async () => {
    assert.deepEqual((await search('heart', 'a', { embedText: busy })).no, { why: 'busy' })
  })

  it('needs pictures that this model has looked at, and counts the others', async () => {
    await post('1/a/1/x')
    await post('1/a/2/x', 'of another model')
    assert.deepEqual((await search('heart', 'a')).no, { why: 'unseen' })
    assert.deepEqual(await search('heart', 'empty'), { hits: [], no: null, unseen: 0 })
    await post('1/b/3/x', spaceOf(card))
    // Its channel is gone, so it is no hit.
    assert.deepEqual(await search('heart', null), { hits: [], no: null, unseen: 2 })
    await records.deleteAll('1/a/')
    assert.deepEqual(await search('heart', null), { hits: [], no: null, unseen: 0 })
  })
})

describe('what an answer says of it', () => {
  const answer = { userId: '1', words: 'heart', hits: [], count: 0 }
  const pages = new FindPages({
    client: new Client({ intents: [] }),
    searchable: { get: assert.fail },
  })
  const linesOf = async (no: NoMeaning | null, unseen: number, text: Catalog = EN) => {
    const { content } = await pages.first({ ...answer, no, unseen }, ACCESS, text)
    return content!.split('\n')
  }

  it('is in the language of who asks', async () => {
    for (const text of CATALOGS) {
      const { find } = text
      const { onlyWords } = find
      for (const [no, note] of [
        [{ why: 'no-matcher' }, onlyWords.matcher],
        [{ why: 'busy' }, onlyWords.busy],
        [{ why: 'unseen' }, onlyWords.unseen],
        [{ why: 'language', languages: ['en'] }, onlyWords.language(['en'])],
        [{ why: 'words', words: ['scarlet'] }, onlyWords.words(['scarlet'])],
      ] as const) {
        const lines = await linesOf(no, 0, text)
        assert.deepEqual(lines, [find.none('heart'), `-# ${note}`])
      }
    }
  })

  it('counts the pictures that were searched by their words only, beside others', async () => {
    assert.deepEqual(await linesOf(null, 0), [EN.find.noneFits('heart')])
    for (const text of CATALOGS) {
      const { find } = text
      const lines = await linesOf(null, 3, text)
      assert.deepEqual(lines, [find.noneFits('heart'), `-# ${find.unseen(3)}`])
    }
  })
})
