/** Faults asked for over HTTP. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'

describe('the faults API', () => {
  it('adds, lists and cancels them over HTTP', async () => {
    const sandbox = await startWatchedSandbox()
    const ask = async (method: string, path = '', body?: unknown) => {
      const response = await fetch(`${sandbox.url}/sandbox/faults${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: response.status, json: JSON.parse(await response.text()) }
    }
    const spec = { kind: 'rest', path: '/gateway', status: 503, count: 2 }
    const added = await ask('POST', '', spec)
    assert.deepEqual(added.json, { id: 1, ...spec, applied: 0, remaining: 2 })
    assert.equal((await fetch(`${sandbox.api}/gateway`)).status, 503)
    assert.deepEqual((await ask('GET')).json, [{ id: 1, ...spec, applied: 1, remaining: 1 }])
    await ask('DELETE', '/1')
    assert.equal((await fetch(`${sandbox.api}/gateway`)).status, 200)
    assert.deepEqual((await ask('GET')).json, [])

    const said = async (body: unknown) => {
      const { status, json } = await ask('POST', '', body)
      assert.equal(status, 400)
      return json.message
    }
    assert.match(
      await said({ kind: 'weather' }),
      /^kind is one of gateway, event, rest, cdn, outage, permission\.$/,
    )
    assert.match(await said({ kind: 'rest' }), /needs path/)
    assert.match(await said({ kind: 'rest', path: '/', status: 200 }), /400 to 599/)
    assert.match(await said({ kind: 'event', event: 'X', action: 'sing' }), /delay, duplicate/)
    assert.match(await said({ kind: 'gateway', action: 'drop', after: 1 }), /has no after/)
    assert.match(await said([]), /JSON object/)
    await sandbox.close()
  })
})
