/** Commands that read everything that is stored: one at a time for each person. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { PrivacyService } from '../../../commands/command.ts'
import { onePerPerson } from '../../../bot/memory/privacy.ts'

describe('onePerPerson', () => {
  const ended = Promise.withResolvers<readonly object[]>()
  const slow: PrivacyService = {
    deleteButtonId: '',
    isOut: async () => false,
    setOut: async () => {},
    records: () => ended.promise,
    forget: async () => 3,
    modelPlace: () => 'here',
    retentionHours: async () => 24,
  }

  it('refuses a second one of the same person until the first ends, and nobody else', async () => {
    const service = onePerPerson(slow)
    const first = service.records('ada')
    for (const second of [() => service.records('ada'), () => service.forget('ada', '1')]) {
      const refused = Promise.race([second(), setImmediate('it runs beside the first')])
      await assert.rejects(refused, { name: 'InputError', code: 'privacy/busy' })
    }
    assert.equal(await service.forget('lin', '1'), 3)
    ended.resolve([])
    assert.deepEqual(await first, [])
    assert.equal(await service.forget('ada', '1'), 3)
  })
})
