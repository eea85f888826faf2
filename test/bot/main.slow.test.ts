/** `npm start` without a token, in two processes after or beside each other. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { MemberEvent } from 'loopback-discord/member-events'
import { freePort } from '../helpers/databases.ts'
import { npmStart, type Started } from '../helpers/npm-start.ts'
import { packageFor } from '../helpers/packages.ts'
import { pictureFile } from '../helpers/pictures.ts'
import { connectMember } from '../helpers/members.ts'

let folder: string
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sightseer-'))
})
after(() => rmSync(folder, { recursive: true }))

/** Starts it with these settings and a small model. */
async function start(env: Readonly<Record<string, string>>): Promise<Started> {
  return npmStart(folder, { SIGHTSEER_MODEL: await packageFor('base'), ...env })
}

describe('npm start without a token', { timeout: 180_000 }, () => {
  it('answers what it was killed in the middle of, at the same address', async () => {
    const env = { SANDBOX_PORT: `${await freePort()}` }
    const first = await start(env)
    const url = await first.address()
    const ada = await connectMember(url)
    await fetch(`${url}/sandbox/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'cdn', action: 'slow', bytesPerSecond: 1 }),
    })
    ada.slash('describe', { image: pictureFile() }).catch(() => {})
    while (!(await (await fetch(`${url}/sandbox/faults`)).text()).includes('"applied":1')) {}
    first.bot.kill('SIGKILL')
    await first.exited
    ada.close()

    const second = await start(env)
    try {
      const again = await connectMember(await second.address())
      await again.until(isAnswer, 120_000)
      again.close()
    } finally {
      second.bot.kill('SIGINT')
      await second.exited
    }
    assert.match(second.said.out, /^It is kept in data\/loopback: delete that to start over\./m)
  })

  it('says that another one has what is kept', async () => {
    const first = await start({ SANDBOX_PORT: `${await freePort()}` })
    await first.address()
    const second = await start({})
    try {
      assert.deepEqual(await second.exited, [1, null])
      assert.match(second.said.err, /^SANDBOX_STATE: .*data\/loopback\/discord is in use/m)
    } finally {
      first.bot.kill('SIGINT')
      await first.exited
    }
  })
})

/** Whether a finished answer of the bot's is told, alone or as part of what was there before. */
function isAnswer({ message, messages = [] }: MemberEvent): boolean {
  return [...messages, ...(message ? [message] : [])].some(
    ({ author, content }) => author.bot === true && content !== '',
  )
}
