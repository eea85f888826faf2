import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, it } from 'node:test'
import { ClientOfflineError } from '@redis/client'
import type { Backend, Entry } from '../../../bot/store/backends/backend.ts'
import { isAway, throughOutages } from '../../../bot/store/backends/outages.ts'
import { openPostgres } from '../../../bot/store/backends/postgres.ts'
import { openRedis } from '../../../bot/store/backends/redis.ts'
import { openSqlite } from '../../../bot/store/backends/sqlite.ts'
import {
  freePort,
  startPostgres,
  startRedis,
  WITH_POSTGRES,
  WITH_REDIS,
} from '../../helpers/databases.ts'
import { until } from '../../helpers/fleet.ts'

const entry = (value: string): Entry => ({ value, expires: Date.now() + 60_000 })

/** A store in memory whose next `swap` is done, but whose reply is lost. */
async function losingReplies(): Promise<Backend> {
  const backend = await openSqlite('memory:', () => {})
  let isLost = true
  return {
    ...backend,
    async swap(...args) {
      const done = await backend.swap(...args)
      if (isLost) {
        isLost = false
        throw new ClientOfflineError()
      }
      return done
    },
  }
}

describe('throughOutages', () => {
  it('takes a swap whose reply was lost for done', async () => {
    const backend = throughOutages(await losingReplies())
    assert.equal(await backend.swap('a', undefined, entry('1')), true)
    assert.equal(await backend.read('a'), '1')
    await backend.close()
  })

  it('takes a deletion by swap whose reply was lost for done', async () => {
    const backend = throughOutages(await losingReplies())
    await backend.write('a', entry('1'))
    assert.equal(await backend.swap('a', '1', undefined), true)
    assert.equal(await backend.read('a'), undefined)
    await backend.close()
  })

  it('tells that another process was faster, also after an outage', async () => {
    const backend = await openSqlite('memory:', () => {})
    let isOut = true
    const through = throughOutages({
      ...backend,
      async swap(...args) {
        if (isOut) {
          isOut = false
          await backend.write('a', entry('another'))
          throw new ClientOfflineError()
        }
        return backend.swap(...args)
      },
    })
    assert.equal(await through.swap('a', undefined, entry('1')), false)
    await backend.close()
  })

  it('waits once in a long outage, and fails at once after that', async () => {
    const backend = await openSqlite('memory:', () => {})
    let tries = 0
    const away = async (): Promise<never> => {
      tries += 1
      throw new ClientOfflineError()
    }
    const through = throughOutages({ ...backend, read: away }, 300)
    await assert.rejects(through.read('a'), ClientOfflineError)
    assert.ok(tries > 1)
    tries = 0
    await assert.rejects(through.read('a'), ClientOfflineError)
    assert.equal(tries, 1)
    await backend.close()
  })

  it('repeats nothing that the database refuses', async () => {
    const backend = await openSqlite('memory:', () => {})
    const refused = new Error('OOM command not allowed')
    let tries = 0
    const write = async () => {
      tries += 1
      throw refused
    }
    await assert.rejects(throughOutages({ ...backend, write }).write('a', entry('1')), refused)
    assert.equal(tries, 1)
    await backend.close()
  })
})

for (const [name, start, open, options] of [
  ['Redis', startRedis, openRedis, WITH_REDIS],
  ['Postgres', startPostgres, openPostgres, WITH_POSTGRES],
] as const) {
  describe(`a real ${name} that goes away`, { timeout: 60_000, ...options }, () => {
    it('is known to be away, by each operation', async () => {
      const database = await start()
      const backend = await open(database.url, () => {})
      await backend.write('a', entry('1'))
      await database.stop()
      for (const operation of [
        () => backend.read('a'),
        () => backend.write('a', entry('2')),
        () => backend.swap('a', '1', entry('2')),
        () => backend.delete('a'),
      ]) {
        await assert.rejects(operation(), (error) => isAway(error))
      }
      await backend.close().catch(() => {})
    })
  })
}

describe('a Redis that is restarted', { timeout: 60_000, ...WITH_REDIS }, () => {
  it('fails none of many operations that are under way', async () => {
    const port = await freePort()
    const first = await startRedis(port)
    const backend = throughOutages(await openRedis(first.url, () => {}))
    const written: string[] = []
    const over = new AbortController()
    const writing = Array.from({ length: 20 }, async (_, writer) => {
      for (let number = 0; !over.signal.aborted; number += 1) {
        const key = `${writer}/${number}`
        await backend.write(key, entry(key))
        await backend.swap(key, key, entry('next')) // false if Redis has lost the key by its restart
        written.push(key)
        await wait(5)
      }
    })
    await wait(200)
    await first.stop()
    await wait(500)
    const second = await startRedis(port)
    const before = written.length
    await until(() => written.length >= before + 100).finally(() => over.abort())
    await Promise.all(writing)
    await backend.close()
    await second.stop()
  })
})
