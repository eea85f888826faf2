/** What the operator is told where the bot cannot join. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pino } from 'pino'
import { connect } from '../../bot/client.ts'
import { startSandbox } from '../../sandbox/server.ts'

const log = pino({ level: 'silent' })

describe('connect', () => {
  it('says that the token is refused', async () => {
    const sandbox = await startSandbox()
    try {
      const token = 'bm90LWE.real.token'
      await assert.rejects(connect({ token, api: sandbox.api, log, listen: () => {} }), {
        name: 'ConfigError',
        message: /does not accept DISCORD_TOKEN/,
      })
    } finally {
      await sandbox.close()
    }
  })

  it('says that Discord cannot be reached', async () => {
    const sandbox = await startSandbox()
    await sandbox.close()
    const { api, token } = sandbox
    await assert.rejects(connect({ token, api, log, listen: () => {} }), {
      name: 'ConfigError',
      message: 'Discord cannot be reached (ECONNREFUSED).',
    })
  })
})
