/** A host whose Redis is gone for good. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { it } from 'node:test'
import { openBackends } from '../../../inference/model.ts'
import { startRedis, WITH_REDIS } from '../../helpers/databases.ts'
import { heldBackend, openFromQueue, startHost, until } from '../../helpers/fleet.ts'
import { packageFor } from '../../helpers/packages.ts'
import { FIXTURES, loadParity } from '../../helpers/parity.ts'

const image = readFileSync(path.join(FIXTURES, loadParity('base').image))

it(
  'stops with a request at work, without waiting for Redis',
  { ...WITH_REDIS, timeout: 60_000 },
  async () => {
    const redis = await startRedis()
    const open = (await openBackends(await packageFor('base'), { threads: 1 })).backend
    const { backend, held } = heldBackend(open)
    const host = await startHost(redis.url, backend)
    const model = await openFromQueue(redis.url)
    const asking = model.ask(image, 'what is it?', { deadline: Date.now() + 5000 })
    const refused = assert.rejects(asking)
    await until(() => held.length === 1)
    await redis.stop()
    await host.stop(100)
    await refused
    await model.close()
    await open.close()
  },
)
