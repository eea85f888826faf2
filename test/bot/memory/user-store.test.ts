import assert from 'node:assert/strict'
import { it } from 'node:test'
import { pino } from 'pino'
import { Deletions } from '../../../bot/memory/deletions.ts'
import { UserStore } from '../../../bot/memory/user-store.ts'
import { openStore } from '../../../bot/store/store.ts'
import { DAY_MS } from '../../../config/durations.ts'

it('who opts in while their opt-out is renewed is in', async () => {
  const store = await openStore({ url: 'memory:', log: pino({ enabled: false }) })
  let now = Date.now()
  const users = new UserStore(store, new Deletions(), () => now)
  await users.setOptOut('ada', true)
  now += 2 * DAY_MS
  await Promise.all([users.hasOptedOut('ada'), users.setOptOut('ada', false)])
  assert.equal(await users.hasOptedOut('ada'), false)
  await store.close()
})
