/** Which pictures a matcher with a domain is asked about, beside models with that domain, another and none. */

import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { MODELS_FOLDER } from '../../../config/models.ts'
import { judgeForMatching, requireMatchable } from '../../../inference/domain/judge-picture.ts'
import { openModel, type OpenOptions } from '../../../inference/model.ts'
import { CARD_FILE } from '../../../inference/package/model-card.ts'
import { photograph, scene } from '../../helpers/demo-bot.ts'
import { packageFor } from '../../helpers/packages.ts'

const DEMO = path.join(MODELS_FOLDER, 'demo')
const MATCHER = path.join(MODELS_FOLDER, 'demo-match')

const work = mkdtempSync(path.join(tmpdir(), 'judge-picture-'))
after(() => rmSync(work, { recursive: true, force: true }))

type Domain = { knows: { en: string; zh: string }; features?: object }

/** A package with another domain on its card. @returns its folder. */
function withDomain(from: string, change: (domain: Domain) => Domain | undefined): string {
  const folder = mkdtempSync(path.join(work, 'package-'))
  cpSync(from, folder, { recursive: true })
  const file = path.join(folder, CARD_FILE)
  const card = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify({ ...card, domain: change(card.domain) }))
  return folder
}

/** The verdicts about a photograph and a drawing. */
async function verdicts(folder: string, options: OpenOptions): Promise<string[]> {
  const model = await openModel(folder, options)
  try {
    const judged = [photograph(), scene()].map(({ bytes }) => judgeForMatching(model, bytes))
    return (await Promise.all(judged)).map(({ verdict }) => verdict)
  } finally {
    await model.close()
  }
}

const GUARDED = ['outside', 'inside']
const UNGUARDED = ['inside', 'inside']

/** A domain in which every picture is near. */
const far = (domain: Domain) => ({ ...domain, features: { ...domain.features, limit: 1e9 } })

describe('a matcher that knows drawings', () => {
  it('is asked about no photograph beside a model of all kinds of pictures', async () => {
    assert.deepEqual(await verdicts(await packageFor('projected'), { matcher: MATCHER }), GUARDED)
  })

  it('is asked about no photograph where both share a vision tower', async () => {
    const general = withDomain(DEMO, () => undefined)
    assert.deepEqual(await verdicts(general, { matcher: MATCHER }), GUARDED)
  })

  it('is asked about no photograph alone', async () => {
    assert.deepEqual(await verdicts(MATCHER, { task: 'match' }), GUARDED)
  })

  it('is asked about drawings beside a model that knows something else', async () => {
    const declining = withDomain(DEMO, ({ knows, features = {} }) => ({
      knows: { ...knows, en: 'maps' },
      features: { ...features, limit: 1e-9 },
    }))
    assert.deepEqual(await verdicts(declining, { matcher: MATCHER }), GUARDED)
  })

  it('is asked about everything where its card has no statistics', async () => {
    const blind = withDomain(MATCHER, ({ knows }) => ({ knows }))
    assert.deepEqual(await verdicts(await packageFor('projected'), { matcher: blind }), UNGUARDED)
  })

  it('is judged by the caption too where the model that writes knows the same', async () => {
    const [writer, matcher] = [withDomain(DEMO, far), withDomain(MATCHER, far)]
    assert.deepEqual(await verdicts(writer, { matcher }), GUARDED)
    assert.deepEqual(await verdicts(await packageFor('projected'), { matcher }), UNGUARDED)
  })

  it('is what a refusal names', async () => {
    const model = await openModel(MATCHER, { task: 'match' })
    try {
      await assert.rejects(requireMatchable(model, photograph().bytes), {
        code: 'match/outside-domain',
        params: { knows: model.card.domain?.knows },
      })
    } finally {
      await model.close()
    }
  })
})

describe('a matcher of all kinds of pictures', () => {
  it('is asked about every picture, also beside a model that knows drawings', async () => {
    assert.deepEqual(await verdicts(DEMO, { matcher: await packageFor('itm-common') }), UNGUARDED)
  })
})
