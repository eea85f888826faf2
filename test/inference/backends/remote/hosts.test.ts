/** Hosts that fail, in each way that a host can. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { ServerResponse } from 'node:http'
import { once } from 'node:events'
import { afterEach, describe, it } from 'node:test'
import { ConfigError } from '../../../../config/errors.ts'
import type { HostEvent } from '../../../../inference/contract/options.ts'
import type { Model } from '../../../../inference/contract/types.ts'
import { openServedModel } from '../../../../inference/served-model.ts'
import { chatScript, streamOf } from '../../../helpers/chat-servers.ts'
import {
  type Script,
  scriptServer,
  type ScriptedServer,
  sendEvents,
  sendJson,
} from '../../../helpers/scripted-server.ts'

const ROOT = path.join(import.meta.dirname, '..', '..', '..', '..')
const scene = new Uint8Array(readFileSync(path.join(ROOT, 'docs', 'scene.png')))
const KEY = 'a-key-that-nobody-may-see'
const STREAM = streamOf('vllm', ['A red', ' circle.'])

const good = chatScript('vllm')
const POST = 'POST /v1/chat/completions'

/** A host that answers as one should until the first picture comes. */
function then(act: NonNullable<Script[string]>): Script {
  return {
    ...good,
    [POST]: (response, received) =>
      /"image_url"/.test(received.body) ? act(response, received) : good[POST]!(response, received),
  }
}

type Running = {
  readonly model: Model
  readonly servers: readonly ScriptedServer[]
  readonly events: HostEvent[]
}

async function withHosts(
  scripts: readonly Script[],
  work: (running: Running) => Promise<void>,
  { checkMs = 60_000, silenceMs = 1500 } = {},
): Promise<void> {
  const servers = await Promise.all(scripts.map(scriptServer))
  const events: HostEvent[] = []
  try {
    const addresses = servers.map(({ url }) => ({ base: url, key: KEY }))
    const model = await openServedModel(
      { addresses, model: undefined, silenceMs },
      { onHost: (event) => events.push(event), checkMs },
    )
    try {
      await work({ model, servers, events })
    } finally {
      await model.close()
    }
  } finally {
    await Promise.all(servers.map((server) => server.close()))
    assert.ok(!JSON.stringify(events).includes(KEY))
  }
}

/** What makes a host fail before the first token of its answer. */
const FAILURES: Readonly<Record<string, NonNullable<Script[string]>>> = {
  'closes the connection': (response) => {
    response.destroy()
  },
  'says nothing': () => {},
  'answers with a page': (response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>')
  },
  'sends an event that is no JSON': (response) => sendEvents(response, ['{"choices": [']),
  'ends its stream before the first token': (response) => {
    sendEvents(response, STREAM.slice(0, 1))
    response.end()
  },
  'redirects elsewhere': (response) => {
    response.writeHead(307, { location: 'http://169.254.169.254/latest/meta-data' }).end()
  },
  'is full': (response) => sendJson(response, { error: { message: 'full' } }, 503),
  'sends an event without an end': (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    void writeWithoutEnd(response, 'data: ')
  },
  'sends a stream without an end': (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    void writeWithoutEnd(response, '', `: ${' '.repeat(1000)}\n`)
  },
  'explains an error without an end': (response) => {
    response.writeHead(500)
    void writeWithoutEnd(response, '{"error": {"message": "')
  },
  'sends an error in its stream': (response) => {
    sendEvents(response, [{ error: { message: 'out of memory', code: 500 } }])
  },
}

/** The most bytes that a host sends of an answer that does not end: above every limit of the bot. */
const WITHOUT_END = 200 * 2 ** 20

/** Writes until the client leaves, and makes the test fail if it does not leave. */
async function writeWithoutEnd(
  response: ServerResponse,
  start: string,
  piece = ' '.repeat(1000),
): Promise<void> {
  const chunk = Buffer.from(piece.repeat(1000))
  response.write(start)
  let bytes = 0
  while (!response.destroyed && bytes < WITHOUT_END) {
    bytes += chunk.length
    if (!response.write(chunk)) {
      await Promise.race([once(response, 'drain'), once(response, 'close')])
    }
  }
  endless.push(bytes)
}

const endless: number[] = []
afterEach(() => {
  const most = Math.max(0, ...endless.splice(0))
  assert.ok(most < WITHOUT_END, `${most} bytes were read of an answer without an end`)
})

describe('a request to a host that fails before its first token', () => {
  for (const [how, act] of Object.entries(FAILURES)) {
    it(`goes to another where it ${how}`, async () => {
      await withHosts([then(act), good], async ({ model, servers }) => {
        await model.encode(scene) // so that all are sent at once: the least busy host is each of both
        const answers = await Promise.all(
          ['what?', 'where?', 'who?'].map((question) => model.ask(scene, question)),
        )
        assert.deepEqual(new Set(answers.map(({ text }) => text)), new Set(['A red circle.']))
        const [bad] = servers
        assert.ok(bad!.received.some(({ body }) => /"image_url"/.test(body)))
      })
    })
  }

  it('fails with a sentence where all hosts fail', async () => {
    const page = FAILURES['answers with a page']!
    await withHosts([then(page), then(page)], async ({ model }) => {
      await assert.rejects(model.ask(scene, 'what?'), { code: 'host/unavailable' })
    })
    const full = FAILURES['is full']!
    await withHosts([then(full)], async ({ model }) => {
      await assert.rejects(model.ask(scene, 'what?'), { code: 'queue/full' })
    })
  })
})

