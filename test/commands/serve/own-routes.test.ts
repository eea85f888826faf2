/** What the HTTP API has besides chats. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Model } from '../../../inference/contract/types.ts'
import { openModel } from '../../../inference/model.ts'
import { openConfiguredModel } from '../../../inference/configured-model.ts'
import { readConfig } from '../../../config/config.ts'
import { MODELS_FOLDER } from '../../../config/models.ts'
import { packageFor } from '../../helpers/packages.ts'
import { FIXTURES, loadItm } from '../../helpers/parity.ts'
import { DEMO_SETTINGS, openDemoModel } from '../../helpers/shared-model.ts'
import { dataUri, serveModel, type Served } from '../../helpers/served-model.ts'

const SCENE = dataUri('docs/scene.png')

describe('the routes of our own', () => {
  let model: Model
  let served: Served

  before(async () => {
    const demo = await openDemoModel()
    model = { ...demo }
    served = await serveModel(model)
  })
  after(async () => {
    await served.close()
    await model.close()
  })

  async function post(route: string, body: object, { url } = served) {
    const response = await fetch(`${url}/${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { status: response.status, body: JSON.parse(await response.text()) }
  }

  it('list the model with what it can do', async () => {
    const list = JSON.parse(await (await fetch(`${served.url}/models`)).text())
    assert.equal(list.data.length, 1)
    const [one] = list.data
    assert.equal(one.id, 'demo')
    assert.deepEqual(one.input_modalities, ['text', 'image'])
    assert.match(one.knows, /drawings/)
    assert.deepEqual(JSON.parse(await (await fetch(`${served.url}/models/demo`)).text()), one)
    assert.equal((await fetch(`${served.url}/models/other`)).status, 404)
  })

  it('score answers', async () => {
    const prompt = 'Question: is there a star? Answer:'
    const { status, body } = await post('score', { image: SCENE, prompt, answers: ['yes', 'no'] })
    assert.equal(status, 200)
    assert.equal(body.answers[0].answer, 'yes')
    assert.ok(body.answers[0].probability > 0.9)
    const empty = await post('score', { image: SCENE, prompt, answers: [] })
    assert.deepEqual([empty.status, empty.body.error.param], [400, 'answers'])
  })

  it('read words', async () => {
    const page = dataUri('test/fixtures/reading/00-dark.png')
    const { status, body } = await post('read', { image: page })
    assert.equal(status, 200)
    assert.ok(body.lines.length > 0)
    assert.equal(typeof body.lines[0].text, 'string')
  })

  it('match no texts with a picture that the matcher does not know', async () => {
    const settings = { ...DEMO_SETTINGS, SIGHTSEER_MATCHER: '' }
    const both = await openConfiguredModel(readConfig(settings))
    const other = await serveModel(both)
    try {
      const photograph = dataUri('test/fixtures/photographs/cat.webp')
      const { status, body } = await post('match', { image: photograph, texts: ['a cat'] }, other)
      assert.deepEqual([status, body.error.code], [400, 'match/outside-domain'])
      assert.match(body.error.message, /SIGHTSEER_MATCHER=/)
      const known = await post('match', { image: SCENE, texts: ['a yellow star'] }, other)
      assert.ok(known.body.matches[0].itm > 0.5)
      assert.deepEqual(known.body.matches[0].unknown, [])
    } finally {
      await other.close()
      await both.close()
    }
  })

  it('match no photograph with a matcher of drawings beside a model of all kinds', async () => {
    const matcher = path.join(MODELS_FOLDER, 'demo-match')
    const both = await openModel(await packageFor('projected'), { matcher })
    const other = await serveModel(both)
    try {
      const photograph = dataUri('test/fixtures/photographs/cat.webp')
      const { status, body } = await post('match', { image: photograph, texts: ['a cat'] }, other)
      assert.deepEqual([status, body.error.code], [400, 'match/outside-domain'])
      const texts = ['a yellow star', 'a yellow dragon']
      const { matches } = (await post('match', { image: SCENE, texts }, other)).body
      assert.ok(matches[0].itm > 0.5)
      assert.deepEqual(
        matches.map(({ text, unknown }: { text: string; unknown: string[] }) => [text, unknown]),
        [
          ['a yellow star', []],
          ['a yellow dragon', ['dragon']],
        ],
      )
    } finally {
      await other.close()
      await both.close()
    }
  })

  it('match texts as the reference, where a model for that is open', async () => {
    const refused = await post('match', { image: SCENE, texts: ['a star'] })
    assert.deepEqual([refused.status, refused.body.error.code], [404, 'unsupported_task'])
    const { matches } = loadItm('itm-common')
    const [{ image, text, itm, itc }] = [matches[0]!]
    const matcher = await openModel(await packageFor('itm-common'), { task: 'match' })
    const other = await serveModel(matcher)
    try {
      const file = readFileSync(path.join(FIXTURES, image)).toString('base64')
      const uri = `data:image/png;base64,${file}`
      const { body } = await post('match', { image: uri, texts: [text] }, other)
      assert.ok(Math.abs(body.matches[0].itm - itm) < 1e-5)
      assert.ok(Math.abs(body.matches[0].itc - itc) < 1e-5)
      const chat = await post(
        'chat/completions',
        {
          model: 'itm-common',
          messages: [{ role: 'user', content: [{ type: 'image_url', image_url: uri }] }],
        },
        other,
      )
      assert.deepEqual([chat.status, chat.body.error.code], [404, 'unsupported_task'])
    } finally {
      await other.close()
      await matcher.close()
    }
  })

  it('are described in OpenAPI, every route and every field', async () => {
    const base = served.url.replace('/v1', '')
    const { openapi, paths } = JSON.parse(await (await fetch(`${base}/openapi.json`)).text())
    assert.equal(openapi, '3.1.0')
    const chat = paths['/v1/chat/completions'].post.requestBody.content['application/json'].schema
    assert.ok('top_logprobs' in chat.properties)
    for (const route of Object.keys(paths)) {
      const method = 'post' in paths[route] ? 'POST' : 'GET'
      const headers = { 'content-type': 'application/json' }
      const body = method === 'POST' ? '{}' : null
      const { status } = await fetch(`${base}${route}`, { method, headers, body })
      assert.notEqual(status, 404, route)
    }
  })

  it('count requests and tokens in the metrics', async () => {
    const base = served.url.replace('/v1', '')
    const text = await (await fetch(`${base}/metrics`)).text()
    assert.match(text, /sightseer_http_requests_total\{route="\/v1\/score",status="200"/)
    assert.match(text, /sightseer_engine_stage_seconds\{stage="vision"\}/)
  })
})
