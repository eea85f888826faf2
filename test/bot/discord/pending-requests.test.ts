import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { DefaultRestOptions, REST } from 'discord.js'
import { PendingRequests } from '../../../bot/discord/pending-requests.ts'

const FILE = { name: 'a.bin', data: Buffer.alloc(300_000, 1) }

describe('a request to Discord', () => {
  let server: Server
  let api: string
  const received: { type: string; bytes: number }[] = []

  before(async () => {
    server = createServer((request, response) => {
      let bytes = 0
      request.on('data', (chunk: Buffer) => (bytes += chunk.length))
      request.on('end', () => {
        received.push({ type: request.headers['content-type'] ?? '', bytes })
        response.writeHead(200, { 'content-type': 'application/json' })
        if (request.url?.includes('broken')) {
          response.write('{')
          setTimeout(() => response.destroy(), 20)
        } else {
          response.end('{}')
        }
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    api = `http://127.0.0.1:${address.port}`
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })

  it('sends a form with files as bytes, which cannot be torn', async (test) => {
    const make = test.mock.method(DefaultRestOptions, 'makeRequest')
    const { makeRequest } = new PendingRequests()
    const rest = new REST({ api, makeRequest, retries: 0 }).setToken('token')
    await rest.post('/channels/1/messages', { body: { content: 'here' }, files: [FILE] })
    assert.ok(make.mock.calls[0]?.arguments[1].body instanceof Uint8Array)
    const { type, bytes } = received.at(-1) ?? assert.fail('nothing came')
    assert.match(type, /^multipart\/form-data; boundary=/)
    assert.ok(bytes > FILE.data.length)
  })

  it('does not end the process where the answer breaks before it is read', async () => {
    const { makeRequest } = new PendingRequests()
    const response = await makeRequest(`${api}/broken`, { method: 'GET' })
    await wait(100) // an uncaught error would fail this test
    await assert.rejects(response.json())
  })
})
