import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { ConfigError } from '../../../config/errors.ts'
import {
  connectionError,
  createHttpClient,
  DEFAULT_TIMEOUTS,
  get,
} from '../../../inference/download/http.ts'
import { TransientError } from '../../../inference/download/retry.ts'

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
      proxies: { http, https: undefined, none: 'localhost' },
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

/** An error of a connection, as Node throws it. */
function failure(code: string, more: object): Error {
  return Object.assign(new Error(`connect ${code}`), { code, ...more })
}

describe('connectionError', () => {
  const proxies = { http: undefined, https: 'http://proxy:3128', none: undefined }

  it('names what the host was named by', () => {
    const missing = failure('ENOTFOUND', { hostname: 'packages' })
    for (const [setting, end] of [
      ['--registry', ' and --registry.'],
      ['HF_ENDPOINT', ' and HF_ENDPOINT.'],
      [undefined, '.'],
    ] as const) {
      const error = connectionError(missing, 'packages', { setting, proxies })
      assert.ok(error instanceof ConfigError)
      assert.equal(error.message, `There is no host packages. Check the network connection${end}`)
    }
  })

  it('names the proxy where that cannot be reached', () => {
    const route = { setting: 'HF_ENDPOINT', proxies }
    const missing = connectionError(failure('ENOTFOUND', { hostname: 'proxy' }), 'hub', route)
    assert.ok(missing instanceof ConfigError)
    assert.equal(
      missing.message,
      'There is no host proxy:3128 (HTTPS_PROXY). Check the network connection.',
    )
    const refused = failure('ECONNREFUSED', { address: '10.0.0.1', port: 3128 })
    const error = connectionError(refused, 'hub', route)
    assert.ok(error instanceof TransientError)
    assert.equal(error.message, 'proxy:3128 (HTTPS_PROXY) refuses connections')
  })

  it('names the host where the proxy was reached', () => {
    const refused = failure('ECONNREFUSED', { address: '10.0.0.1', port: 443 })
    const error = connectionError(refused, 'hub', { proxies })
    assert.ok(error instanceof TransientError)
    assert.equal(error.message, 'hub refuses connections')
  })
})

describe('get', () => {
  it('names no setting for a host that the named one redirects to', async (t) => {
    const server = createServer((_request, response) => {
      response.writeHead(302, { location: 'http://storage.invalid/file' }).end()
    })
    const client = createHttpClient(undefined, DEFAULT_TIMEOUTS, { setting: 'HF_ENDPOINT' })
    const url = new URL(`http://127.0.0.1:${await portOf(server)}/`)
    t.after(async () => {
      await client.dispatcher.destroy()
      server.close()
    })
    await assert.rejects(get(client, url, {}, AbortSignal.timeout(10_000)), (error) => {
      assert.ok(error instanceof Error)
      assert.match(error.message, /storage\.invalid/)
      assert.doesNotMatch(error.message, /HF_ENDPOINT/)
      return true
    })
  })
})
