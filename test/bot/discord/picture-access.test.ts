/** What a second person may point at: a private thread, an age-restricted channel, a hidden history. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type APIMessage, ChannelType } from 'discord.js'
import type { Member } from 'loopback-discord/client'
import { PERMISSION } from 'loopback-discord/permissions'
import { startWatchedSandbox } from 'loopback-discord/testing/watched-sandbox'
import { EN } from '../../../commands/i18n/en.ts'
import {
  type DemoBot,
  hearts,
  scene,
  startDemoBot,
  suggestionsOf,
  withSuggestions,
  triangle,
} from '../../helpers/demo-bot.ts'

const COLOR = 'what color is the triangle?'
const HIDDEN = EN.errors['link/hidden']
const RESTRICTED = EN.errors['image/age-restricted']

describe('which pictures a person may point at', () => {
  let demo: DemoBot
  /** Sees everything. */
  let ada: Member
  /** Is not in the private thread, and cannot read the history of `blind`. */
  let lin: Member
  let channels: Readonly<Record<'plain' | 'adult' | 'blind', string>>

  before(async () => {
    const sandbox = await startWatchedSandbox()
    const { world } = sandbox
    const add = (name: string, fields = {}) =>
      world.addChannel(world.guild, { name, position: 9, ...fields })
    const [plain, adult, blind] = [add('plain'), add('adult', { nsfw: true }), add('blind')]
    const linId = [...world.users.values()].find(({ name }) => name === 'lin')!.id
    const deny = PERMISSION.readMessageHistory
    blind.overwrites.set(linId, { id: linId, type: 1, allow: 0n, deny })
    channels = { plain: plain.id, adult: adult.id, blind: blind.id }
    demo = await startDemoBot({}, sandbox)
    ada = await demo.join('ada')
    lin = await demo.join('lin')
  })
  after(async () => {
    await demo.close()
    await demo.sandbox.close()
  })

  const ping = (text: string) => `<@${demo.bot.client.user.id}> ${text}`
  const link = ({ id, channel_id }: APIMessage) =>
    `https://discord.com/channels/${demo.sandbox.world.guild.id}/${channel_id}/${id}`

  async function contentOf(member: Member, text: string): Promise<string> {
    return (await member.answerTo(await member.say(ping(text)))).content
  }

  describe('in a private thread', () => {
    let posted: APIMessage

    before(async () => {
      const channel = await demo.bot.client.channels.fetch(channels.plain)
      assert.ok(channel?.type === ChannelType.GuildText)
      const thread = await channel.threads.create({
        name: 'secret',
        type: ChannelType.PrivateThread,
      })
      await thread.members.add(ada.id)
      ada.switchTo(thread.id)
      posted = await ada.upload(triangle('thread.webp'))
      for (const member of [ada, lin]) {
        member.switchTo(channels.plain)
      }
    })

    it('not by a link of a command or of a message, unless they are in the thread', async () => {
      const named = { question: COLOR, picture: link(posted) }
      assert.equal((await lin.slash('ask', named)).content, HIDDEN)
      assert.equal(await contentOf(lin, `${COLOR} ${link(posted)}`), HIDDEN)
      assert.match((await ada.slash('ask', named)).content, /green$/)
    })

    it('nor by what one who is in the thread asked about it elsewhere', async () => {
      const described = await ada.slash('ask', { question: COLOR, picture: link(posted) })
      assert.doesNotMatch(await choicesOf(lin), /thread\.webp/)
      assert.doesNotMatch((await lin.slash('memory show')).content, /thread\.webp/)
      assert.match(await choicesOf(ada), /thread\.webp/)
      assert.match((await ada.slash('memory show')).content, /thread\.webp/)
      assert.deepEqual(await askInEveryWay(lin, described), [HIDDEN, HIDDEN])
      const current = await lin.slash('ask', { question: COLOR })
      assert.equal(current.content, EN.errors['conversation/none'])
      assert.equal(await contentOf(lin, COLOR), EN.errors['image/none-here'])
    })

    it('but by moderators, who can manage threads', async () => {
      const mo = await demo.join('mo')
      mo.switchTo(channels.plain)
      const named = { question: COLOR, picture: link(posted) }
      assert.match((await mo.slash('ask', named)).content, /green$/)
    })
  })

  describe('in an age-restricted channel', () => {
    let posted: APIMessage

    before(async () => {
      ada.switchTo(channels.adult)
      posted = await ada.upload(triangle('adult.webp'))
    })

    it('there, and not from a channel that is not', async () => {
      const named = { question: COLOR, picture: link(posted) }
      assert.match((await ada.slash('ask', named)).content, /green$/)
      ada.switchTo(channels.plain)
      assert.equal((await ada.slash('ask', named)).content, RESTRICTED)
      assert.equal(await contentOf(ada, `${COLOR} ${link(posted)}`), RESTRICTED)
    })

    it('from its own threads', async () => {
      ada.switchTo(channels.adult)
      await ada.openThread('of adults')
      const named = { question: COLOR, picture: link(posted) }
      assert.match((await ada.slash('ask', named)).content, /green$/)
    })

    it('and what was asked before the place stopped to be restricted is not shown there', async () => {
      const { world } = demo.sandbox
      const other = world.addChannel(world.guild, { name: 'was-adult', position: 9, nsfw: true })
      ada.switchTo(other.id)
      lin.switchTo(other.id)
      const described = await ada.slash('ask', { question: COLOR, picture: link(posted) })
      assert.match(described.content, /green$/)
      const channel = await demo.bot.client.channels.fetch(other.id)
      assert.ok(channel?.type === ChannelType.GuildText)
      await channel.setNSFW(false)
      assert.doesNotMatch(await choicesOf(ada), /adult\.webp/)
      assert.equal((await lin.slash('memory show')).content, EN.memory.nothing)
      assert.deepEqual(await askInEveryWay(lin, described), [RESTRICTED, RESTRICTED])
    })

    it('not by a forward', async () => {
      ada.switchTo(channels.adult)
      const forwarded = await ada.forward(posted, channels.plain)
      ada.switchTo(channels.plain)
      assert.equal((await ada.menu(EN.commands.describeMenu, forwarded)).content, RESTRICTED)
      const menu = await ada.useMenu(EN.commands.askMenu, forwarded)
      assert.equal((await ada.answer(menu)).content, RESTRICTED)
      const reply = await ada.reply(forwarded, ping(COLOR))
      assert.equal((await ada.answerTo(reply)).content, RESTRICTED)
      assert.equal((await ada.slash('describe')).content, EN.errors['image/none-here'])
      assert.doesNotMatch(await choicesOf(ada), /adult\.webp/)
    })
  })

  describe('in a channel whose history they cannot read', () => {
    let posted: APIMessage

    before(async () => {
      for (const member of [ada, lin]) {
        member.switchTo(channels.blind)
      }
      posted = await ada.upload(scene('earlier.png'))
      await ada.menu(EN.commands.describeMenu, posted)
    })

    it('neither by a choice, nor by its id, its link, or as the newest', async () => {
      assert.doesNotMatch(await choicesOf(lin), /earlier\.png/)
      assert.match(await choicesOf(ada), /earlier\.png/)
      assert.equal((await lin.slash('memory show')).content, EN.memory.nothing)
      for (const picture of [posted.id, link(posted)]) {
        assert.equal((await lin.slash('ask', { question: COLOR, picture })).content, HIDDEN)
        assert.equal(await contentOf(lin, `${COLOR} ${link(posted)}`), HIDDEN)
      }
      const blind = EN.errors['channel/history-hidden']
      assert.equal((await lin.slash('describe')).content, blind)
      assert.equal((await lin.slash('ask', { question: COLOR })).content, blind)
      assert.equal(await contentOf(lin, ''), blind)
      assert.equal(await contentOf(lin, COLOR), blind)
    })

    it('but their own pictures', async () => {
      const own = await lin.upload(hearts('own.webp'))
      assert.match(await choicesOf(lin), /own\.webp/)
      assert.match((await lin.slash('describe')).content, /heart/)
      const asked = await lin.slash('ask', { question: 'what shape is it?', picture: own.id })
      assert.match(asked.content, /heart/)
      assert.match((await lin.slash('memory show')).content, /own\.webp/)
    })
  })
})

/** What the autocompletes offer a member. */
async function choicesOf(member: Member): Promise<string> {
  const asked = await member.autocomplete('ask', 'picture', { question: '', picture: '' })
  const what = { what: 'picture', picture: '' }
  const forgotten = await member.autocomplete('memory forget', 'picture', what)
  return [...asked, ...forgotten].map(({ name }) => name).join('\n')
}

/** All ways to ask about a conversation that another began, from its place. */
async function askInEveryWay(member: Member, described: APIMessage): Promise<readonly string[]> {
  const [suggestion] = suggestionsOf(await withSuggestions(member, described))
  assert.ok(suggestion)
  const replied = await member.answerTo(await member.reply(described, COLOR))
  const pressed = await member.answer(await member.press(described, suggestion.id))
  return [replied.content, pressed.content]
}
