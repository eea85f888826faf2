import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { createHttpClient, DEFAULT_TIMEOUTS, get } from '../../../inference/download/http.ts'

async function portOf(server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return address.port
}

describe('createHttpClient', () => {
  it('goes through a proxy, except to the hosts that are to be reached directly', async (t) => {
    const tunnels: string[] = []
    const server = createServer((_request, response) => response.end('hello'))
    const proxy = createServer().on('connect', (request, socket) => {
      tunnels.push(request.url ?? '')
      const onward = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        socket.pipe(onward).pipe(socket)
      })
    })
    const port = await portOf(server)
    const http = `http://127.0.0.1:${await portOf(proxy)}`
    const client = createHttpClient(undefined, DEFAULT_TIMEOUTS, {
      http,
      https: undefined,
      none: 'localhost',
    })
    t.after(async () => {
      await client.dispatcher.destroy()
      server.close()
      proxy.close()
    })
    for (const host of ['127.0.0.1', 'localhost']) {
      const url = new URL(`http://${host}:${port}/`)
      const answer = await get(client, url, {}, AbortSignal.timeout(5000))
      assert.equal(await answer.body.text(), 'hello')
    }
    assert.deepEqual(tunnels, [`127.0.0.1:${port}`])
  })
})
