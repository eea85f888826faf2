/** The validation of the sandbox's traffic: what it accepts and what it reports. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Exchange } from '../../src/protocol/exchange.ts'
import { CORRECTIONS, correct } from './openapi-corrections.ts'
import { OpenApi } from './openapi.ts'
import { Watch } from './watched-sandbox.ts'

/** A description as small as may be, in the form of the official one. */
const DESCRIPTION = {
  paths: {
    '/things/@me': { get: { responses: { '204': {} } } },
    '/things/{thing_id}': {
      post: {
        parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer', maximum: 100 } }],
        requestBody: {
          content: {
            'application/json': {
              schema: { type: 'object', properties: { name: { type: 'string', maxLength: 3 } } },
            },
          },
        },
        responses: {
          '200': {
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
          },
          '4XX': { $ref: '#/components/responses/Refusal' },
        },
      },
    },
  },
  components: {
    responses: {
      Refusal: { content: { 'application/json': { schema: { type: 'object' } } } },
    },
    schemas: {
      Thing: {
        type: 'object',
        properties: { id: { type: 'string', format: 'snowflake' } },
        required: ['id'],
      },
    },
  },
}

function exchange(details: Partial<Exchange>): Exchange {
  return {
    method: 'POST',
    path: '/things/1',
    query: new URLSearchParams(),
    requestHeaders: {},
    requestWasRead: true,
    requestBody: { name: 'abc' },
    fileNumbers: [],
    status: 200,
    responseBody: { id: '1' },
    ...details,
  }
}

/** What a watch reports of exchanges. */
function reported(...details: readonly Partial<Exchange>[]): string {
  const watch = new Watch(new OpenApi(DESCRIPTION))
  for (const each of details) {
    watch.see(exchange(each))
  }
  try {
    watch.check()
    return ''
  } catch (error) {
    return String(error)
  }
}

const REFUSAL = { status: 400, responseBody: { code: 50035, message: 'Invalid Form Body' } }

describe('the watch over the sandbox', () => {
  it('lets pass what is as described', () => {
    const query = new URLSearchParams({ limit: '100' })
    assert.equal(reported({}, { query }, REFUSAL), '')
  })

  it('reports a response with operation, pointer and message', () => {
    const message = reported({ responseBody: { id: 'x' } })
    assert.match(message, /POST \/things\/\{thing_id\} → 200, response \/id: must match format/)
    assert.match(reported({ responseBody: {} }), /required property 'id'/)
  })

  it('reports a status that is not described', () => {
    assert.match(reported({ status: 201 }), /has status 201; described are 200, 4XX/)
  })

  it('reports a body where there should be none, and none where there should be one', () => {
    const none = { method: 'GET', path: '/things/@me', status: 204, requestBody: undefined }
    assert.equal(reported({ ...none, responseBody: undefined }), '')
    assert.match(reported({ ...none, responseBody: {} }), /204 has no body/)
    assert.match(reported({ responseBody: undefined }), /200 needs a body/)
  })

  it('reports a request, refused or not, unless it is wrong on purpose', () => {
    const wrong = { requestBody: { name: 'abcd' } }
    assert.match(reported(wrong), /request \/name: must NOT have more than 3 characters/)
    assert.match(reported({ ...wrong, ...REFUSAL }), /request \/name/)
  })

  it('lets a request be wrong on purpose, but not be accepted', async () => {
    const watch = new Watch(new OpenApi(DESCRIPTION))
    const requestBody = { name: 'abcd' }
    await watch.wrongly(async () => watch.see(exchange({ requestBody, ...REFUSAL })))
    watch.check()
    await watch.wrongly(async () => watch.see(exchange({ requestBody })))
    assert.throws(() => watch.check(), /→ 200, request \/name/)
  })

  it('reports a query', () => {
    const long = new URLSearchParams({ limit: '101' })
    assert.match(reported({ query: long }), /query \/limit: must be <= 100/)
    const unknown = new URLSearchParams({ hue: 'red' })
    assert.match(reported({ query: unknown }), /has no parameter "hue"/)
  })

  it('reports a refusal without Discord’s error body', () => {
    assert.match(reported({ status: 400, responseBody: {} }), /400 lacks Discord’s error body/)
  })

  it('reports routes that are not described, and forgets what it has reported', () => {
    assert.match(reported({ path: '/others' }), /POST \/others: is not described/)
    const watch = new Watch(new OpenApi(DESCRIPTION))
    watch.see(exchange({ path: '/others' }))
    assert.throws(() => watch.check())
    watch.check()
  })
})

describe('the corrections of the description', () => {
  it('refuse a description that has changed', () => {
    assert.throws(() => correct(DESCRIPTION), /The description has no|Out of date/)
  })

  it('each name what they follow', () => {
    for (const { why, source } of CORRECTIONS) {
      assert.ok(why.endsWith('.') && source.length > 0)
    }
  })
})
