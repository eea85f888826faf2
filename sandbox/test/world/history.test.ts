/** What a channel keeps, in which order, and for how long. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Member } from '../../src/test-client/client.ts'
import type { Sandbox } from '../../src/server.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'
import { compareIds } from '../../src/protocol/snowflake.ts'

describe('a channel’s history', () => {
  let sandbox: Sandbox
  let ada: Member

  before(async () => {
    sandbox = await startWatchedSandbox()
    ada = await Member.connect(sandbox.url)
  })

  after(async () => {
    ada.close()
    await sandbox.close()
  })

  it('is in the order of the ids, even where an older message came later', async () => {
    const { world } = sandbox
    for (const text of ['one', 'two', 'three']) {
      await ada.say(text)
    }
    const [one, two, three] = world.history(ada.channelId)
    const between = { ...two!, id: String(BigInt(two!.id) - 1n), content: 'one and a half' }
    world.post(between)
    assert.deepEqual(
      world.history(ada.channelId).map(({ content }) => content),
      ['one', 'one and a half', 'two', 'three'],
    )
    assert.equal(world.channel(ada.channelId).lastMessageId, three!.id)
    assert.ok(one)
  })

  it('forgets the oldest message and its files beyond what it keeps', async () => {
    const { world } = sandbox
    world.keptMessages = 3
    const file = { name: 'a.txt', bytes: new Uint8Array(3) }
    const { attachments } = await ada.upload(file, 'with a file')
    for (const text of ['a', 'b', 'c']) {
      await ada.say(text)
    }
    const kept = world.history(ada.channelId).map(({ content }) => content)
    assert.deepEqual(kept.slice(-3), ['a', 'b', 'c'])
    assert.ok(!kept.includes('with a file'))
    assert.equal((await fetch(attachments[0]!.url)).status, 404)
  })
})

describe('compareIds', () => {
  it('orders by number, not by text', () => {
    assert.ok(compareIds('9', '10') < 0)
    assert.ok(compareIds('200', '100') > 0)
    assert.equal(compareIds('7', '7'), 0)
  })
})
