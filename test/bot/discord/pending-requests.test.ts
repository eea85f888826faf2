import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { REST } from 'discord.js'
import { PendingRequests } from '../../../bot/discord/pending-requests.ts'

const FILE = { name: 'a.bin', data: Buffer.alloc(24 * 2 ** 20, 1) }

describe('a request with a file', () => {
  let server: Server
  let rest: REST
  const received: { type: string; bytes: number }[] = []

  before(async () => {
    server = createServer((request, response) => {
      let bytes = 0
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (request.url?.includes('broken')) {
          request.destroy()
        }
      })
      request.on('end', () => {
        received.push({ type: request.headers['content-type'] ?? '', bytes })
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    const { makeRequest } = new PendingRequests()
    const api = `http://127.0.0.1:${address.port}`
    rest = new REST({ api, makeRequest, retries: 0 }).setToken('token')
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })

  it('is sent as a form', async () => {
    await rest.post('/channels/1/messages', { body: { content: 'here' }, files: [FILE] })
    const [{ type, bytes } = assert.fail('nothing came')] = received
    assert.match(type, /^multipart\/form-data; boundary=/)
    assert.ok(bytes > FILE.data.length)
  })

  it('does not end the process where the connection breaks', async (test) => {
    const uncaught: unknown[] = []
    const note = (error: unknown) => uncaught.push(error)
    process.on('unhandledRejection', note)
    test.after(() => process.off('unhandledRejection', note))
    await assert.rejects(rest.post('/channels/1/broken', { body: {}, files: [FILE] }))
    await wait(200) // the rest of the form would be read now
    assert.deepEqual(uncaught, [])
  })
})
