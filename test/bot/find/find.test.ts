/** /find: where it is switched on, whose pictures it finds for whom, and what is shown of them. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type APIMessage, MessageFlags } from 'discord.js'
import type { Member } from 'loopback-discord/client'
import { PERMISSION } from 'loopback-discord/permissions'
import { startWatchedSandbox } from 'loopback-discord/testing/watched-sandbox'
import { SearchableRecords } from '../../../bot/find/searchable-records.ts'
import { EN } from '../../../commands/i18n/en.ts'
import { ZH } from '../../../commands/i18n/zh.ts'
import { drawCode, pictureWithCodes } from '../../helpers/codes.ts'
import { deletePrivacy, type DemoBot, startDemoBot } from '../../helpers/demo-bot.ts'
import { holdMethod, kept } from '../../helpers/held-bot.ts'

async function pictureOf(title: string, codes: readonly Buffer[] = [], name = 'words.png') {
  return { name, bytes: new Uint8Array(await pictureWithCodes(codes, { title })) }
}

/** What a member finds, once it holds what is expected or time is over. */
async function find(
  member: Member,
  words: string,
  {
    where = 'channel',
    until = () => true,
  }: { where?: string; until?: (text: string) => boolean } = {},
): Promise<APIMessage> {
  const limit = performance.now() + 20_000
  for (;;) {
    const answer = await member.slash('find', { words, where })
    if (until(answer.content) || performance.now() > limit) {
      return answer
    }
    await wait(50)
  }
}

/** Below pictures that were found there. */
const ONLY_WORDS = `\n-# ${EN.find.onlyWords.matcherBesideHits}`

/** What is said where there is no picture with some words, and no model that knows what pictures show. */
function nothing(words: string): string {
  return `${EN.find.none(words)}\n-# ${EN.find.onlyWords.matcher}`
}

