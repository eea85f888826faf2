import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { after, describe, it } from 'node:test'
import { createPictureFetcher } from '../../../bot/pictures/download.ts'
import { isPublic, PrivateAddressError } from '../../../bot/pictures/public-addresses.ts'
import { hasCode, InputError, type InputErrorCode } from '../../../config/errors.ts'

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

function is(code: InputErrorCode) {
  return (error: unknown) => hasCode(error, code)
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
    await assert.rejects(fetchPicture({ url: `${other}/a.png`, size: 5 }), is('image/elsewhere'))
    await assert.rejects(fetchPicture({ url: 'no link', size: 5 }), is('image/elsewhere'))
    assert.equal(asked, false)
  })

  it('follows no redirect', async () => {
    const origin = await serve((_, response) => {
      response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end()
    })
    const fetchPicture = createPictureFetcher({ origins: [origin] })
    await assert.rejects(
      fetchPicture({ url: `${origin}/a.png`, size: 5 }),
      is('image/bad-response'),
    )
  })

  it('refuses a file that is too large, whatever Discord said of it', async () => {
    const origin = await serve((_, response) => response.end(Buffer.alloc(3_000_000)))
    const fetchPicture = createPictureFetcher({ origins: [origin], maxBytes: 2 * 1024 * 1024 })
    const link = { url: `${origin}/a.png`, size: 3_000_000 }
    const tooLarge = { code: 'image/too-large', params: { maxBytes: 2 * 1024 * 1024 } }
    await assert.rejects(fetchPicture(link), tooLarge)
    await assert.rejects(fetchPicture({ ...link, size: 1 }), tooLarge)
    const strict = createPictureFetcher({ origins: [origin], maxBytes: 500 })
    await assert.rejects(strict(link), { params: { maxBytes: 500 } })
  })

  it('says that an expired picture is gone', async () => {
    const origin = await serve((_, response) => response.writeHead(404).end())
    const fetchPicture = createPictureFetcher({ origins: [origin] })
    await assert.rejects(fetchPicture({ url: `${origin}/a.png`, size: 5 }), is('image/gone'))
  })

  it('says that a connection was lost', async () => {
    const origin = await serve((request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half', () => request.socket.destroy())
    })
    const fetchPicture = createPictureFetcher({ origins: [origin], pausesMs: [] })
    await assert.rejects(fetchPicture({ url: `${origin}/a.png`, size: 5 }), is('image/not-fetched'))
  })

  it('repeats a download where the way failed, and no other', async () => {
    const answers = [503, 0, 200, 404, 200]
    const origin = await serve((request, response) => {
      const status = answers.shift()
      return status === 0
        ? void request.socket.destroy()
        : void response.writeHead(status ?? 500).end('bytes')
    })
    const fetchPicture = createPictureFetcher({ origins: [origin], pausesMs: [1, 1] })
    assert.equal((await fetchPicture({ url: `${origin}/a.png`, size: 5 })).length, 5)
    await assert.rejects(fetchPicture({ url: `${origin}/a.png`, size: 5 }), is('image/gone'))
    assert.deepEqual(answers, [200])
    answers.splice(0, 1, 503, 503, 503)
    await assert.rejects(fetchPicture({ url: `${origin}/a.png`, size: 5 }), {
      params: { status: 503 },
    })
    assert.deepEqual(answers, [])
  })

  it('reads no body that says it is too large', async () => {
    let sent = 0
    const origin = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '3000000' })
      response.write(Buffer.alloc(1000), () => (sent += 1000))
    })
    const fetchPicture = createPictureFetcher({ origins: [origin], maxBytes: 2_000_000 })
    await assert.rejects(fetchPicture({ url: `${origin}/a.png`, size: 1 }), is('image/too-large'))
    assert.ok(sent <= 1000)
  })

  it('gives up a download that does not go on', async () => {
    const origin = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'image/png' }).write('half')
    })
    const fetchPicture = createPictureFetcher({ origins: [origin], timeoutMs: 50 })
    await assert.rejects(fetchPicture({ url: `${origin}/a.png`, size: 5 }), is('image/timeout'))
  })

  it('stops when it is told to, with the reason', async () => {
    const stop = new AbortController()
    const ended = Promise.withResolvers<void>()
    const origin = await serve((request, response) => {
      request.socket.on('close', () => ended.resolve())
      response.writeHead(200).write('half', () => stop.abort(new Error('not needed any more')))
    })
    const fetchPicture = createPictureFetcher({ origins: [origin] })
    const link = { url: `${origin}/a.png`, size: 5 }
    await assert.rejects(fetchPicture(link, stop.signal), /not needed any more/)
    await ended.promise
    await assert.rejects(fetchPicture(link, stop.signal), /not needed any more/)
  })

  it('refuses a content type that is not a picture', async () => {
    const origin = await serve((request, response) => {
      const type = request.url === '/page' ? 'text/html; charset=utf-8' : 'image/png'
      response.writeHead(200, { 'content-type': type }).end('bytes')
    })
    const fetchPicture = createPictureFetcher({ origins: [origin] })
    await assert.rejects(
      fetchPicture({ url: `${origin}/page`, size: 5 }),
      is('image/not-a-picture'),
    )
    assert.equal((await fetchPicture({ url: `${origin}/a`, size: 5 })).length, 5)
  })

  it('does not follow a name that leads to this machine', async () => {
    let knocked = false
    const server = createTcpServer(() => (knocked = true)).listen(0)
    await once(server, 'listening')
    closing.push(() => server.close())
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    const origin = `https://localhost:${address.port}`
    const fetchPicture = createPictureFetcher({ origins: [origin] })
    await assert.rejects(fetchPicture({ url: `${origin}/a.png`, size: 5 }), (error) => {
      assert.ok(error instanceof InputError)
      assert.ok(error.cause instanceof PrivateAddressError)
      return true
    })
    assert.equal(knocked, false)
  })

  it('has no connection left once closed', async () => {
    const ended = Promise.withResolvers<void>()
    const origin = await serve((request, response) => {
      request.socket.on('close', () => ended.resolve())
      response.end('bytes')
    })
    const fetchPicture = createPictureFetcher({ origins: [origin] })
    await fetchPicture({ url: `${origin}/a.png`, size: 5 })
    await fetchPicture.close()
    await ended.promise
  })
})

describe('isPublic', () => {
  it('knows the addresses of the internet from all others', () => {
    const open = [
      '1.1.1.1',
      '172.15.255.255',
      '100.128.0.1',
      '2606:4700::6810:1',
      '::ffff:1.1.1.1',
      '4000::1',
    ]
    const closed = [
      '127.0.0.1',
      '0.0.0.0',
      '10.1.2.3',
      '172.31.0.1',
      '192.168.0.1',
      '169.254.169.254',
    ]
    closed.push(
      '100.64.0.1',
      '224.0.0.1',
      '255.255.255.255',
      '::1',
      '::',
      'fd00::1',
      'fe80::1',
      'ff02::1',
    )
    closed.push('::ffff:127.0.0.1', '::ffff:10.0.0.1', '64:ff9b::7f00:1')
    closed.push('::7f00:1', '::ffff:0:7f00:1', 'fec0::1', '3fff:fff::1', '5f00::1', '192.88.99.1')
    closed.push('100:0:0:1::1')
    assert.deepEqual(
      open.filter((address) => !isPublic(address)),
      [],
    )
    assert.deepEqual(
      closed.filter((address) => isPublic(address)),
      [],
    )
  })
})
