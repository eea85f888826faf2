/** When threads fall asleep, without a gateway, so that days may pass. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock } from '../../src/protocol/clock.ts'
import { World } from '../../src/world/world.ts'
import { seedWorld } from '../../src/world/seed.ts'
import { watchThreads } from '../../src/world/threads/thread-life.ts'
import { modifyThread, startThread } from '../../src/world/threads/threads.ts'

const HOUR_MS = 3_600_000

describe('a thread', () => {
  const clock = new ManualClock()
  const world = new World({ clock, token: 't', botName: 'bot', messageContent: true })
  seedWorld(world)
  watchThreads(world)
  const by = { userId: world.guild.ownerId, reason: null }
  const [parent] = world.channelsOf(world.guild)

  function start() {
    return startThread(world, parent!, { name: 'x', type: 11, autoArchiveMinutes: 60 }, by)
  }

  it('sleeps by the time that was set last', () => {
    const thread = start()
    modifyThread(world, thread, { autoArchiveMinutes: 1440 }, by)
    clock.advance(23 * HOUR_MS)
    assert.equal(thread.thread?.archived, false)
    clock.advance(HOUR_MS)
    assert.equal(thread.thread?.archived, true)
  })

  it('sleeps again after it was woken, and says so once each time', () => {
    const thread = start()
    let told = 0
    const stop = world.listen((event) => {
      if (event.name === 'THREAD_UPDATE' && event.channel === thread) {
        told += 1
      }
    })
    clock.advance(HOUR_MS)
    modifyThread(world, thread, { archived: false }, by)
    clock.advance(HOUR_MS - 1)
    assert.equal(thread.thread?.archived, false)
    clock.advance(1)
    assert.equal(thread.thread?.archived, true)
    clock.advance(10 * HOUR_MS)
    assert.equal(told, 3)
    stop()
  })

  it('that was deleted is left alone', () => {
    const thread = start()
    world.removeChannel(thread)
    clock.advance(2 * HOUR_MS)
    assert.equal(thread.thread?.archived, false)
  })
})
