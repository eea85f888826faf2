import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { APIMessage } from 'discord.js'
import { pino } from 'pino'
import { openSandbox } from '../../bot/loopback.ts'
import { GuildSettingsStore } from '../../bot/memory/guild-settings.ts'
import { startBot } from '../../bot/start.ts'
import { EN } from '../../commands/i18n/en.ts'
import { sentenceOf } from '../../commands/i18n/catalog.ts'
import { readConfig } from '../../config/config.ts'
import { InputError } from '../../config/errors.ts'
import type { Model } from '../../inference/contract/types.ts'
import { postWithAltText, scene, startDemoBot } from '../helpers/demo-bot.ts'
import { freePort } from '../helpers/databases.ts'
import { connectMember } from '../helpers/members.ts'
import { DEMO_SETTINGS, openDemoModel } from '../helpers/shared-model.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const PACKAGE = pathToFileURL(path.join(ROOT, 'sandbox', 'src')).href

/** Runs a script in a process of its own and counts the modules of the package that it loads. */
function countLoaded(script: string): number {
  const counting = `
    import { registerHooks } from 'node:module'
    let count = 0
    registerHooks({
      load(url, context, next) {
        count += url.startsWith(${JSON.stringify(PACKAGE)}) ? 1 : 0
        return next(url, context)
      },
    })
    ${script}
    process.stdout.write(String(count))`
  const args = ['--input-type=module', '--eval', counting]
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })
  assert.match(stdout, /^\d+$/, stderr)
  return Number(stdout)
}

describe('the loopback Discord', () => {
  it('is not loaded with the bot', () => {
    assert.equal(countLoaded(`await import('./bot/start.ts')`), 0)
  })

  it('is loaded where it is opened', () => {
    const opening = `
      const { openSandbox } = await import('./bot/loopback.ts')
      const sandbox = await openSandbox(undefined, undefined)
      await sandbox.close()`
    assert.ok(countLoaded(opening) > 50)
  })
})

describe('openSandbox', () => {
  let folder: string
  let file: string
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'sightseer-loopback-'))
    file = path.join(folder, 'new', 'discord')
  })
  after(() => rmSync(folder, { recursive: true }))

  it('comes back at the same port, with what was said', async () => {
    const usual = await freePort()
    const first = await openSandbox(undefined, file, { usualPort: usual })
    const ada = await connectMember(first.url)
    const { id } = await ada.say('hello')
    ada.close()
    await first.close()

    const second = await openSandbox(undefined, file, { usualPort: usual })
    const again = await connectMember(second.url)
    again.close()
    await second.close()
    assert.equal(second.url, first.url)
    assert.equal(new URL(second.url).port, String(usual))
    assert.ok(again.events[0]?.messages?.some((message) => message.id === id))
  })

  it('takes a free port where the usual one is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    assert.ok(typeof address === 'object' && address)
    const sandbox = await openSandbox(undefined, file, { usualPort: address.port })
    const { status } = await fetch(sandbox.url)
    await sandbox.close()
    other.close()
    assert.equal(status, 200)
    assert.notEqual(new URL(sandbox.url).port, String(address.port))
  })

  it('at another port, still has the pictures that were talked about', async () => {
    const state = path.join(folder, 'moved')
    const env = { SIGHTSEER_STORE: `sqlite:${path.join(folder, 'store.sqlite')}` }
    const first = await openSandbox(await freePort(), state)
    const bot = await startDemoBot(env, first)
    const ada = await bot.join('ada')
    await ada.upload(scene('posted.png'))
    const described = [
      await ada.slash('describe', { style: 'alt' }),
      await ada.slash('describe', { image: scene('given.png'), style: 'alt' }),
    ]
    await bot.close()
    await first.close()

    const second = await openSandbox(await freePort(), state)
    const again = await startDemoBot(env, second)
    const later = await again.join('ada')
    const answers: APIMessage[] = []
    for (const answer of described) {
      answers.push(await later.answer(await postWithAltText(later, answer)))
    }
    await again.close()
    await second.close()
    assert.notEqual(second.url, first.url)
    assert.deepEqual(
      answers.map(({ attachments }) => attachments[0]?.filename),
      ['posted.png', 'given.png'],
    )
  })
})

describe('the search for pictures on the loopback Discord', () => {
  let folder: string
  let model: Model
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'sightseer-loopback-'))
    model = await openDemoModel()
  })
  after(async () => {
    await model.close()
    rmSync(folder, { recursive: true })
  })

  async function start() {
    const config = readConfig({
      ...DEMO_SETTINGS,
      SANDBOX_STATE: path.join(folder, 'discord'),
      SANDBOX_PORT: String(await freePort()),
      SIGHTSEER_STORE: `sqlite:${path.join(folder, 'store.sqlite')}`,
    })
    const bot = await startBot(config, pino({ level: 'silent' }), model)
    const { world, url } = bot.sandbox!
    const searched = async () => {
      const settings = new GuildSettingsStore(bot.store, config.bot.retentionMs)
      const { searchChannels } = await settings.of(world.guild.id)
      return searchChannels.map((id) => world.channels.get(id)?.name)
    }
    const kit = await connectMember(url, 'kit')
    return { bot, searched, kit }
  }

  it('is on where everybody reads, until somebody switches it off', async () => {
    const first = await start()
    const before = await first.searched()
    const channel = first.kit.channelId
    await first.kit.slash('settings search', { channel, value: 'off' })
    first.kit.close()
    await first.bot.close()
    assert.deepEqual(before, ['general', 'memes'])

    const second = await start()
    const after = await second.searched()
    const { content } = await second.kit.slash('find', { words: 'heart', where: 'channel' })
    second.kit.close()
    await second.bot.close()
    assert.deepEqual(after, ['memes'])
    assert.equal(
      content,
      sentenceOf(new InputError('find/not-searchable', { everywhere: false }), EN),
    )
  })
})
