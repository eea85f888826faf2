/** The chat of the HTTP API, driven by the clients that people use. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, streamText } from 'ai'
import OpenAI, { APIError } from 'openai'
import type { Model } from '../../../inference/contract/types.ts'
import { openDemoModel } from '../../helpers/shared-model.ts'
import { dataUri, serveModel, type Served } from '../../helpers/served-model.ts'

const SCENE = dataUri('docs/scene.png')
const PHOTO = dataUri('test/fixtures/photographs/astronaut.webp', 'image/webp')
const CAPTION = /red circle.*blue square/

type Part = OpenAI.ChatCompletionContentPart
type Messages = OpenAI.ChatCompletionMessageParam[]

function user(...parts: readonly (string | Part)[]): Messages[0] {
  const content = parts.map((part) =>
    typeof part === 'string' ? { type: 'text' as const, text: part } : part,
  )
  return { role: 'user', content }
}

function picture(url: string): Part {
  return { type: 'image_url', image_url: { url } }
}

describe('chat completions', () => {
  let model: Model
  let served: Served
  let client: OpenAI

  before(async () => {
    model = await openDemoModel()
    served = await serveModel(model)
    client = new OpenAI({ baseURL: served.url, apiKey: 'none', maxRetries: 0 })
  })
  after(async () => {
    await served.close()
    await model.close()
  })

  const create = (messages: Messages, options: object = {}) =>
    client.chat.completions.create({ model: 'demo', messages, ...options })

  async function refusedWith(messages: Messages, options: object = {}) {
    const error = await create(messages, options).then(
      () => assert.fail('expected an error'),
      (thrown: unknown) => thrown,
    )
    assert.ok(error instanceof APIError)
    const { status, code, param } = error
    return [status, code, param]
  }

  it('describes a picture, and says what that took', async () => {
    const { choices, usage, object } = await create([user(picture(SCENE))])
    assert.equal(object, 'chat.completion')
    assert.match(choices[0]!.message.content!, CAPTION)
    assert.equal(choices[0]!.finish_reason, 'stop')
    assert.ok(usage!.prompt_tokens > 32)
    assert.equal(usage!.total_tokens, usage!.prompt_tokens + usage!.completion_tokens)
  })

  it('answers a question with the turns before it', async () => {
    const turns: Messages = [
      user(picture(SCENE), 'what color is the circle?'),
      { role: 'assistant', content: 'red' },
      user('and the square?'),
    ]
    const { choices } = await create(turns)
    assert.equal(choices[0]!.message.content, 'blue')
    const joined = await create([user(picture(SCENE)), user('what color is the square?')])
    assert.equal(joined.choices[0]!.message.content, 'blue')
  })

  it('says what is not there, and refuses a picture that the model does not know', async () => {
    const absent = await create([user(picture(SCENE), 'what color is the cross?')])
    assert.match(absent.choices[0]!.message.content!, /no cross/)
    assert.equal(absent.choices[0]!.message.refusal, null)
    for (const question of [[], ['what color is the circle?']]) {
      const { choices } = await create([user(picture(PHOTO), ...question)])
      const { content, refusal } = choices[0]!.message
      assert.match(refusal!, /I only know/)
      assert.equal(content, refusal)
    }
  })

  it('streams the same text, with its usage where that is wanted', async () => {
    for (const parts of [[], ['what color is the circle?']]) {
      const messages = [user(picture(SCENE), ...parts)]
      const whole = (await create(messages)).choices[0]!.message.content
      const stream = await client.chat.completions.create({
        model: 'demo',
        messages,
        stream: true,
        stream_options: { include_usage: true },
      })
      let text = ''
      const finishes: unknown[] = []
      let total = 0
      for await (const { choices, usage } of stream) {
        text += choices[0]?.delta.content ?? ''
        finishes.push(...choices.map((choice) => choice.finish_reason).filter(Boolean))
        total += usage?.total_tokens ?? 0
      }
      assert.equal(text, whole)
      assert.deepEqual(finishes, ['stop'])
      assert.ok(total > 0)
    }
  })

  it('tells the probabilities of tokens, streamed and whole', async () => {
    const messages = [user(picture(SCENE), 'what color is the circle?')]
    const wanted = { logprobs: true, top_logprobs: 2 }
    const { choices } = await create(messages, wanted)
    const [first] = choices[0]!.logprobs!.content!
    assert.equal(first!.token, ' red')
    assert.ok(first!.logprob <= 0 && first!.logprob > -0.1)
    assert.equal(first!.top_logprobs.length, 2)
    const stream = await client.chat.completions.create({
      model: 'demo',
      messages,
      stream: true,
      ...wanted,
    })
    const tokens: string[] = []
    for await (const { choices: pieces } of stream) {
      tokens.push(...(pieces[0]?.logprobs?.content ?? []).map(({ token }) => token))
    }
    assert.equal(tokens[0], ' red')
  })

  it('takes length, stop texts, temperature, seed and several choices', async () => {
    const messages = [user(picture(SCENE))]
    const short = await create(messages, { max_completion_tokens: 3 })
    assert.equal(short.choices[0]!.finish_reason, 'length')
    assert.equal(short.usage!.completion_tokens, 3)
    const stopped = await create(messages, { stop: ' red' })
    assert.doesNotMatch(stopped.choices[0]!.message.content!, /red/)
    assert.equal(stopped.choices[0]!.finish_reason, 'stop')
    const drawn = { n: 3, temperature: 2, seed: -7, max_tokens: 12 }
    const texts = async () =>
      (await create(messages, drawn)).choices.map(({ message }) => message.content)
    const once = await texts()
    assert.equal(once.length, 3)
    assert.ok(new Set(once).size > 1)
    assert.deepEqual(await texts(), once)
  })

  it('refuses what it cannot do, and names the field', async () => {
    const scene = picture(SCENE)
    const refusals = [
      [[user('hi')], {}, [400, 'image_missing', 'messages']],
      [[user(scene, scene)], {}, [400, 'too_many_images', 'messages.0.content.1.image_url']],
      [
        [user(picture('https://example.com/a.png'))],
        {},
        [400, 'remote_image', 'messages.0.content.0.image_url'],
      ],
      [
        [user(picture('data:image/png;base64,%%'))],
        {},
        [400, 'invalid_image', 'messages.0.content.0.image_url'],
      ],
      [[user(picture('data:image/png;base64,AAAA'))], {}, [400, 'image/unknown-format', null]],
      [
        [{ role: 'system', content: 'Be brief.' }, user(scene)],
        {},
        [400, 'unsupported_role', 'messages.0.role'],
      ],
      [
        [user(scene), { role: 'assistant', content: 'a star' }],
        {},
        [400, 'invalid_messages', 'messages.1.role'],
      ],
      [[user(scene)], { model: 'gpt-4o' }, [404, 'model_not_found', 'model']],
      [[user(scene)], { temperature: 3 }, [400, 'invalid_value', 'temperature']],
      [[user(scene)], { frequency_penalty: 1 }, [400, 'invalid_value', 'frequency_penalty']],
      [[user(scene)], { tools: [{}] }, [400, 'invalid_value', 'tools']],
      [[user(scene)], { top_logprobs: 2 }, [400, 'invalid_value', 'top_logprobs']],
      [[user(scene, 'why? '.repeat(500))], {}, [400, 'text/too-long', null]],
      [[user(scene, 'why? '.repeat(500))], { stream: true }, [400, 'text/too-long', null]],
    ] as const
    for (const [messages, options, expected] of refusals) {
      assert.deepEqual(await refusedWith([...messages], options), expected)
    }
    const audio = { type: 'input_audio', input_audio: { data: '', format: 'wav' } } as const
    const [status, , param] = await refusedWith([user(audio)])
    assert.deepEqual([status, param], [400, 'messages.0.content.0.type'])
  })

  it('takes the address of a picture as a bare text, too', async () => {
    const response = await fetch(`${served.url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'demo',
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: SCENE }] }],
      }),
    })
    assert.equal(response.status, 200)
    assert.match(await response.text(), CAPTION)
  })

  it('works with the AI SDK', async () => {
    const provider = createOpenAICompatible({ name: 'sightseer', baseURL: served.url })
    const content = [
      { type: 'file' as const, data: SCENE, mediaType: 'image/png' },
      { type: 'text' as const, text: 'what color is the circle?' },
    ]
    const about = { model: provider('demo'), messages: [{ role: 'user' as const, content }] }
    assert.equal((await generateText(about)).text, 'red')
    assert.equal(await streamText(about).text, 'red')
  })
})
