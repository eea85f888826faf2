/** The whole bot, killed or stopped while it answers, and started again. */

import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import type { APIMessage } from 'discord.js'
import type { Member } from 'loopback-discord/client'
import type { Sandbox } from 'loopback-discord'
import { startWatchedSandbox } from 'loopback-discord/testing/watched-sandbox'
import { EN } from '../../commands/i18n/en.ts'
import { postWithAltText } from '../helpers/demo-bot.ts'
import { type BotProcess, startBotProcess } from '../helpers/bot-process.ts'
import { type Database, sqliteFile, startRedis, WITH_REDIS } from '../helpers/databases.ts'
import { pictureFile } from '../helpers/pictures.ts'
import { connectMember, isProgress } from '../helpers/members.ts'

const PICTURE = pictureFile()

for (const [name, options, start] of [
  ['SQLite', {}, sqliteFile],
  ['Redis', WITH_REDIS, startRedis],
] as const) {
  describe(`the bot after a restart, on ${name}`, { ...options, timeout: 300_000 }, () => {
    let database: Database
    let sandbox: Sandbox
    /** In a channel of the test's own. */
    let ada: Member
    let bot: BotProcess | undefined

    before(async () => {
      database = await start()
      sandbox = await startWatchedSandbox()
    })
    after(async () => {
      await bot?.end('SIGKILL')
      await sandbox.close()
      await database.stop()
    })
    beforeEach(async () => {
      const { id } = sandbox.world.addChannel(sandbox.world.guild, { name: 'restarts' })
      ada = await connectMember(sandbox.url, 'ada', id)
    })
    afterEach(async (t) => {
      ada.close()
      sandbox.faults.clear()
      if ('passed' in t && !t.passed) {
        await bot?.end('SIGKILL') // the next test starts another
      }
    })

    /** Starts it with these settings, after the end of the one before. */
    async function startBot(env: Record<string, string> = {}) {
      await bot?.end('SIGKILL')
      bot = await startBotProcess(sandbox, { SIGHTSEER_STORE: database.url, ...env })
      return bot
    }

    /** The one that the test before has left running; starts one where there is none. */
    async function runningBot() {
      return bot?.isRunning() === true ? bot : startBot()
    }

    /** Whether it is a message of the bot's in the test's channel. */
    function isPosted(message: APIMessage | undefined): message is APIMessage {
      return message?.author.bot === true && message.channel_id === ada.channelId
    }

    /** Texts of what the bot has posted, each message once, as it is now. */
    function posted(): string[] {
      const messages = new Map<string, string>()
      for (const { message } of ada.events) {
        if (isPosted(message)) {
          messages.set(message.id, message.content)
        }
      }
      return [...messages.values()]
    }

    /** Uses /describe; the answer comes too late for the member's own patience. */
    function slash(): void {
      ada.slash('describe', { image: PICTURE }).catch(() => {})
    }

    /** The first answer of the bot's whose text, as it then was, matches; not its progress. */
    async function said(pattern: RegExp): Promise<APIMessage> {
      const { message } = await ada.until(
        ({ message: now }) => isPosted(now) && pattern.test(now.content) && !isProgress(now),
        120_000,
      )
      return message!
    }

    it('answers a command that it was killed in the middle of, once, and talks on', async () => {
      const first = await runningBot()
      const slow = sandbox.faults.add({ kind: 'cdn', action: 'slow', bytesPerSecond: 1 })
      slash()
      await slow.until()
      await first.end('SIGKILL')

      await startBot()
      const described = await said(/./)
      const talk = await ada.answerTo(await ada.reply(described, 'what color is it?'))
      assert.notEqual(talk.content, '')
      assert.equal(posted().length, 2)
    })

    it('answers a command that it was killed right after taking', async () => {
      const first = await runningBot()
      const ended = new Promise((resolve) => {
        const place = { path: '/interactions/*/*/callback', when: 'after' } as const
        sandbox.faults.hook(place, () => resolve(first.end('SIGKILL')))
      })
      slash()
      await ended

      await startBot()
      await said(/./)
      assert.equal(posted().length, 1)
    })

    it('posts a picture with alt text once, though killed before and after that', async () => {
      const first = await runningBot()
      const described = await ada.slash('describe', { image: PICTURE, style: 'alt' })
      await first.end('SIGTERM') // the next one does not have the picture in memory
      const second = await startBot()
      const slow = sandbox.faults.add({ kind: 'cdn', action: 'slow', bytesPerSecond: 1 })
      await postWithAltText(ada, described)
      await slow.until()
      await second.end('SIGKILL')
      slow.cancel()

      const posts = () =>
        ada.events.flatMap(({ message }) =>
          isPosted(message) && message.attachments.length > 0 && message.id !== described.id
            ? [message]
            : [],
        )
      const edit = { method: 'PATCH', path: '/webhooks/*/*/messages/*' } as const
      sandbox.faults.add({ kind: 'rest', ...edit, status: 'timeout', handled: true })
      const third = await startBot()
      await ada.until(() => posts().length === 1, 60_000)
      await third.end('SIGKILL')

      await startBot()
      await ada.until(() => posts().length === 2, 60_000)
      assert.equal(new Set(posts().map(({ id }) => id)).size, 1)
      for (const { attachments, content } of posts()) {
        assert.equal(content, EN.answer.repostedFor('Ada'))
        assert.equal(attachments.length, 1)
        assert.match(attachments[0]?.description ?? '', /^AI-generated: ./)
      }
      assert.equal(posted().length, 2)
    })

    it('answers a message that it was killed in the middle of, by one reply', async () => {
      const first = await runningBot()
      const slow = sandbox.faults.add({ kind: 'cdn', action: 'slow', bytesPerSecond: 1 })
      const asked = await ada.upload(PICTURE, `<@${sandbox.world.application.id}> what is it?`)
      await slow.until()
      await first.end('SIGKILL')

      const second = await startBot()
      const answer = await said(/./)
      assert.equal(answer.message_reference?.message_id, asked.id)
      assert.deepEqual(await second.end('SIGTERM'), [0, null])
      assert.equal(posted().length, 1)
    })

    it('remembers what was said before', async () => {
      const first = await runningBot()
      const described = await ada.slash('describe', { image: PICTURE })
      const one = await ada.answerTo(await ada.reply(described, 'what color is it?'))
      assert.deepEqual(await first.end('SIGTERM'), [0, null])
      await startBot()
      const two = await ada.answerTo(await ada.reply(one, 'and now?'))
      assert.notEqual(two.content, '')
      assert.equal(posted().length, 3)
    })

    it('logs neither what was said nor where the pictures are', async () => {
      const first = await runningBot()
      const described = await ada.slash('describe', { image: PICTURE })
      await ada.answerTo(await ada.reply(described, 'is there a zebra?'))
      assert.deepEqual(await first.end('SIGTERM'), [0, null])
      assert.ok(first.log.length > 0)
      assert.doesNotMatch(first.log.join('\n'), /zebra|parity\.png|\/cdn\/|loopback\.not-a-secret/)
    })

    it('tells those who wait that it restarts, and answers when it is back', async () => {
      const first = await startBot({ SIGHTSEER_STOP_SECONDS: '0' })
      const slow = sandbox.faults.add({ kind: 'cdn', action: 'slow', bytesPerSecond: 1 })
      slash()
      await slow.until()
      assert.deepEqual(await first.end('SIGTERM'), [0, null])
      const { id } = await said(/restart/i)

      await startBot()
      const answer = await said(/^(?!.*restart)./i)
      assert.equal(answer.id, id)
      assert.equal(posted().length, 1)
    })

    it('answers once while two versions of it run side by side', async () => {
      const first = await runningBot()
      const second = await startBotProcess(sandbox, { SIGHTSEER_STORE: database.url })
      const held = sandbox.faults.add({ kind: 'cdn', action: 'slow', bytesPerSecond: 4000 })
      const described = await ada.slash('describe', { image: PICTURE })
      const asked = await ada.reply(described, 'what color is it?')
      const answer = await ada.answerTo(asked)
      assert.deepEqual(await second.end('SIGTERM'), [0, null])
      assert.deepEqual(await first.end('SIGTERM'), [0, null])
      assert.equal(held.applied, 1, 'one of them looked at the picture')
      assert.deepEqual(posted(), [described.content, answer.content])
    })

    it('finishes what takes no longer than it may', async () => {
      const first = await startBot({ SIGHTSEER_STOP_SECONDS: '60' })
      const held = sandbox.faults.add({ kind: 'cdn', action: 'slow', bytesPerSecond: 4000 })
      const answer = ada.slash('describe', { image: PICTURE })
      await held.until()
      assert.deepEqual(await first.end('SIGTERM'), [0, null])
      assert.doesNotMatch((await answer).content, /restart/i)
    })
  })
}