describe('/find', () => {
  let demo: DemoBot
  /** Cannot read `hidden`, nor the history of `blind`. */
  let lin: Member
  let ada: Member
  /** Manages the server. */
  let kit: Member
  let channels: Readonly<Record<'main' | 'other' | 'adult' | 'hidden' | 'blind' | 'off', string>>

  before(async () => {
    const sandbox = await startWatchedSandbox({ rateLimits: 'off' })
    const { world } = sandbox
    const add = (name: string, fields = {}) =>
      world.addChannel(world.guild, { name, position: 9, ...fields })
    const [main, other, off] = [add('main'), add('other'), add('off')]
    const [adult, hidden, blind] = [add('adult', { nsfw: true }), add('hidden'), add('blind')]
    const linId = [...world.users.values()].find(({ name }) => name === 'lin')!.id
    const deny = (channel: typeof hidden, permission: bigint) =>
      channel.overwrites.set(linId, { id: linId, type: 1, allow: 0n, deny: permission })
    deny(hidden, PERMISSION.viewChannel)
    deny(blind, PERMISSION.readMessageHistory)
    channels = {
      main: main.id,
      other: other.id,
      adult: adult.id,
      hidden: hidden.id,
      blind: blind.id,
      off: off.id,
    }
    demo = await startDemoBot({}, sandbox)
    ada = await demo.join('ada')
    lin = await demo.join('lin')
    kit = await demo.join('kit')
    for (const name of ['main', 'other', 'adult', 'hidden', 'blind'] as const) {
      await kit.slash('settings search', { channel: channels[name], value: 'on' })
    }
    for (const member of [ada, lin, kit]) {
      member.switchTo(channels.main)
    }
  })
  after(async () => {
    await demo.close()
    await demo.sandbox.close()
  })

  const linkOf = ({ id, channel_id }: APIMessage) =>
    `https://discord.com/channels/${demo.sandbox.world.guild.id}/${channel_id}/${id}`

  /** Posts a picture and waits until it can be found. */
  async function postFound(channelId: string, words: string, posting = pictureOf(words)) {
    ada.switchTo(channelId)
    const posted = await ada.upload(await posting)
    const until = (text: string) => text.includes(posted.id)
    const { content } = await find(ada, words, { until })
    assert.ok(until(content), content)
    ada.switchTo(channels.main)
    return posted
  }

  it('finds a posted picture, for the one who asks only', async () => {
    const posted = await postFound(channels.main, 'Withdrawal successful')
    const answer = await find(lin, 'withdrawal')
    assert.match(answer.content, /^1 picture with “withdrawal”:\n/)
    assert.ok(answer.content.includes(linkOf(posted)))
    assert.ok(answer.content.includes(`<@${posted.author.id}>`))
    assert.ok(answer.content.endsWith(`\n> Withdrawal successful${ONLY_WORDS}`), answer.content)
    assert.equal((answer.flags ?? 0) & MessageFlags.Ephemeral, MessageFlags.Ephemeral)
    assert.deepEqual(answer.mentions, [])
    const [embed, ...others] = answer.embeds
    assert.deepEqual([embed?.url, others], [linkOf(posted), []])
    assert.ok(embed?.thumbnail?.url.startsWith(posted.attachments[0]!.url.split('?')[0]!))
    assert.equal((await find(lin, 'deposit')).content, nothing('deposit'))
    const reader = await demo.join('mo', { locale: 'zh-CN' })
    reader.switchTo(channels.main)
    const chinese = await find(reader, 'withdrawal')
    assert.ok(chinese.content.startsWith(ZH.find.found(1, 'withdrawal')), chinese.content)
    assert.ok(chinese.content.endsWith(ZH.find.onlyWords.matcherBesideHits), chinese.content)
  })

  it('says where it is switched off', async () => {
    ada.switchTo(channels.off)
    await ada.upload(await pictureOf('Nobody searches here'))
    assert.equal(
      (await find(ada, 'nobody')).content,
      EN.errors['find/not-searchable']({ everywhere: false }),
    )
    ada.switchTo(channels.main)
    assert.equal((await find(ada, '?')).content, EN.errors['find/no-words'])
    assert.match((await kit.slash('settings show')).content, /can be searched in: <#/)
  })

  it('finds what codes say, as text that neither links nor embeds', async () => {
    const picture = pictureOf('Scan to claim', [await drawCode('https://example.com/claim')])
    await postFound(channels.main, 'example.com claim', picture)
    const { content } = await find(lin, 'example')
    assert.ok(content.endsWith(`> Scan to claim example.com\u200B/claim${ONLY_WORDS}`), content)
  })

  it('hides the words of a spoiler, and formats nothing', async () => {
    const title = '@everyone **look** ||here||'
    await postFound(channels.main, 'everyone look', pictureOf(title, [], 'SPOILER_words.png'))
    const { content, embeds, mention_everyone: pings } = await find(lin, 'everyone')
    const [, , shown = ''] = content.split('\n')
    assert.match(shown, /^> \|\|.*\|\|$/)
    assert.equal(shown.match(/(?<!\\)\|\|/g)?.length, 2, shown)
    assert.equal(pings, false)
    assert.deepEqual(embeds, []) // Discord would show a small picture without its spoiler
  })

  it('searches the channels of the server that a person can read, restricted ones from such only', async () => {
    const there = await postFound(channels.other, 'Meeting point there')
    const adult = await postFound(channels.adult, 'Meeting point adult')
    const hidden = await postFound(channels.hidden, 'Meeting point hidden')
    const blind = await postFound(channels.blind, 'Meeting point blind')
    const all = { there, adult, hidden, blind }
    const foundBy = async (member: Member, where = 'server') => {
      const { content } = await find(member, 'meeting point', { where })
      const names = Object.entries(all).flatMap(([name, { id }]) =>
        content.includes(id) ? [name] : [],
      )
      // Nobody is told how many there are where they cannot look.
      const { none, found } = EN.find
      const title = names.length === 0 ? none : (words: string) => found(names.length, words)
      assert.ok(content.startsWith(title('meeting point')), content)
      return names
    }
    assert.deepEqual(await foundBy(lin), ['there'])
    assert.deepEqual(await foundBy(ada), ['there', 'hidden', 'blind'])
    assert.deepEqual(await foundBy(ada, 'channel'), [])
    for (const member of [ada, lin]) {
      member.switchTo(channels.adult)
    }
    assert.deepEqual(await foundBy(ada), ['there', 'adult', 'hidden', 'blind'])
    lin.switchTo(channels.blind)
    assert.deepEqual(await foundBy(lin, 'channel'), [])
    for (const member of [ada, lin]) {
      member.switchTo(channels.main)
    }
  })

  it('forgets a picture with its message', async () => {
    const posted = await postFound(channels.main, 'Gone tomorrow')
    await ada.delete(posted)
    const none = nothing('tomorrow')
    const { content } = await find(lin, 'tomorrow', { until: (text) => text === none })
    assert.equal(content, none)
    assert.deepEqual(await kept(demo, posted.id), [])
  })

  it('forgets a person’s pictures with everything about them, and keeps none after an opt-out', async () => {
    await postFound(channels.main, 'My own screenshot')
    const exported = await ada.slash('privacy export')
    const file = await (await fetch(exported.attachments[0]!.url)).text()
    assert.ok(file.includes('My own screenshot') && file.includes(EN.privacy.kinds.searchable))
    await deletePrivacy(ada)
    assert.equal((await find(lin, 'screenshot')).content, nothing('screenshot'))

    await postFound(channels.main, 'Another screenshot')
    await ada.slash('privacy opt-out')
    assert.equal((await find(lin, 'screenshot')).content, nothing('screenshot'))
    const secret = await ada.upload(await pictureOf('A secret screenshot'))
    await ada.slash('privacy opt-in')
    await postFound(channels.main, 'The next screenshot')
    assert.ok(!(await find(lin, 'screenshot')).content.includes(secret.id))
  })

  it('forgets the pictures of a channel where it is switched off', async () => {
    const posted = await postFound(channels.other, 'Switched off later')
    await kit.slash('settings search', { channel: channels.other, value: 'off' })
    assert.deepEqual(await kept(demo, posted.id), [])
    assert.equal((await find(ada, 'switched', { where: 'server' })).content, nothing('switched'))
  })

  it('keeps no picture that is stored just when its channel is switched off', async (t) => {
    await kit.slash('settings search', { channel: channels.other, value: 'on' })
    const held = holdMethod(t, SearchableRecords.prototype, 'set')
    ada.switchTo(channels.other)
    const posted = await ada.upload(await pictureOf('Stored too late'))
    await held.reached
    await kit.slash('settings search', { channel: channels.other, value: 'off' })
    await held.release()
    await wait(200)
    assert.deepEqual(await kept(demo, posted.id, ['searchable']), [])
  })
})
