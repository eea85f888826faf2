import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  DEFAULT_GUILD_SETTINGS,
  type GuildSettings,
  guildSettings,
  readGuildSettings,
} from '../../commands/guild-settings.ts'

const CHOSEN: GuildSettings = {
  answerChannels: ['123456789012345678'],
  altTextChannels: ['223456789012345678', '323456789012345678'],
  searchChannels: ['423456789012345678'],
  style: 'detailed',
  language: 'zh-CN',
  maxTokens: 64,
  dailyLimit: 20,
  retentionHours: 1,
}

describe('readGuildSettings', () => {
  it('keeps valid settings', () => {
    assert.deepEqual(readGuildSettings(structuredClone(CHOSEN)), CHOSEN)
    assert.deepEqual(guildSettings.parse(DEFAULT_GUILD_SETTINGS), DEFAULT_GUILD_SETTINGS)
  })

  it('falls back field by field on a record of an older or newer version', () => {
    const { style: _, ...older } = CHOSEN
    assert.deepEqual(readGuildSettings({ ...older, mood: 'merry' }), {
      ...CHOSEN,
      style: 'caption',
    })
    assert.deepEqual(
      readGuildSettings({ ...CHOSEN, language: 'tlh', dailyLimit: 0, altTextChannels: ['<#1>'] }),
      { ...CHOSEN, language: 'auto', dailyLimit: null, altTextChannels: [] },
    )
  })

  it('reads any other value as the defaults', () => {
    for (const stored of [undefined, null, 'x', 7, []]) {
      assert.deepEqual(readGuildSettings(stored), DEFAULT_GUILD_SETTINGS)
    }
  })

  it('returns copies of the defaults', () => {
    const one = readGuildSettings(null)
    one.answerChannels.push('123456789012345678')
    assert.deepEqual(readGuildSettings({}).answerChannels, [])
    assert.deepEqual(readGuildSettings(null).answerChannels, [])
  })
})
