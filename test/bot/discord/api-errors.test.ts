/** Refusals of Discord that are expected: nobody is told twice, and no bug is logged. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Member } from 'loopback-discord/client'
import { type DemoBot, scene, startDemoBot, triangle } from '../../helpers/demo-bot.ts'

/** Thread is locked; thread is archived; cannot send to this user; no server in common. */
const CLOSED = [160_005, 50_083, 50_007, 50_278] as const

describe('a place that takes no messages', () => {
  let demo: DemoBot
  let ada: Member
  const lines: string[] = []

  before(async () => {
    const log = { write: (line: string) => void lines.push(line) }
    demo = await startDemoBot({ LOG_LEVEL: 'info' }, undefined, log)
    ada = await demo.join('ada')
  })
  after(() => demo.close())

  async function logged(code: number): Promise<string> {
    for (;;) {
      const line = lines.find((one) => one.includes(`"code":${code}`))
      if (line !== undefined) {
        return line
      }
      await wait(10)
    }
  }

  for (const code of CLOSED) {
    it(`${code} to an answer is logged, and no second message is tried`, async () => {
      lines.length = 0
      const path = '/channels/:id/messages'
      const fault = demo.sandbox.faults.add({
        kind: 'rest',
        method: 'POST',
        path,
        status: 400,
        code,
      })
      const asked = await ada.upload(triangle(), `<@${demo.bot.client.user.id}>`)
      await fault.until()
      const line = await logged(code)
      assert.match(line, /nothing can be posted there/)
      assert.match(line, /"level":(30|"info")/)
      // A second message would be answered: the fault applies once.
      await ada.answerTo(await ada.upload(scene(), `<@${demo.bot.client.user.id}>`))
      const answers = ada.events.filter(
        ({ message }) => message?.message_reference?.message_id === asked.id,
      )
      assert.deepEqual(answers, [])
      assert.ok(!lines.some((one) => one.includes('a request failed')))
    })
  }

  it('50083 to a deferral is logged, and no second response is tried', async () => {
    lines.length = 0
    const path = '/interactions/:id/:token/callback'
    const fault = demo.sandbox.faults.add({ kind: 'rest', path, status: 400, code: 50_083 })
    await ada.use('describe', { image: triangle() })
    await fault.until()
    assert.match(await logged(50_083), /nothing can be posted there/)
    await wait(100)
    assert.ok(!lines.some((one) => /a request failed|could not tell/.test(one)))
  })
})
