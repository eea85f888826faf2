/** Who may use the HTTP API, how much, and what ends with them. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { readKeys } from '../../../commands/serve/keys.ts'
import { ConfigError, InputError } from '../../../config/errors.ts'
import type { Model } from '../../../inference/contract/types.ts'
import { openDemoModel } from '../../helpers/shared-model.ts'
import { dataUri, serveModel, type Served } from '../../helpers/served-model.ts'

const SCENE = dataUri('docs/scene.png')
const KEYS = [
  { name: 'bot', key: 'a'.repeat(20) },
  { name: 'slow', key: 'b'.repeat(20), perMinute: 2 },
  { name: 'narrow', key: 'c'.repeat(20), atOnce: 1 },
]
const BODY = {
  model: 'demo',
  messages: [{ role: 'user', content: [{ type: 'image_url', image_url: SCENE }] }],
}

function post(url: string, key: string | null, body: object = BODY, signal?: AbortSignal) {
  return fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key !== null && { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  })
}

async function errorOf(response: Response) {
  const { error } = JSON.parse(await response.text())
  return [response.status, error.code, error.type]
}

/** A model whose answers wait until they are let go, and which tells of those that were ended. */
function heldModel(model: Model) {
  const released = Promise.withResolvers<void>()
  const held = { started: 0, ended: 0, release: released.resolve }
  const describe: Model['describe'] = async (image, options = {}) => {
    held.started += 1
    const ended = new Promise<never>((_, reject) => {
      options.signal?.addEventListener('abort', () => {
        held.ended += 1
        reject(options.signal?.reason)
      })
    })
    await Promise.race([released.promise, ended])
    return model.describe(image, options)
  }
  return { held, model: { ...model, describe } }
}

function failing(error: Error): Model['describe'] {
  return async () => {
    throw error
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await delay(5)
  }
}

describe('the HTTP API', () => {
  let model: Model

  before(async () => {
    model = await openDemoModel()
  })
  after(() => model.close())

  async function serving(
    options: Parameters<typeof serveModel>[1],
    use: (served: Served) => Promise<void>,
    own: Model = model,
  ): Promise<void> {
    const served = await serveModel(own, options)
    try {
      await use(served)
    } finally {
      await served.close()
    }
  }

  it('lets nobody in without a key, where there are keys, but to ask for its health', async () => {
    await serving({ keys: KEYS }, async ({ url }) => {
      const base = url.replace('/v1', '')
      assert.equal((await fetch(`${base}/livez`)).status, 200)
      assert.equal((await fetch(`${base}/readyz`)).status, 200)
      for (const place of [`${url}/models`, `${base}/metrics`, `${base}/openapi.json`, base]) {
        assert.equal((await fetch(place)).status, 401, place)
      }
      assert.deepEqual(await errorOf(await post(url, null)), [
        401,
        'invalid_api_key',
        'authentication_error',
      ])
      assert.equal((await post(url, `${KEYS[0]!.key}x`)).status, 401)
      assert.equal((await post(url, KEYS[0]!.key)).status, 200)
    })
  })

  it('holds each key to its own limits', async () => {
    const { held, model: slowModel } = heldModel(model)
    await serving(
      { keys: KEYS },
      async ({ url }) => {
        const [bot, slow, narrow] = KEYS.map(({ key }) => key)
        const first = post(url, narrow!)
        await until(() => held.started === 1)
        const second = await post(url, narrow!)
        assert.equal(second.headers.get('retry-after'), '1')
        assert.deepEqual(await errorOf(second), [429, 'rate_limit_exceeded', 'rate_limit_error'])
        held.release()
        assert.equal((await first).status, 200)
        assert.equal((await post(url, narrow!)).status, 200)
        const statuses: number[] = []
        for (const key of [slow!, slow!, slow!, bot!]) {
          statuses.push((await post(url, key)).status)
        }
        assert.deepEqual(statuses, [200, 200, 429, 200])
      },
      slowModel,
    )
  })

  it('ends the work of a client that goes away, streaming or not', async () => {
    const { held, model: slowModel } = heldModel(model)
    await serving(
      { keys: KEYS },
      async ({ url }) => {
        for (const [i, stream] of [false, true].entries()) {
          const gone = new AbortController()
          const asking = post(url, KEYS[2]!.key, { ...BODY, stream }, gone.signal)
          await until(() => held.started === i + 1)
          gone.abort()
          await assert.rejects(asking)
          await until(() => held.ended === i + 1)
        }
        held.release()
        assert.equal((await post(url, KEYS[2]!.key)).status, 200) // its place is free again
      },
      slowModel,
    )
  })

  it('says when the queue is full, and when there was no time', async () => {
    await serving(
      {},
      async ({ url }) => {
        const full = await post(url, null)
        assert.deepEqual([full.status, full.headers.get('retry-after')], [503, '5'])
      },
      { ...model, describe: failing(new InputError('queue/full')) },
    )
    await serving({}, async ({ url }) => assert.equal((await post(url, null)).status, 504), {
      ...model,
      describe: failing(new InputError('queue/deadline')),
    })
  })

  it('tells no details of a fault of its own', async () => {
    await serving(
      {},
      async ({ url }) => {
        const response = await post(url, null)
        assert.equal(response.status, 500)
        assert.doesNotMatch(await response.text(), /42/)
      },
      { ...model, describe: failing(new Error('the secret is 42')) },
    )
  })

  it('refuses long bodies, other types, other hosts, and what is no route', async () => {
    await serving({ maxBytes: 1000 }, async ({ url }) => {
      assert.deepEqual(await errorOf(await post(url, null)), [
        413,
        'request_too_large',
        'invalid_request_error',
      ])
      const plain = await fetch(`${url}/read`, { method: 'POST', body: '{}' })
      assert.equal(plain.status, 415)
      const headers = { 'content-type': 'application/json' }
      const broken = await fetch(`${url}/read`, { method: 'POST', headers, body: '{' })
      assert.deepEqual(await errorOf(broken), [400, 'invalid_json', 'invalid_request_error'])
      assert.equal((await fetch(`${url}/embeddings`)).status, 404)
      const status = await new Promise((resolve, reject) => {
        request(`${url}/models`, { headers: { host: 'evil.example' } }, (response) => {
          response.resume()
          resolve(response.statusCode)
        })
          .on('error', reject)
          .end()
      })
      assert.equal(status, 403)
    })
  })
})

describe('a file of keys', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'keys-'))
  after(() => rmSync(folder, { recursive: true }))

  it('is read, and what is wrong with it is said without a key', async () => {
    const file = path.join(folder, 'keys.json')
    writeFileSync(file, JSON.stringify(KEYS))
    assert.deepEqual(await readKeys(file), KEYS)
    const secret = 'sesame'
    for (const wrong of [
      `[{"name": "a", "key": "${secret}"}]`,
      `[{"name": "a", "key": "${secret}"`,
      `[]`,
      `[{"name": "a b", "key": "${'d'.repeat(20)}"}]`,
      JSON.stringify([KEYS[0], KEYS[0]]),
    ]) {
      writeFileSync(file, wrong)
      await assert.rejects(readKeys(file), (error) => {
        assert.ok(error instanceof ConfigError)
        assert.ok(error.message.includes(file))
        assert.doesNotMatch(`${error.stack} ${JSON.stringify(error.cause)}`, new RegExp(secret))
        return true
      })
    }
  })
})
