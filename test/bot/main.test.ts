/** `npm start` as a person runs it. */

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { settings } from '../../config/environment.ts'
import { npmStart, type Started } from '../helpers/npm-start.ts'
import { packageFor } from '../helpers/packages.ts'
import { connectMember } from '../helpers/members.ts'

let folder: string
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sightseer-'))
})
after(() => rmSync(folder, { recursive: true }))

/** Starts it with these settings and a small model. */
async function start(env: Readonly<Record<string, string>>, ...args: string[]): Promise<Started> {
  return npmStart(folder, { SIGHTSEER_MODEL: await packageFor('base'), ...env }, ...args)
}

describe('npm start without a token', { timeout: 180_000 }, () => {
  it('prints the address of a Discord where the bot answers, and stops at Ctrl-C', async () => {
    const { bot, exited, said, ...started } = await start({
      SANDBOX_STATE: 'memory',
      SIGHTSEER_ROWS: '4',
    })
    try {
      const ada = await connectMember(await started.address())
      const bytes = new TextEncoder().encode('no picture')
      const answer = await ada.slash('describe', { image: { name: 'a.png', bytes } })
      assert.match(answer.content, /not a picture/)
      ada.close()
    } finally {
      bot.kill('SIGINT')
    }
    assert.deepEqual(await exited, [0, null])
    // Nothing stands above the address on a terminal.
    assert.match(said.out, /^Opening the model .*\nOpen http:/)
    assert.doesNotMatch(said.out + said.err, /commands are registered/)
    assert.match(said.out, /^Nothing of it is kept\.$/m)
    assert.match(said.out + said.err, /SIGHTSEER_ROWS is now SIGHTSEER_MAX_SEQUENCES/)
    assert.ok(!existsSync(path.join(folder, 'data')))
  })
})

describe('npm start', () => {
  it('keeps what it compiled, for the next start', async () => {
    const kept = path.join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'compiled')
    rmSync(kept, { recursive: true, force: true })
    const { exited } = await start({}, '--help')
    assert.deepEqual(await exited, [0, null])
    assert.ok(readdirSync(kept, { recursive: true }).length > 100)
  })

  it('lists every wrong setting at once and ends', async () => {
    const { exited, said } = await start({ SHARDS: 'many', LOG_LEVEL: 'loud', SANDBOX_PORT: '0' })
    assert.deepEqual(await exited, [1, null])
    assert.deepEqual(said.err.trim().split('\n'), [
      'SHARDS must be auto or a whole number from 1 to 16384.',
      'SANDBOX_PORT must be a whole number from 1 to 65535.',
      'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent.',
    ])
  })

  it('ends when the store cannot be opened, and shows no password', async () => {
    const env = { SIGHTSEER_STORE: 'redis://:hunter2@127.0.0.1:1' }
    const { exited, said } = await start(env)
    assert.deepEqual(await exited, [1, null])
    assert.match(said.err, /^SIGHTSEER_STORE \(redis:\/\/127\.0\.0\.1:1\) cannot be opened.*\n$/)
    assert.doesNotMatch(said.err, /hunter2/)
  })

  it('names a folder that it cannot write to, and what to do', async () => {
    const folder = '/sys/sightseer' // not even root can create it
    const right = 'give the user that runs it the right to write there'
    for (const [setting, value] of [
      ['SIGHTSEER_STORE', `sqlite:${folder}/store.sqlite`],
      ['SANDBOX_STATE', `${folder}/state.json`],
    ] as const) {
      const { exited, said } = await start({ SIGHTSEER_STORE: 'memory:', [setting]: value })
      assert.deepEqual(await exited, [1, null])
      const sentence = `The bot cannot write to the folder ${folder}: ${right}, or name another place with ${setting}.`
      assert.equal(said.err, `${sentence}\n`)
    }
  })

  it('explains every setting', async () => {
    const { exited, said } = await start({}, '--help')
    assert.deepEqual(await exited, [0, null])
    const help = said.out
    for (const { name, about } of settings()) {
      assert.ok(help.includes(`  ${name}\n    ${about}\n`), name)
    }
  })
})
