/** What somebody sees who can read the Redis of the queue, or joins it with another key. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createClient, RESP_TYPES } from '@redis/client'
import { measureSeams, TOKENS } from '../../../bench/quality/seams.ts'
import { NotOpenedError, Sealer } from '../../../bot/queue/messages/sealing.ts'
import type { InferenceBackend } from '../../../inference/backends/backend.ts'
import { openBackends } from '../../../inference/model.ts'
import { type Database, startRedis, WITH_REDIS } from '../../helpers/databases.ts'
import {
  FLEET_KEY,
  heldBackend,
  openFromQueue,
  plainAnswer,
  startHost,
  until,
} from '../../helpers/fleet.ts'
import { packageFor } from '../../helpers/packages.ts'
import { FIXTURES, loadParity } from '../../helpers/parity.ts'

const image = readFileSync(path.join(FIXTURES, loadParity('base').image))
const QUESTION = 'where does the striped tiger sleep tonight?'
const ANSWER = 'beneath the marble staircase'
const TENANT = '881234567890123456'

/** Every key and value in Redis, as bytes. */
async function everything(url: string): Promise<{ names: string[]; bytes: Buffer }> {
  const client = await createClient({ url }).connect()
  const reader = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
  const names: string[] = []
  const parts: Buffer[] = []
  for await (const page of client.scanIterator()) {
    for (const name of page) {
      names.push(name)
      const type = await client.type(name)
      const read = { string: ['GET'], hash: ['HGETALL'], stream: ['XRANGE', '-', '+'] }[type]
      const [command = 'ZRANGE', ...rest] = read ?? ['ZRANGE', '0', '-1']
      const reply: unknown = await (type === 'list' || type === 'set'
        ? reader.sendCommand(type === 'list' ? ['LRANGE', name, '0', '-1'] : ['SMEMBERS', name])
        : reader.sendCommand([command, name, ...rest]))
      parts.push(Buffer.from(name), ...bytesIn(reply))
    }
  }
  client.destroy()
  return { names, bytes: Buffer.concat(parts) }
}

async function valueOf(url: string, name: string): Promise<Buffer> {
  const client = await createClient({ url }).connect()
  const value = await client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).get(name)
  client.destroy()
  return value!
}

