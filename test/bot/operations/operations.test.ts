/** What an operator sees of the whole bot: health while it runs and while it stops, and its numbers. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Member } from 'loopback-discord/client'
import { createLog } from '../../../bot/operations/logs.ts'
import { type Bot, startBot } from '../../../bot/start.ts'
import { readConfig } from '../../../config/config.ts'
import { freePort } from '../../helpers/databases.ts'
import { packageFor } from '../../helpers/packages.ts'
import { pictureFile } from '../../helpers/pictures.ts'
import { connectMember } from '../../helpers/members.ts'

const PICTURE = pictureFile()

const STAGES = [
  'acknowledge',
  'download',
  'preprocess',
  'vision',
  'bridge',
  'prefill',
  'decode',
  'answer',
]

describe('the bot for its operator', () => {
  const lines: string[] = []
  const log = createLog({ level: 'debug', stream: { write: (line: string) => lines.push(line) } })
  let bot: Bot
  let ada: Member

  before(async () => {
    const config = readConfig({
      SIGHTSEER_MODEL: await packageFor('base'),
      SIGHTSEER_OPERATIONS_PORT: String(await freePort()),
      SIGHTSEER_THREADS: '1',
      SANDBOX_STATE: 'memory',
    })
    bot = await startBot(config, log)
    ada = await connectMember(bot.sandbox!.url)
  })
  after(async () => {
    ada.close()
    await bot.close()
  })

  async function get(where: string) {
    const response = await fetch(bot.health!.url + where)
    return { status: response.status, text: await response.text() }
  }

  /** The value of a metric, by its name and labels as Prometheus has them. */
  async function metric(name: string): Promise<number | undefined> {
    const { text } = await get('/metrics')
    const line = text.split('\n').find((one) => one.startsWith(`${name} `))
    return line === undefined ? undefined : Number(line.slice(name.length))
  }

  it('is ready', async () => {
    assert.deepEqual(await get('/readyz'), {
      status: 200,
      text: 'ok discord\nok store\nok model\n',
    })
    assert.equal(await metric('sightseer_gateway_up{shard="0"}'), 1)
    assert.equal(await metric('sightseer_guilds'), 1)
  })

  it('counts requests by kind and outcome, and times their stages', async () => {
    await ada.slash('describe', { image: PICTURE })
    const bytes = new TextEncoder().encode('no picture')
    await ada.slash('describe', { image: { name: 'a.png', bytes } })
    await counted('sightseer_requests_total{kind="describe",outcome="answered"}', 1)
    await counted('sightseer_requests_total{kind="describe",outcome="refused"}', 1)
    await counted('sightseer_jobs_total{outcome="answered"}', 1)
    assert.equal(await metric('sightseer_cache_total{cache="picture-files",result="miss"}'), 2)
    await ada.slash('describe', { image: PICTURE })
    assert.ok(((await metric('sightseer_model_cache_total{cache="images",result="hit"}')) ?? 0) > 0)
    for (const stage of STAGES) {
      const count = await metric(`sightseer_stage_seconds_count{stage="${stage}"}`)
      assert.ok(count !== undefined && count > 0, stage)
    }
    assert.ok(((await metric('sightseer_store_seconds_count{operation="update"}')) ?? 0) > 0)
    assert.ok(((await metric('sightseer_model_requests_total{outcome="done"}')) ?? 0) > 0)
  })

  it('has every metric of the dashboard and of its document', async () => {
    const { text } = await get('/metrics')
    const known = new Set(Array.from(text.matchAll(/^# TYPE (\S+)/gm), ([, name]) => name))
    const folder = path.join(import.meta.dirname, '..', '..', '..', 'docs', 'operations')
    for (const file of ['grafana-dashboard.json', 'README.md']) {
      const document = readFileSync(path.join(folder, file), 'utf8')
      const names = document.match(/\b(sightseer|process|nodejs)_[a-z0-9_]+/g) ?? []
      assert.ok(names.length > 10, file)
      for (const name of names) {
        assert.ok(known.has(name.replace(/_(bucket|sum|count)$/, '')), `${file}: ${name}`)
      }
    }
  })

  it('says what runs', async () => {
    const { text } = await get('/metrics')
    assert.match(text, /^sightseer_build_info\{version="0\.\d+\.\d+",node="v24[^}]*\} 1$/m)
  })

  it('counts what moderation does', async () => {
    const mo = await connectMember(bot.sandbox!.url, 'mo', { channel: 'mod-log' })
    await mo.slash('moderation setup', { channel: mo.channelId })
    const message = await ada.upload(PICTURE)
    mo.switchTo('general')
    await counted('sightseer_moderation_total{event="picture",detail="examined"}', 1)
    await mo.menu('Mark as scam image', message)
    await counted('sightseer_moderation_total{event="case",detail="marked"}', 1)
    await counted('sightseer_moderation_total{event="decision",detail="confirmed"}', 1)
    await counted('sightseer_moderation_total{event="action",detail="list"}', 1)
    mo.close()
  })

  /** Waits until a request that was answered a moment ago is counted, too. */
  async function counted(name: string, value: number): Promise<void> {
    const givenUp = Date.now() + 30_000
    let found: number | undefined
    do {
      found = await metric(name)
    } while (found !== value && Date.now() < givenUp)
    assert.equal(found, value, name)
  }

  it('is not ready while Discord is away, and ready again after', async () => {
    bot.sandbox!.faults.add({ kind: 'gateway', action: 'drop' })
    const seen = new Set<number>()
    const givenUp = Date.now() + 60_000
    while (Date.now() < givenUp && !(seen.has(503) && (await get('/readyz')).status === 200)) {
      seen.add((await get('/readyz')).status)
    }
    assert.ok(seen.has(503))
    assert.equal((await get('/readyz')).status, 200)
    assert.equal((await get('/livez')).status, 200)
  })

  it('logs one line an event, without tokens and links', () => {
    assert.ok(lines.length > 0)
    for (const line of lines) {
      JSON.parse(line)
    }
    assert.doesNotMatch(lines.join(''), /loopback\.not-a-secret|\/cdn\//)
  })
})
