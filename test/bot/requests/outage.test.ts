/** Discord is away for a moment: what was accepted is still answered, once. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Member } from 'loopback-discord/client'
import { type DemoBot, startDemoBot, triangle } from '../../helpers/demo-bot.ts'

/** discord.js sends a request four times within half a second. */
const ATTEMPTS = 4

describe('an outage of a second', () => {
  let demo: DemoBot
  let ada: Member

  before(async () => {
    demo = await startDemoBot()
    ada = await demo.join('ada')
  })
  after(() => demo.close())

  it('delays the answer to a command', async () => {
    const path = '/webhooks/*/*/messages/*'
    demo.sandbox.faults.add({ kind: 'rest', method: 'PATCH', path, status: 503, count: ATTEMPTS })
    assert.match((await ada.slash('describe', { image: triangle() })).content, /green triangle/)
  })

  it('delays the answer to a message, which comes once though the first try took effect', async () => {
    const path = '/channels/:id/messages'
    demo.sandbox.faults.add({
      kind: 'rest',
      method: 'POST',
      path,
      status: 502,
      handled: true,
      count: ATTEMPTS,
    })
    const repeated = Promise.withResolvers<void>()
    const place = { method: 'POST', path, when: 'after', nth: ATTEMPTS + 1 } as const
    demo.sandbox.faults.hook(place, () => repeated.resolve())
    const asked = await ada.upload(triangle(), `<@${demo.bot.client.user.id}>`)
    assert.match((await ada.answerTo(asked)).content, /green triangle/)
    await repeated.promise
    await ada.slash('describe', { image: triangle() })
    const replies = ada.events.flatMap(({ message }) =>
      message?.message_reference?.message_id === asked.id ? [message.id] : [],
    )
    assert.equal(new Set(replies).size, 1)
  })

  it('delays a sentence that says what is wrong', async () => {
    const path = '/webhooks/*/*/messages/*'
    demo.sandbox.faults.add({ kind: 'rest', method: 'PATCH', path, status: 503, count: ATTEMPTS })
    const image = { name: 'note.png', bytes: new TextEncoder().encode('hello') }
    assert.match((await ada.slash('describe', { image })).content, /not a picture/)
  })

  it('repeats a download that broke off', async () => {
    const fault = demo.sandbox.faults.add({ kind: 'cdn', action: 'truncated' })
    const image = { ...triangle('other.webp'), bytes: withByte(triangle().bytes) }
    assert.match((await ada.slash('describe', { image })).content, /green triangle/)
    assert.equal(fault.applied, 1)
  })
})

/** The same picture as another file. */
function withByte(bytes: Uint8Array): Uint8Array {
  return new Uint8Array([...bytes, 0])
}