function bytesIn(value: unknown): Buffer[] {
  if (Buffer.isBuffer(value)) {
    return [value]
  }
  if (typeof value === 'string') {
    return [Buffer.from(value)]
  }
  if (value instanceof Map) {
    return [...value].flatMap(bytesIn)
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(bytesIn) : []
}

describe('a queue', WITH_REDIS, () => {
  let redis: Database
  let open: InferenceBackend

  before(async () => {
    redis = await startRedis()
    open = (await openBackends(await packageFor('base'), { threads: 1 })).backend
  })
  after(async () => {
    await open.close()
    await redis.stop()
  })

  it('has no picture, question, answer or place of a question in Redis that can be read', async () => {
    const { backend, held } = heldBackend(open)
    const host = await startHost(redis.url, backend)
    const model = await openFromQueue(redis.url)
    const asking = model.ask(image, QUESTION, { tenant: TENANT, user: TENANT, onStep: () => {} })
    await until(() => held.length === 1)
    const while1 = await everything(redis.url)
    held[0]?.call.onStep?.({ tokenId: 5, text: ANSWER })
    held[0]?.answer.resolve(plainAnswer(ANSWER))
    assert.equal((await asking).text, ANSWER)
    const after1 = await everything(redis.url)
    const piece = image.subarray(image.length / 2, image.length / 2 + 24)
    for (const { bytes, names } of [while1, after1]) {
      assert.ok(names.length > 3, names.join(' '))
      for (const secret of [QUESTION, 'tiger', ANSWER, 'marble', TENANT]) {
        assert.equal(bytes.indexOf(secret), -1, secret)
      }
      assert.equal(bytes.indexOf(piece), -1)
      assert.equal(bytes.indexOf(piece.toString('base64').slice(4, 20)), -1)
    }
    assert.ok(while1.bytes.length > image.length, 'the picture is there, sealed')
    await until(async () => {
      const { names } = await everything(redis.url)
      return !names.some((name) => name.includes(':request:'))
    })
    await model.close()
    await host.stop()
  })

  it('has no features of a picture that can be read, and no key that names the picture', async () => {
    const host = await startHost(redis.url, open)
    const model = await openFromQueue(redis.url)
    await model.describe(image, { tenant: TENANT })
    let all = await everything(redis.url)
    await until(async () => {
      all = await everything(redis.url)
      return all.names.some((name) => name.includes(':features:'))
    })
    const [seams] = await measureSeams(await packageFor('base'), [image], 1, 1)
    const { buffer, byteOffset } = seams!.values[TOKENS]!
    const piece = Buffer.from(buffer, byteOffset, 16)
    const name = all.names.find((one) => one.includes(':features:'))!
    const opened = new Sealer([FLEET_KEY]).open(await valueOf(redis.url, name), name)
    assert.notEqual(Buffer.from(opened).indexOf(piece), -1, 'they are there, sealed')
    assert.equal(all.bytes.indexOf(piece), -1)
    assert.equal(all.bytes.indexOf(createHash('sha256').update(image).digest('hex')), -1)
    assert.equal(all.bytes.indexOf(createHash('sha256').update(image).digest()), -1)
    await model.close()
    await host.stop()
  })

  it('lets neither a worker nor a bot in that has another key, and does not name the key', async () => {
    const host = await startHost(redis.url, open)
    const other = new Uint8Array(32).fill(9)
    const refused = (error: unknown) => {
      assert.ok(error instanceof Error)
      assert.match(error.message, /another SIGHTSEER_STORE_KEY/)
      assert.doesNotMatch(error.message, new RegExp(Buffer.from(other).toString('base64')))
      return true
    }
    await assert.rejects(startHost(redis.url, open, { keys: [other] }), refused)
    await assert.rejects(openFromQueue(redis.url, [other]), refused)
    const rotated = await openFromQueue(redis.url, [other, FLEET_KEY])
    assert.equal(rotated.card.name, open.card.name)
    await rotated.close()
    await host.stop()
  })

  it('needs a key', async () => {
    await assert.rejects(openFromQueue(redis.url, []), {
      message: /SIGHTSEER_STORE_KEY is not set/,
    })
  })
})

describe('Sealer', () => {
  const sealer = new Sealer([FLEET_KEY])

  it('opens what it sealed, at its place only', () => {
    const sealed = sealer.seal(Buffer.from('a cat'), 'request:1')
    assert.equal(sealer.open(sealed, 'request:1').toString(), 'a cat')
    assert.throws(() => sealer.open(sealed, 'request:2'), NotOpenedError)
  })

  it('refuses what was changed, cut, or sealed with another key', () => {
    const sealed = sealer.seal(Buffer.from('a cat'), 'x')
    const changed = Buffer.from(sealed)
    changed[changed.length - 1]! ^= 1
    const other = new Sealer([new Uint8Array(32).fill(9)])
    for (const bytes of [changed, sealed.subarray(0, 30), Buffer.alloc(0), Buffer.from('plain')]) {
      assert.throws(() => sealer.open(bytes, 'x'), NotOpenedError)
    }
    assert.throws(() => other.open(sealed, 'x'), NotOpenedError)
  })

  it('never gives the same bytes twice, and names that only the key gives', () => {
    assert.notDeepEqual(sealer.seal(Buffer.of(1), 'x'), sealer.seal(Buffer.of(1), 'x'))
    const other = new Sealer([new Uint8Array(32).fill(9)])
    assert.equal(sealer.nameOf('a'), new Sealer([FLEET_KEY]).nameOf('a'))
    assert.notEqual(sealer.nameOf('a'), other.nameOf('a'))
  })
})
