/** `npm start` as a person runs it, without a token. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { describe, it } from 'node:test'
import { Member } from '../../sandbox/client.ts'
import { packageFor } from '../helpers/packages.ts'

const MAIN = path.join(import.meta.dirname, '..', '..', 'bot', 'main.ts')

/** Resolves with the first match in what the process prints. */
async function printed(stream: AsyncIterable<string>, pattern: RegExp): Promise<string> {
  let text = ''
  for await (const piece of stream) {
    text += piece
    const match = pattern.exec(text)
    if (match) return match[0]
  }
  throw new Error(`It ended after printing ${JSON.stringify(text)}`)
}

describe('npm start without a token', () => {
  it('prints the address of a Discord where the bot answers, and stops at Ctrl-C', async () => {
    const { DISCORD_TOKEN: _, SANDBOX_PORT: __, ...env } = process.env
    const bot = spawn(process.execPath, [MAIN], {
      env: { ...env, DISCORD_TOKEN: '', SIGHTSEER_MODEL: await packageFor('base') },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(bot, 'exit')
    try {
      const url = await printed(bot.stdout.setEncoding('utf8'), /http:\/\/127\.0\.0\.1:\d+/)
      const ada = await Member.connect(url)
      const bytes = new TextEncoder().encode('no picture')
      const answer = await ada.slash('describe', { image: { name: 'a.png', bytes } })
      assert.match(answer.content, /not a picture/)
      ada.close()
    } finally {
      bot.kill('SIGINT')
    }
    assert.deepEqual(await exited, [0, null])
  })
})
