/** Operators and visitors are told what the model knows, before it is asked about anything else. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pino } from 'pino'
import type { Member } from 'loopback-discord/client'
import { startBot } from '../../../bot/start.ts'
import { EN } from '../../../commands/i18n/en.ts'
import { ZH } from '../../../commands/i18n/zh.ts'
import { MODEL_SETTING, PULL_COMMAND } from '../../../config/models.ts'
import { readConfig } from '../../../config/config.ts'
import { scene, startDemoBot, suggestionsOf, withSuggestions } from '../../helpers/demo-bot.ts'

const LOOPBACK = {
  SIGHTSEER_STORE: 'memory:',
  SANDBOX_STATE: 'memory',
  SIGHTSEER_MODEL: 'demo',
  SIGHTSEER_THREADS: '1',
}

describe('the demo model', () => {
  it('is warned of where the bot joins Discord', async () => {
    const lines: string[] = []
    const stream = { write: (line: string) => void lines.push(line) }
    const demo = await startDemoBot({ LOG_LEVEL: 'warn' }, undefined, stream)
    await demo.close()
    const warning = lines.find((line) => line.includes('the model only knows drawings'))
    assert.ok(warning?.includes(PULL_COMMAND) && warning.includes(MODEL_SETTING))
  })

  it('is described on the page of the loopback Discord, in both languages', async () => {
    const bot = await startBot(readConfig(LOOPBACK), pino({ level: 'error' }))
    try {
      const { about } = bot.sandbox!.world.application
      assert.match(about!.en, /^I only know drawings/)
      assert.ok(about!.en.endsWith(EN.otherModel))
      assert.match(about!.zh, /^我只认识/)
      assert.ok(about!.zh.endsWith(ZH.otherModel))
    } finally {
      await bot.close()
    }
  })
})

describe('a detailed description', () => {
  it('offers no question that it lists', async () => {
    const demo = await startDemoBot()
    try {
      const ada: Member = await demo.join('ada')
      const answer = await ada.slash('describe', { image: scene(), style: 'detailed' })
      const message = await withSuggestions(ada, answer)
      const listed = message.content.split('\n').filter((line) => line.startsWith('• '))
      assert.ok(listed.length > 0)
      for (const { label } of suggestionsOf(message)) {
        assert.ok(!message.content.includes(label), label)
      }
    } finally {
      await demo.close()
    }
  })
})
