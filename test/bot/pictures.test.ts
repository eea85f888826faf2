import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { after, describe, it } from 'node:test'
import { createPictureFetcher } from '../../bot/pictures.ts'
import { InputError } from '../../config/errors.ts'

const closing: (() => void)[] = []

/** A server on loopback. @returns its origin. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return `http://127.0.0.1:${address.port}`
}

describe('createPictureFetcher', () => {
  after(() => closing.forEach((close) => close()))

  it('gives the bytes', async () => {
    const origin = await serve((_, response) => response.end('bytes'))
    const fetchPicture = createPictureFetcher({ origins: [origin] })
    const bytes = await fetchPicture({ url: `${origin}/a.png`, size: 5 })
    assert.equal(Buffer.from(bytes).toString(), 'bytes')
  })

  it('asks no other host', async () => {
    let asked = false
    const other = await serve((_, response) => {
      asked = true
      response.end()
    })
    const fetchPicture = createPictureFetcher({ origins: ['https://cdn.discordapp.com'] })
    await assert.rejects(fetchPicture({ url: `${other}/a.png`, size: 5 }), /not on Discord/)
    assert.equal(asked, false)
  })

  it('follows no redirect', async () => {
    const origin = await serve((_, response) => {
      response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end()
    })
    const fetchPicture = createPictureFetcher({ origins: [origin] })
    await assert.rejects(fetchPicture({ url: `${origin}/a.png`, size: 5 }), /no longer there/)
  })

  it('refuses a file that is too large, whatever Discord said of it', async () => {
    const origin = await serve((_, response) => response.end(Buffer.alloc(3_000_000)))
    const fetchPicture = createPictureFetcher({ origins: [origin], maxBytes: 2 * 1024 * 1024 })
    const link = { url: `${origin}/a.png`, size: 3_000_000 }
    await assert.rejects(fetchPicture(link), /over 2 MiB/)
    await assert.rejects(fetchPicture({ ...link, size: 1 }), /over 2 MiB/)
    const strict = createPictureFetcher({ origins: [origin], maxBytes: 500 })
    await assert.rejects(strict(link), /over 500 bytes/)
  })

  it('says that an expired picture is gone', async () => {
    const origin = await serve((_, response) => response.writeHead(404).end())
    const fetchPicture = createPictureFetcher({ origins: [origin] })
    await assert.rejects(fetchPicture({ url: `${origin}/a.png`, size: 5 }), InputError)
  })

  it('says that a connection was lost', async () => {
    const origin = await serve((request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half', () => request.socket.destroy())
    })
    const fetchPicture = createPictureFetcher({ origins: [origin] })
    await assert.rejects(fetchPicture({ url: `${origin}/a.png`, size: 5 }), /could not be fetched/)
  })
})
