/** What happens to a request while Discord, or the way to it, fails for a moment. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { after, before, beforeEach, describe, it } from 'node:test'
import { DefaultRestOptions, HTTPError, REST } from 'discord.js'
import { RestTransport } from '../../../bot/discord/rest-transport.ts'

const FILE = { name: 'a.bin', data: Buffer.alloc(300_000, 1) }
const CALLBACK = '/interactions/1/token/callback'

type Received = { method: string; type: string; bytes: number }

function refuse(status: number) {
  return (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end('{"code":0}')
  }
}

function breakBefore(response: ServerResponse): void {
  response.destroy()
}

function breakInside(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '10' })
  response.write('{', () => response.destroy())
}

function stayAway(): void {}

function quick(): RestTransport {
  return new RestTransport({ pausesMs: [1], attemptMs: 200 })
}

describe('a request to Discord', () => {
  const received: Received[] = []
  /** How the next requests fail; later ones are answered. */
  const failures: ((response: ServerResponse) => void)[] = []
  const server = createServer((request, response) => {
    let bytes = 0
    request.on('data', (chunk: Buffer) => (bytes += chunk.length))
    request.on('end', () => {
      const { method = '', headers } = request
      received.push({ method, type: headers['content-type'] ?? '', bytes })
      const fail = failures.shift()
      if (fail) {
        fail(response)
      } else {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"7"}')
      }
    })
  })
  let api: string

  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    api = `http://127.0.0.1:${address.port}`
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  beforeEach(() => {
    received.length = 0
    failures.length = 0
  })

  function restOf(transport: RestTransport): REST {
    return new REST({ api, ...transport.options }).setToken('token')
  }
  for (const method of ['get', 'post', 'put', 'patch', 'delete'] as const) {
    it(`${method} is sent again until it is answered, whatever failed`, async () => {
      failures.push(refuse(503), refuse(500), breakBefore, breakInside, stayAway)
      assert.deepEqual(await restOf(quick())[method]('/channels/1'), { id: '7' })
      assert.equal(received.length, 6)
      assert.ok(received.every((one) => one.method === method.toUpperCase()))
    })
  }

  it('is not sent again where Discord refuses it', async () => {
    failures.push(refuse(404))
    await assert.rejects(restOf(quick()).get('/channels/1'), { status: 404 })
    assert.equal(received.length, 1)
  })

  it('fails in the end, the soonest where the answer would be of no use', async (t) => {
    const counts: number[] = []
    t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 })
    for (const [method, path] of [
      ['get', '/channels/1'],
      ['patch', '/channels/1'],
      ['get', '/gateway/bot'],
      ['post', CALLBACK],
    ] as const) {
      failures.length = received.length = 0
      failures.push(
        ...Array.from({ length: 100 }, () => (response: ServerResponse) => {
          t.mock.timers.tick(1000)
          refuse(503)(response)
        }),
      )
      await assert.rejects(restOf(quick())[method](path), HTTPError)
      counts.push(received.length)
    }
    assert.deepEqual(counts, [60, 8, 8, 3])
  })

  it('is not sent again once the bot leaves', async () => {
    const transport = quick()
    const away = new Promise<void>((resolve) => {
      failures.push(
        ...Array.from({ length: 10_000 }, () => (response: ServerResponse) => {
          resolve()
          refuse(503)(response)
        }),
      )
    })
    const asked = assert.rejects(restOf(transport).get('/channels/1'), HTTPError)
    await away
    transport.leave(1)
    await asked
    received.length = 0
    await assert.rejects(restOf(transport).get('/channels/2'), HTTPError)
    assert.equal(received.length, 1)
  })

  it('ends with its own signal', async () => {
    failures.push(stayAway)
    const abort = new AbortController()
    const patient = new RestTransport({ pausesMs: [1] })
    const asked = restOf(patient).get('/channels/1', { signal: abort.signal })
    setTimeout(() => abort.abort(), 20)
    await assert.rejects(asked, { name: 'AbortError' })
    assert.equal(received.length, 1)
  })

  it('has an empty response where Discord sends none', async () => {
    failures.push((response) => void response.writeHead(204).end())
    const response = await quick().makeRequest(`${api}/channels/1`, { method: 'DELETE' })
    assert.deepEqual([response.status, response.ok, await response.text()], [204, true, ''])
  })

  it('sends a form with files as bytes, which cannot be torn', async (t) => {
    const make = t.mock.method(DefaultRestOptions, 'makeRequest')
    failures.push(breakBefore)
    await restOf(quick()).post('/channels/1/messages', { body: { content: '' }, files: [FILE] })
    assert.ok(make.mock.calls[0]?.arguments[1].body instanceof Uint8Array)
    assert.equal(received.length, 2)
    for (const { type, bytes } of received) {
      assert.match(type, /^multipart\/form-data; boundary=/)
      assert.ok(bytes > FILE.data.length)
    }
  })
})
