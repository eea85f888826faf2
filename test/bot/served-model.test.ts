/** The whole bot on models of servers: one of this program, and one of another make. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EN } from '../../commands/i18n/en.ts'
import { ZH } from '../../commands/i18n/zh.ts'
import { chatScript } from '../helpers/chat-servers.ts'
import { scene, startDemoBot } from '../helpers/demo-bot.ts'
import { scriptServer } from '../helpers/scripted-server.ts'
import { serveModel } from '../helpers/served-model.ts'
import { openDemoModel } from '../helpers/shared-model.ts'

const KEY = 'a-key-that-nobody-may-see'

describe('a bot on a server of this program', () => {
  it('describes, answers, and says where pictures go in both languages', async () => {
    const own = await openDemoModel()
    const server = await serveModel(own, { keys: [{ name: 'bot', key: KEY }] })
    const lines: string[] = []
    const log = { write: (line: string) => lines.push(line) }
    const demo = await startDemoBot(
      { SIGHTSEER_MODEL: server.url, SIGHTSEER_MODEL_KEY: KEY, LOG_LEVEL: 'info' },
      undefined,
      log,
    )
    try {
      const ada = await demo.join('ada')
      await ada.upload(scene())
      assert.match((await ada.slash('describe')).content, /red circle/)
      const privacy = await ada.slash('privacy show')
      assert.ok(privacy.content.includes(EN.privacy.kept(24, 'server')))
      const lin = await demo.join('lin', { locale: 'zh-CN' })
      const chinese = await lin.slash('privacy show')
      assert.ok(chinese.content.includes(ZH.privacy.kept(24, 'server')))
    } finally {
      await demo.close()
      await server.close()
      await own.close()
    }
    assert.ok(lines.some((line) => line.includes('can be used') && line.includes(server.url)))
    assert.ok(!lines.join('').includes(KEY))
  })
})

describe('a bot on a server of another make', () => {
  it('describes, and says where pictures go', async () => {
    const server = await scriptServer(chatScript('ollama', { pieces: ['A red', ' circle.'] }))
    const demo = await startDemoBot({ SIGHTSEER_MODEL: server.url })
    try {
      const ada = await demo.join('ada')
      await ada.upload(scene())
      assert.match((await ada.slash('describe')).content, /A red circle/)
      const privacy = await ada.slash('privacy show')
      assert.ok(privacy.content.includes(EN.privacy.kept(24, 'server')))
    } finally {
      await demo.close()
      await server.close()
    }
  })
})
