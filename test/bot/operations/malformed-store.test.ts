/** The file of the store is overwritten while the bot runs. */

import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Member } from 'loopback-discord/client'
import { createLog } from '../../../bot/operations/logs.ts'
import { type Bot, startBot } from '../../../bot/start.ts'
import { readConfig } from '../../../config/config.ts'
import { freePort, sqliteFile } from '../../helpers/databases.ts'
import { packageFor } from '../../helpers/packages.ts'
import { pictureFile } from '../../helpers/pictures.ts'
import { connectMember } from '../../helpers/members.ts'

const LIMIT_MS = 20_000

describe('a bot whose SQLite file is overwritten with noise', () => {
  const database = sqliteFile()
  const file = database.url.slice('sqlite:'.length)
  let bot: Bot
  let ada: Member

  before(async () => {
    const config = readConfig({
      SIGHTSEER_MODEL: await packageFor('base'),
      SIGHTSEER_OPERATIONS_PORT: String(await freePort()),
      SIGHTSEER_STORE: database.url,
      SIGHTSEER_THREADS: '1',
      SANDBOX_STATE: 'memory',
    })
    bot = await startBot(config, createLog({ level: 'silent' }))
    ada = await connectMember(bot.sandbox!.url)
  })
  after(async () => {
    ada.close()
    await bot.close()
    await database.stop()
  })

  const status = async (where: string) => (await fetch(bot.health!.url + where)).status

  it('is not ready, goes on living, and answers with a sentence', async () => {
    await ada.slash('describe', { image: pictureFile() })
    assert.equal(await status('/readyz'), 200)
    for (const one of [file, `${file}-wal`, `${file}-shm`].filter((name) => existsSync(name))) {
      writeFileSync(one, readFileSync(one).fill(0xa5))
    }
    const givenUp = performance.now() + LIMIT_MS
    let { content } = await ada.slash('memory show')
    while ((await status('/readyz')) === 200 && performance.now() < givenUp) {
      await wait(50)
      content = (await ada.slash('memory show')).content
    }
    assert.equal(await status('/readyz'), 503)
    assert.equal(await status('/livez'), 200)
    assert.notEqual(content, '')
    const described = await ada.slash('describe', { image: pictureFile() })
    assert.match(described.content, /^Something went wrong on my side/)
  })
})
