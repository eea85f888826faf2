import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import { z } from 'zod'
import { ConfigError } from '../../../../config/errors.ts'
import type { Model, Step } from '../../../../inference/contract/types.ts'
import { openServedModel } from '../../../../inference/served-model.ts'
import { sniffFormat } from '../../../../inference/image/sniff.ts'
import { chatScript, MAKES } from '../../../helpers/chat-servers.ts'
import { type Script, scriptServer, type ScriptedServer } from '../../../helpers/scripted-server.ts'
import { wordPicture } from '../../../helpers/word-pictures.ts'

const ROOT = path.join(import.meta.dirname, '..', '..', '..', '..')
const scene = new Uint8Array(readFileSync(path.join(ROOT, 'docs', 'scene.png')))

const bodySchema = z.object({
  model: z.string(),
  messages: z.array(z.object({ role: z.string(), content: z.unknown() })),
  max_tokens: z.number(),
  temperature: z.number(),
  logprobs: z.boolean().optional(),
})

async function withModel(
  script: Script,
  work: (model: Model, server: ScriptedServer) => Promise<void>,
): Promise<void> {
  const server = await scriptServer(script)
  try {
    const model = await openServedModel({
      addresses: [{ base: server.url, key: undefined }],
      model: undefined,
      silenceMs: 2000,
    })
    try {
      await work(model, server)
    } finally {
      await model.close()
    }
  } finally {
    await server.close()
  }
}

function lastBody({ received }: ScriptedServer) {
  return bodySchema.parse(JSON.parse(received.at(-1)!.body))
}

for (const make of MAKES) {
  describe(`a model on ${make}`, () => {
    it('describes, answers, and weighs answers by the probabilities of tokens', async () => {
      const top = { ' Yes': 0.5, yes: 0.1, No: 0.2, The: 0.1 }
      await withModel(chatScript(make, { top }), async (model, server) => {
        const steps: Step[] = []
        const described = await model.describe(scene, { onStep: (step) => steps.push(step) })
        assert.equal(described.text, 'A red circle.')
        assert.deepEqual(
          steps.map(({ text }) => text),
          ['A red', 'A red circle.'],
        )
        assert.deepEqual([described.promptTokens, described.timings.tokens], [610, 5])

        const history = [{ question: 'what is it?', answer: 'a circle' }]
        await model.ask(scene, 'what color?', { history, maxNewTokens: 9 })
        const { messages, max_tokens: most, temperature } = lastBody(server)
        assert.deepEqual(
          messages.map(({ role }) => role),
          ['user', 'assistant', 'user'],
        )
        assert.match(JSON.stringify(messages[0]), /"image_url".*what is it\?/)
        assert.deepEqual(
          messages.slice(1).map(({ content }) => content),
          ['a circle', 'what color?'],
        )
        assert.deepEqual([most, temperature], [9, 0])

        assert.ok(model.card.family === null && model.card.scoring === 'logprobs')
        const answers = ['yes', 'no']
        const [yes, no] = await model.score(scene, { question: 'is it red?', answers })
        assert.ok(Math.abs(yes!.probability - 0.75) < 1e-9, String(yes!.probability))
        assert.ok(Math.abs(no!.logLikelihood - Math.log(0.2)) < 1e-9)
        assert.equal(lastBody(server).logprobs, true)
      })
    })
  })
}

describe('a server that tells no probabilities and reads no words', () => {
  it('has its answer counted, its pictures checked here, and words read here', async () => {
    const script = chatScript('ollama', { text: '**No**, it is blue.' })
    await withModel(script, async (model, server) => {
      assert.ok(model.card.family === null && model.card.scoring === 'answer')
      assert.equal(model.matcher, null)
      const answers = ['yes', 'no', 'nothing']
      const scored = await model.score(scene, { question: 'is it red?', answers })
      assert.deepEqual(
        scored.map(({ probability }) => probability),
        [0, 1, 0],
      )

      const posts = () => server.received.filter(({ method }) => method === 'POST').length
      const before = posts()
      await assert.rejects(model.encode(scene.subarray(0, 300)), { code: 'image/damaged' })
      await assert.rejects(model.describe(scene.subarray(0, 300)), { code: 'image/damaged' })
      const { bytes } = await wordPicture(['FREE NITRO'])
      const { lines } = await model.read(bytes)
      assert.match(lines.map(({ text }) => text).join(' '), /NITRO/)
      assert.equal(posts(), before)
    })
  })
})

describe('a picture for a server', () => {
  it('is a data URI of its pixels alone', async () => {
    await withModel(chatScript('vllm'), async (model, server) => {
      const withText = Buffer.concat([
        scene.subarray(0, 33),
        pngText('Comment', 'taken at home'),
        scene.subarray(33),
      ])
      await model.describe(withText)
      const { content } = lastBody(server).messages[0]!
      const [, encoded = ''] = /data:image\/png;base64,([^"]+)/.exec(JSON.stringify(content)) ?? []
      const sent = Buffer.from(encoded, 'base64')
      assert.equal(sniffFormat(sent), 'PNG')
      assert.ok(!sent.includes('taken at home') && !sent.includes('tEXt'))
    })
  })
})

function refuses(reason: RegExp) {
  return (error: unknown) => error instanceof ConfigError && reason.test(error.message)
}

describe('choosing the model of a server', () => {
  const models = [
    { id: 'words', architecture: { input_modalities: ['text'] } },
    { id: 'eyes', architecture: { input_modalities: ['text', 'image'] } },
  ]
  const script: Script = {
    ...chatScript('vllm'),
    'GET /v1/models': (response) => {
      response.writeHead(200).end(JSON.stringify({ object: 'list', data: models }))
    },
  }

  it('takes the first that takes pictures', async () => {
    await withModel(script, async (model) => {
      assert.equal(model.card.name, 'eyes')
    })
  })

  it('refuses one that is not there, or takes no pictures', async () => {
    const server = await scriptServer(script)
    const open = (model: string) =>
      openServedModel({
        addresses: [{ base: server.url, key: undefined }],
        model,
        silenceMs: 2000,
      })
    try {
      await assert.rejects(open('ears'), refuses(/no model ears/))
      await assert.rejects(open('words'), refuses(/takes no pictures/))
    } finally {
      await server.close()
    }
  })
})

/** A chunk of text of a PNG. */
function pngText(name: string, text: string): Buffer {
  const data = Buffer.from(`tEXt${name}\0${text}`, 'latin1')
  const chunk = Buffer.alloc(data.length + 8)
  chunk.writeUInt32BE(data.length - 4)
  data.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(data), data.length + 4)
  return chunk
}
