/** Reading stored moderation settings: never more permissive than stored. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  DEFAULT_MODERATION,
  isActive,
  readModerationSettings,
} from '../../../commands/moderation/settings.ts'

describe('readModerationSettings', () => {
  it('keeps valid fields and gives the others their default', () => {
    const chosen = { ...DEFAULT_MODERATION, mode: 'act', logChannel: '100000000000000001' } as const
    assert.deepEqual(readModerationSettings(chosen), chosen)
    const odd = { ...chosen, distance: 99, burstChannels: 'many', staffRoles: ['x'], new: 1 }
    assert.deepEqual(readModerationSettings(odd), chosen)
  })

  it('reads an unknown mode as log', () => {
    assert.equal(readModerationSettings({ mode: 'ban' }).mode, 'log')
    assert.equal(readModerationSettings({}).mode, 'log')
    assert.equal(isActive(readModerationSettings('nonsense')), false)
  })
})

describe('isActive', () => {
  it('is false before setup, when off, and while paused', () => {
    assert.equal(isActive(DEFAULT_MODERATION), false)
    const on = { ...DEFAULT_MODERATION, mode: 'log', logChannel: '100000000000000001' } as const
    assert.equal(isActive(on), true)
    assert.equal(isActive({ ...on, paused: true }), false)
    assert.equal(isActive({ ...on, mode: 'off' }), false)
    assert.equal(isActive({ ...on, logChannel: null }), false)
  })
})
