/** `npm run fleet`: a bot for each shard of one loopback Discord, and a worker. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { freePort, WITH_REDIS } from '../../helpers/databases.ts'
import { scene } from '../../helpers/demo-bot.ts'
import { connectMember } from '../../helpers/members.ts'

const ROOT = path.join(import.meta.dirname, '..', '..', '..')

describe('npm run fleet', WITH_REDIS, () => {
  it('answers a member through the bot of their server, and ends at a signal', async () => {
    const fleet = spawn(process.execPath, ['bot/queue/fleet.ts', '--workers', '1'], {
      cwd: ROOT,
      env: {
        PATH: process.env['PATH'],
        SIGHTSEER_WORKER_QUEUE: `redis://127.0.0.1:${await freePort()}`,
        SIGHTSEER_THREADS: '1',
        LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const exited = once(fleet, 'exit')
    try {
      const lines: string[] = []
      for await (const line of createInterface({ input: fleet.stdout })) {
        lines.push(line)
        if (lines.filter((one) => one.includes('Joined Discord')).length === 2) {
          break
        }
      }
      const url = /http:\S+/.exec(lines.find((line) => line.startsWith('Open ')) ?? '')?.[0]
      assert.ok(url, lines.join('\n'))
      const member = await connectMember(url)
      const { content } = await member.slash('describe', { image: scene() })
      assert.match(JSON.stringify(content), /circle|star|heart|square/)
      member.close()
    } finally {
      fleet.kill('SIGINT')
    }
    assert.deepEqual(await exited, [0, null])
  })
})
