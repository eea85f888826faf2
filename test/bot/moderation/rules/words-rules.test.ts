/** Words as rules, through discord.js and the sandbox: the list that comes with the bot, and others. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { APIMessage } from 'discord.js'
import type { CommandOptions } from 'loopback-discord/client-form'
import { type Case, caseSchema } from '../../../../bot/moderation/cases/case-record.ts'
import type { Collection } from '../../../../bot/store/types.ts'
import { EN } from '../../../../commands/i18n/en.ts'
import { button, hearts } from '../../../helpers/demo-bot.ts'
import { type ModeratedServer, startModeratedServer } from '../../../helpers/moderated-server.ts'
import { casinoPicture, notesPicture, wordPicture } from '../../../helpers/word-pictures.ts'

const words = EN.moderationRules
const SCAMS = { name: 'scams', list: 'scams' }

describe('/moderation rule with words', () => {
  let server: ModeratedServer
  let cases: Collection<Case>
  const seen = new Set<string>()

  before(async () => {
    server = await startModeratedServer()
    await server.setUp()
    cases = server.demo.bot.store.collection({
      name: 'moderation-cases',
      ttlMs: 60_000,
      decode: (data) => caseSchema.parse(data),
    })
  })
  after(() => server.close())

  const rule = (name: string, options: CommandOptions = {}) =>
    server.mo.slash(`moderation rule ${name}`, options)
  const nextCase = async (pattern: RegExp): Promise<APIMessage> => {
    const caseMessage = await server.aCase(pattern, seen)
    seen.add(caseMessage.id)
    return caseMessage
  }
  const recordOf = async (caseMessage: APIMessage): Promise<Case | undefined> => {
    const all = await Array.fromAsync(cases.entries())
    return all.map(([, record]) => record).find(({ log }) => log?.messageId === caseMessage.id)
  }

  it('adds the list that comes with the bot, shows it, and takes it back edited', async () => {
    const added = (await rule('add', SCAMS)).content.split('\n')
    assert.deepEqual(added, [words.added('scams'), words.offerTest('scams')])
    assert.match((await rule('list')).content, /\*\*scams\*\*: 1\d\d words, from 5 points, flags/)
    const shown = await rule('words', { name: 'scams' })
    const file = await (await fetch(shown.attachments[0]!.url)).text()
    assert.match(file, /^crypto casino\*=3 {2}# what they claim to be$/m)
    const edited = file.replace('crypto casino*=3', 'crypto casino*=4')
    const answer = await rule('add', {
      name: 'scams',
      file: { name: 'words.txt', bytes: new TextEncoder().encode(edited) },
      words: 'meine kneipe=2',
      threshold: 6,
    })
    assert.match(answer.content, /^Changed: \*\*scams\*\*/)
    const changed = await rule('words', { name: 'scams' })
    const now = await (await fetch(changed.attachments[0]!.url)).text()
    assert.equal(now, `${edited}meine kneipe=2\n`)
    await rule('add', { name: 'scams', threshold: 5 })
    assert.match((await rule('list')).content, /\*\*scams\*\*: 1\d\d words, from 5 points/)
  })

  it('says what is wrong with words, patterns and options', async () => {
    const { errors } = EN
    const refused: readonly (readonly [CommandOptions, string])[] = [
      [{}, errors['rule/no-subject']],
      [{ words: 'casino', question: 'is there a red heart?' }, errors['rule/two-subjects']],
      [{ question: 'is there a red heart?' }, errors['rule/needs-threshold']],
      [{ words: 'a' }, errors['rule/bad-term']({ term: 'a' })],
      [
        { words: '/(casino/' },
        errors['rule/bad-pattern']({ pattern: '/(casino/', problem: 'unclosed' }),
      ],
      [
        { file: { name: 'x.txt', bytes: Uint8Array.of(255, 254) } },
        errors['rule/bad-file']({ maxBytes: 65_536 }),
      ],
    ]
    for (const [options, sentence] of refused) {
      assert.equal((await rule('add', { name: 'bad', ...options })).content, sentence)
    }
    await rule('add', { name: 'hearts', question: 'is there a red heart?', threshold: 60 })
    assert.equal(
      (await rule('words', { name: 'hearts' })).content,
      errors['rule/no-words']({ name: 'hearts' }),
    )
  })

  it('tests a picture by words and questions, also one that the model does not know', async () => {
    const { content } = await rule('test', { image: await casinoPicture(4) })
    assert.match(
      content,
      /\*\*scams\*\*: \d+ points for .*crypto casino\\\* \(4\).*\(a hit from 5 points\) — \*\*a hit\*\*/,
    )
    assert.ok(content.includes(words.tested.outside('hearts')), content)
    const notes = await rule('test', { name: 'scams', image: await notesPicture() })
    assert.match(notes.content, /\*\*scams\*\*: 0 points \(a hit from 5 points\)$/)
    const drawn = await rule('test', { name: 'hearts', image: hearts() })
    assert.match(drawn.content, /\*\*hearts\*\*: \d.* % yes/)
    await rule('remove', { name: 'hearts' })
  })

  it('makes one case of a wave whose pictures differ, and removes nothing', async () => {
    server.ada.switchTo('general')
    await server.ada.upload(await notesPicture())
    const posted: APIMessage[] = []
    for (const [i, channel] of ['general', 'memes', 'general'].entries()) {
      server.ada.switchTo(channel)
      posted.push(await server.ada.upload(await casinoPicture(i + 1)))
    }
    const caseMessage = await nextCase(/Words in it/)
    // They join in the order in which they are read.
    const full = await server.mo.changed(
      caseMessage,
      ({ content }) =>
        posted.every(({ id }) => content.includes(`/${id}`)) && content.includes('Words in it'),
    )
    assert.match(full.content, /the words of “scams”: \d+ points for .*promo code\\\* \(3\)/)
    assert.match(
      full.content,
      /^Words in it: \|\|Withdrawal success! \\?\/ You received 2700 USDT.*\|\|$/m,
    )
    assert.match(full.content, /^Links in the words: \|\|lucky1\.com.*promo\|\|$/m)
    assert.equal(server.cases().length, 1)
    assert.ok(posted.every((message) => !server.isDeleted(message)))
    const stats = await rule('stats', { name: 'scams' })
    assert.match(stats.content, /Hits: 1 — 0 confirmed, 0 dismissed, 1 not decided/)
  })

  it('keeps the words as long as the message that shows them', async () => {
    const [caseMessage] = server.cases()
    assert.match((await recordOf(caseMessage!))?.words?.text ?? '', /Withdrawal success/)
    const exported = await server.ada.slash('privacy export')
    const records = await (await fetch(exported.attachments[0]!.url)).text()
    assert.match(records, /Withdrawal success/)
    server.mo.switchTo('mod-log')
    const { channels } = server.demo.bot.client
    const channel = await channels.fetch(caseMessage!.channel_id)
    assert.ok(channel?.isTextBased())
    await channel.messages.delete(caseMessage!.id)
    await server.mo.until(({ type, id }) => type === 'deleted' && id === caseMessage!.id)
    for (let i = 0; i < 100 && (await wordsOfAll(cases)).length > 0; i++) {
      await new Promise((resolve) => {
        setTimeout(resolve, 20)
      })
    }
    assert.deepEqual(await wordsOfAll(cases), [])
  })

  it('shows hostile words as text, and a confirmed case as a broken rule', async () => {
    await rule('add', { name: 'free', words: 'gratis=5', channels: `<#${server.ada.channelId}>` })
    const lin = await server.join('lin', { channel: 'general' })
    const hostile = await wordPicture(
      ['GRATIS || **hello** ||', '@everyone look', 'https://evil.example/x `y`', 'a fine day'],
      5,
    )
    const posted = await lin.upload(hostile)
    const caseMessage = await nextCase(/Words in it[^]*“free”: 5 points for gratis \(5\)/)
    assert.match(caseMessage.content, new RegExp(`/${posted.id}`))
    const [line = ''] = /^Words in it: .*$/m.exec(caseMessage.content) ?? []
    const inside = line.replace('Words in it: ||', '').replace(/\|\|$/, '')
    assert.doesNotMatch(inside, /(?<!\\)[|*`]|@everyone|:\/\//)
    await server.mo.press(caseMessage, button(caseMessage, EN.moderation.buttons.confirm))
    await server.mo.changed(caseMessage, ({ content }) => content.includes('Confirm: '))
    const stats = await rule('stats', { name: 'free' })
    assert.match(stats.content, /Hits: 1 — 1 confirmed/)
    assert.match(stats.attachments[0]?.description ?? '', /5–6: 1\/0/)
    assert.equal(server.isDeleted(posted), false)
  })
})

async function wordsOfAll(cases: Collection<Case>): Promise<readonly unknown[]> {
  const all = await Array.fromAsync(cases.entries())
  return all.flatMap(([, { words }]) => words ?? [])
}