describe('a request to a host that fails later, or refuses it', () => {
  it('is not sent again once a token was told', async () => {
    const cut: Script = then((response) => {
      sendEvents(response, STREAM.slice(0, 2))
      response.end()
    })
    await withHosts([cut, cut], async ({ model, servers }) => {
      await assert.rejects(model.ask(scene, 'what?'), { code: 'host/unavailable' })
      const sent = servers.flatMap(({ received }) =>
        received.filter(({ body }) => /"image_url"/.test(body)),
      )
      assert.equal(sent.length, 1)
    })
  })

  it('is not sent again where the request is wrong', async () => {
    const refusing = then((response) =>
      sendJson(response, { error: { message: 'no pictures here' } }, 400),
    )
    await withHosts([refusing, refusing], async ({ model, events }) => {
      await assert.rejects(model.ask(scene, 'what?'), { code: 'host/rejected' })
      assert.match(JSON.stringify(events), /status 400: no pictures here/)
    })
  })

  it('ends with its deadline', async () => {
    await withHosts(
      [then(() => {})],
      async ({ model }) => {
        const deadline = Date.now() + 300
        await assert.rejects(model.ask(scene, 'what?', { deadline }), { code: 'queue/deadline' })
      },
      { silenceMs: 60_000 },
    )
  })

  it('closes its connection when it is cancelled', async () => {
    const came = Promise.withResolvers<{ readonly gone: Promise<void> }>()
    const script = then((response, { gone }) => {
      sendEvents(response, STREAM.slice(0, 2))
      came.resolve({ gone })
    })
    await withHosts([script], async ({ model }) => {
      const controller = new AbortController()
      const asking = model.ask(scene, 'what?', { signal: controller.signal })
      const failed = assert.rejects(asking, { name: 'Stopped' })
      const { gone } = await came.promise
      controller.abort(Object.assign(new Error('no longer'), { name: 'Stopped' }))
      await failed
      await gone
    })
  })
})

describe('the checks of hosts', () => {
  it('move requests away from a host that went down, and back once it is there', async () => {
    let isDown = false
    const script: Script = {
      ...then((response, received) => {
        if (!isDown) {
          return good[POST]!(response, received)
        }
      }),
      'GET /v1/models': (response, received) =>
        isDown ? response.destroy() && undefined : good['GET /v1/models']!(response, received),
    }
    await withHosts(
      [script],
      async ({ model, events }) => {
        isDown = true
        // It would be silent for a minute; the check finds that it is down.
        await assert.rejects(model.ask(scene, 'what?'), { code: 'host/unavailable' })
        assert.ok(events.some(({ type }) => type === 'down'))
        isDown = false
        const before = events.length
        while (!events.slice(before).some(({ type }) => type === 'up')) {
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
        assert.equal((await model.ask(scene, 'what?')).text, 'A red circle.')
      },
      { checkMs: 50, silenceMs: 60_000 },
    )
  })

  it('start a bot although one host is away, and refuse one where all are', async () => {
    const server = await scriptServer(good)
    const away = await scriptServer(good)
    await away.close()
    const addresses = [server, away].map(({ url }) => ({ base: url, key: undefined }))
    const about = { model: undefined, silenceMs: 1000 }
    const model = await openServedModel({ addresses, ...about })
    assert.equal(model.card.name, 'Qwen/Qwen2.5-VL-3B-Instruct')
    await model.close()
    await server.close()
    await assert.rejects(
      openServedModel({ addresses, ...about }),
      (error) => error instanceof ConfigError && error.problems.length === 2,
    )
  })

  it('refuse one whose list of models does not end', async () => {
    const server = await scriptServer({
      'GET /v1/models': (response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        void writeWithoutEnd(response, '{"data": [')
      },
    })
    try {
      const addresses = [{ base: server.url, key: undefined }]
      await assert.rejects(
        openServedModel({ addresses, model: undefined, silenceMs: 1000 }),
        (error) =>
          error instanceof ConfigError && /answers with over 16777216 bytes/.test(error.message),
      )
    } finally {
      await server.close()
    }
  })

  it('send the key, and say nothing of it where it is wrong', async () => {
    const server = await scriptServer({
      'GET /v1/models': (response, { headers }) => {
        assert.equal(headers.authorization, `Bearer ${KEY}`)
        sendJson(response, { error: { message: 'Incorrect API key.' } }, 401)
      },
    })
    try {
      const addresses = [{ base: server.url, key: KEY }]
      await assert.rejects(
        openServedModel({ addresses, model: undefined, silenceMs: 1000 }),
        (error) =>
          error instanceof ConfigError &&
          /status 401: Incorrect API key/.test(error.message) &&
          !error.message.includes(KEY),
      )
    } finally {
      await server.close()
    }
  })
})
