/** The port: which requests are accepted, and that no request ends the process. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { WebSocket } from 'ws'
import { startSandbox } from '../src/server.ts'
import type { Sandbox } from '../src/server.ts'

describe('the port', () => {
  let sandbox: Sandbox
  let authorization: string

  before(async () => {
    sandbox = await startSandbox()
    authorization = `Bot ${sandbox.token}`
  })

  after(() => sandbox.close())

  /** Asks for exactly that path, which `fetch` would tidy up first; gives the status. */
  async function ask(path: string, headers: Record<string, string> = {}): Promise<number> {
    const { port } = new URL(sandbox.url)
    const asked = request({ host: '127.0.0.1', port, path, headers }).end()
    const [response] = await once(asked, 'response')
    response.resume()
    return response.statusCode
  }

  async function opens(path: string, headers: Record<string, string>): Promise<boolean> {
    const socket = new WebSocket(`${sandbox.url.replace('http', 'ws')}${path}`, { headers })
    const opened = new Promise<boolean>((resolve) => {
      socket.on('open', () => resolve(true))
      socket.on('error', () => resolve(false))
    })
    const result = await opened
    socket.terminate()
    return result
  }

  const addresses = ['/', '/api/v10/users/@me', '/sandbox/faults', '/cdn/attachments/1/2/a.png']
  const sockets = ['/gateway?v=10&encoding=json', '/sandbox/live?as=ada']

  it('turns away sites that are open in the same browser', async () => {
    for (const headers of [{ origin: 'https://example.com' }, { origin: 'null' }]) {
      for (const path of addresses) {
        assert.equal(await ask(path, { authorization, ...headers }), 403)
      }
      for (const path of sockets) {
        assert.equal(await opens(path, headers), false, path)
      }
    }
  })

  it('turns away a name that was made to point here', async () => {
    const headers = { host: 'example.com' }
    for (const path of addresses) {
      assert.equal(await ask(path, { authorization, ...headers }), 403)
    }
    for (const path of sockets) {
      assert.equal(await opens(path, headers), false, path)
    }
  })

  it('lets its own page and clients without an origin in', async () => {
    assert.equal(await ask('/api/v10/users/@me', { authorization }), 200)
    for (const path of sockets) {
      assert.equal(await opens(path, {}), true, path)
      assert.equal(await opens(path, { origin: sandbox.url }), true, path)
    }
  })

  it('answers 404 to an invalid address, and keeps running', async () => {
    assert.equal(await ask('//'), 404)
    assert.equal(await ask('//['), 404)
    assert.equal(await opens('//', {}), false)
    assert.equal(await ask('/'), 200)
  })

  it('shows nothing of the disk but the page', async () => {
    const paths = [
      '/../server.ts',
      '/%2e%2e/server.ts',
      '/samples/../../server.ts',
      '/samples/..%2f..%2fserver.ts',
      '/types.d.ts',
      '/cdn/../../package.json',
      '/media/..%2f..%2f..%2fpackage.json',
    ]
    for (const path of paths) {
      assert.equal(await ask(path), 404, path)
    }
  })
})
