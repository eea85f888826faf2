/** System messages of the HTTP API, driven by OpenAI's client. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import OpenAI, { APIError } from 'openai'
import type { Model } from '../../../inference/contract/types.ts'
import { openModel } from '../../../inference/model.ts'
import { takesSystem } from '../../../inference/package/model-card.ts'
import { openServedModel } from '../../../inference/served-model.ts'
import { withSystemPrompt } from '../../../inference/system-prompt.ts'
import { packageFor } from '../../helpers/packages.ts'
import { pictureBytes } from '../../helpers/pictures.ts'
import { dataUri, serveModel, type Served } from '../../helpers/served-model.ts'

const QUESTION = 'what is it?'
const OPERATORS = 'Speak to sailors.'
const ASKED = {
  role: 'user' as const,
  content: [
    {
      type: 'image_url' as const,
      image_url: { url: dataUri('test/fixtures/images/parity.png') },
    },
    { type: 'text' as const, text: QUESTION },
  ],
}

function system(content: string) {
  return { role: 'system' as const, content }
}

describe('a chat with a system message', () => {
  const picture = new Uint8Array(pictureBytes('parity.png'))
  let model: Model
  let served: Served
  let client: OpenAI

  before(async () => {
    model = await openModel(await packageFor('llava-qwen3'), { threads: 1 })
    served = await serveModel(withSystemPrompt(model, OPERATORS))
    client = new OpenAI({ baseURL: served.url, apiKey: 'none', maxRetries: 0 })
  })
  after(async () => {
    await served.close()
    await model.close()
  })

  async function create(messages: OpenAI.ChatCompletionMessageParam[]) {
    const created = await client.chat.completions.create({ model: model.card.name, messages })
    return [created.choices[0]!.message.content, created.usage!.prompt_tokens]
  }

  const told = async (text?: string) => {
    const options = text === undefined ? {} : { system: text }
    const answer = await model.ask(picture, QUESTION, options)
    return [answer.text, answer.promptTokens]
  }

  it('is told the model, in the place of what the operator set', async () => {
    assert.deepEqual(await create([system('Be brief.'), ASKED]), await told('Be brief.'))
    assert.deepEqual(await create([ASKED]), await told(OPERATORS))
    assert.deepEqual(await create([system(''), ASKED]), await told())
    const [none, brief, operators] = [await told(), await told('Be brief.'), await told(OPERATORS)]
    assert.equal(new Set([none[1], brief[1], operators[1]]).size, 3)
  })

  it('comes from another program of this kind, too', async () => {
    const addresses = [{ base: served.url, key: undefined }]
    const remote = await openServedModel({ addresses, model: undefined, silenceMs: 60_000 })
    try {
      assert.ok(takesSystem(remote.card))
      const answer = await remote.ask(picture, QUESTION, { system: 'Be brief.' })
      assert.deepEqual([answer.text, answer.promptTokens], await told('Be brief.'))
    } finally {
      await remote.close()
    }
  })

  it('is refused where it is not the first, or too long', async () => {
    for (const [messages, expected] of [
      [
        [ASKED, { role: 'assistant' as const, content: 'a star' }, system('Be brief.'), ASKED],
        ['unsupported_role', 'messages.2.role'],
      ],
      [
        [system('Be brief.'), system('Very.'), ASKED],
        ['unsupported_role', 'messages.1.role'],
      ],
      [
        [system('x'.repeat(2001)), ASKED],
        ['string_above_max_length', 'messages.0.content'],
      ],
    ] as const) {
      const error: unknown = await create([...messages]).catch((thrown: unknown) => thrown)
      assert.ok(error instanceof APIError)
      assert.deepEqual([error.code, error.param], expected)
    }
  })
})
