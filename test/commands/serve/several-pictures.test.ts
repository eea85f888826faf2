/** Several pictures in a chat of the HTTP API, and their detail, driven by OpenAI's client. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import OpenAI, { APIError } from 'openai'
import type { Model } from '../../../inference/contract/types.ts'
import { openModel } from '../../../inference/model.ts'
import { picturesOf } from '../../../inference/package/model-card.ts'
import { packageFor } from '../../helpers/packages.ts'
import { pictureBytes } from '../../helpers/pictures.ts'
import { dataUri, serveModel, type Served } from '../../helpers/served-model.ts'

const FILES = ['parity.png', 'size-448x448.png'] as const
const BYTES = FILES.map((file) => new Uint8Array(pictureBytes(file)))
const QUESTION = 'which one is red?'

type Detail = 'auto' | 'low' | 'high'

function pictures(detail?: Detail, files: readonly string[] = FILES) {
  return files.map((file) => {
    const url = dataUri(`test/fixtures/images/${file}`)
    return { type: 'image_url' as const, image_url: { url, ...(detail && { detail }) } }
  })
}

describe('a chat about several pictures', () => {
  let model: Model
  let served: Served
  let client: OpenAI

  before(async () => {
    model = await openModel(await packageFor('smolvlm-tiles'), { threads: 1 })
    served = await serveModel(model)
    client = new OpenAI({ baseURL: served.url, apiKey: 'none', maxRetries: 0 })
  })
  after(async () => {
    await served.close()
    await model.close()
  })

  async function create(content: OpenAI.ChatCompletionContentPart[]) {
    const { name } = model.card
    const messages = [{ role: 'user' as const, content }]
    const { choices, usage } = await client.chat.completions.create({ model: name, messages })
    return { text: choices[0]!.message.content, tokens: usage!.prompt_tokens }
  }

  const tokensAt = async (detail?: Detail) =>
    (await create([...pictures(detail, FILES.slice(0, 1)), { type: 'text', text: QUESTION }]))
      .tokens

  const refusedWith = async (content: OpenAI.ChatCompletionContentPart[]) => {
    const error: unknown = await create(content).catch((thrown: unknown) => thrown)
    assert.ok(error instanceof APIError)
    return [error.status, error.code, error.param, error.type]
  }

  it('has one answer about all, in their order', async () => {
    const { text, tokens } = await create([...pictures('low'), { type: 'text', text: QUESTION }])
    const expected = await model.ask(BYTES, QUESTION, { detail: 'low' })
    assert.equal(text, expected.text)
    assert.equal(tokens, expected.promptTokens)
  })

  it('sees a picture in the detail that is asked for', async () => {
    for (const detail of ['low', 'auto', 'high'] as const) {
      const { promptTokens } = await model.ask(BYTES[0]!, QUESTION, { detail })
      assert.equal(await tokensAt(detail), promptTokens, detail)
    }
    assert.ok((await tokensAt('low')) < (await tokensAt('high')))
    assert.equal(await tokensAt(), await tokensAt('auto'))
  })

  it('describes them together where nothing is asked', async () => {
    const { text } = await create(pictures('low'))
    assert.equal(text, (await model.describe(BYTES, { detail: 'low' })).text)
  })

  it('refuses more than the model takes, and different details, with the field', async () => {
    const most = picturesOf(model.card, 'low')
    const many = Array.from({ length: most + 1 }, () => FILES[0])
    assert.deepEqual(await refusedWith(pictures('low', many)), [
      400,
      'too_many_images',
      `messages.0.content.${most}.image_url`,
      'invalid_request_error',
    ])
    const mixed = [...pictures('low', FILES.slice(0, 1)), ...pictures('high', FILES.slice(1))]
    assert.deepEqual(await refusedWith(mixed), [
      400,
      'invalid_value',
      'messages.0.content.1.image_url.detail',
      'invalid_request_error',
    ])
    const wrong: object = { ...pictures()[0]!, image_url: { url: 'data:,', detail: 'most' } }
    const response = await fetch(`${served.url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: model.card.name,
        messages: [{ role: 'user', content: [wrong] }],
      }),
    })
    assert.equal(response.status, 400)
  })
})
