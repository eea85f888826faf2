/** The members API: what a member does and is shown, and what others are not. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { GatewayIntentBits, MessageFlags } from 'discord.js'
import type { Client } from 'discord.js'
import { WebSocket } from 'ws'
import { Member } from '../../src/test-client/client.ts'
import { rawText } from '../../src/gateway/connection.ts'
import type { Sandbox } from '../../src/server.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'
import { logIn, nextInteraction } from '../helpers/discord-client.ts'

let sandbox: Sandbox
let client: Client<true>
let ada: Member
let lin: Member
let mo: Member

before(async () => {
  sandbox = await startWatchedSandbox({ rateLimits: 'off' })
  client = await logIn(sandbox, {
    intents: [GatewayIntentBits.Guilds, GatewayIntentBits.DirectMessages],
  })
  await client.application.commands.set([{ name: 'look', description: 'Looks' }])
  ada = await Member.connect(sandbox.url)
  lin = await Member.connect(sandbox.url, 'lin')
  mo = await Member.connect(sandbox.url, 'mo')
})

after(async () => {
  for (const member of [ada, lin, mo]) {
    member.close()
  }
  await client.destroy()
  await sandbox.close()
})

function channelNames(member: Member) {
  return member.events[0]?.channels?.map(({ name }) => name)
}

describe('a member', () => {
  it('sees the channels of their roles, with their permissions there', () => {
    assert.ok(!channelNames(ada)?.includes('mod-log'))
    assert.ok(channelNames(mo)?.includes('mod-log'))
    const restricted = ada.events[0]?.channels?.find(({ name }) => name === 'after-hours')
    assert.equal(restricted?.nsfw, true)
    assert.ok(BigInt(restricted.permissions) > 0n)
  })

  it('sees a channel come and go with a role', async () => {
    const { world } = sandbox
    const [modLog] = [...world.channels.values()].filter(({ name }) => name === 'mod-log')
    assert.ok(modLog)
    const member = world.member(world.guild.id, lin.id)
    const moderator = [...world.guild.roles.values()].find(({ name }) => name === 'Moderator')
    assert.ok(member && moderator)
    member.roles = [moderator.id]
    world.emit({ name: 'GUILD_MEMBER_UPDATE', member })
    await lin.until((told) => told.channel?.id === modLog.id)
    const moreThanOnce = lin.events.length
    member.roles = []
    world.emit({ name: 'GUILD_MEMBER_UPDATE', member })
    await lin.until((told) => told.type === 'channel_gone' && told.id === modLog.id)
    assert.ok(lin.events.length > moreThanOnce)
  })

  it('is not told what happens where they cannot see', async () => {
    mo.switchTo('mod-log')
    const secret = await mo.say('between moderators')
    mo.switchTo('general')
    const open = await mo.say('for all')
    await ada.until((told) => told.message?.id === open.id)
    assert.ok(ada.events.every((told) => told.message?.id !== secret.id))
  })

  it('edits, reacts, types and deletes', async () => {
    const message = await ada.say('one')
    await ada.edit(message, 'two')
    assert.equal((await lin.changed(message, (m) => m.content === 'two')).id, message.id)
    await lin.react(message, '👍')
    const reacted = await ada.changed(message, (m) => m.reactions?.length === 1)
    assert.equal(reacted.reactions?.[0]?.me, false)
    const own = await lin.changed(message, (m) => m.reactions?.length === 1)
    assert.equal(own.reactions?.[0]?.me, true)
    await lin.react(message, '👍', false)
    await ada.type()
    await lin.until((told) => told.type === 'typing' && told.user_id === ada.id)
    await mo.delete(message)
    await lin.until((told) => told.type === 'deleted' && told.id === message.id)
  })

  it('opens threads and direct messages, and talks there', async () => {
    const starter = await ada.say('start here')
    const thread = await ada.openThread('talk', starter)
    const inside = await ada.say('in the thread')
    assert.equal(inside.channel_id, thread)
    await lin.until((told) => told.message?.id === inside.id)
    const arrived = nextInteraction(client, (given) => given.isChatInputCommand())
    const direct = await ada.openDirect()
    await ada.use('look')
    const used = await arrived
    assert.equal(used.channelId, direct)
    assert.equal(used.guildId, null)
    assert.equal(used.context, 1)
    ada.switchTo('general')
    assert.ok(lin.events.every((told) => told.channel?.id !== direct))
  })

  it('dismisses what only they see', async () => {
    const arrived = nextInteraction(client, (given) => given.isChatInputCommand())
    const id = await ada.use('look')
    const used = await arrived
    await used.reply({ content: 'for you', flags: MessageFlags.Ephemeral })
    const quiet = await ada.answer(id)
    await assert.rejects(lin.dismiss(quiet), /10008/)
    await ada.dismiss(quiet)
    await ada.until((told) => told.type === 'deleted' && told.id === quiet.id)
    await assert.rejects(used.editReply('x'), { code: 10008 })
    const open = await ada.say('for all')
    await assert.rejects(ada.dismiss(open), /50013/)
  })

  it('looks back into the past', async () => {
    const said = []
    for (const text of ['a', 'b', 'c']) {
      said.push(await ada.say(text))
    }
    const url = `${sandbox.url}/sandbox/history?as=ada&channel=${ada.channelId}`
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ before: said[2]!.id, limit: 2 }),
    })
    const { messages }: { messages: { content: string }[] } = JSON.parse(await response.text())
    assert.deepEqual(
      messages.map(({ content }) => content),
      ['a', 'b'],
    )
  })

  it('becomes another one on the same connection', async () => {
    const socket = new WebSocket(`${sandbox.url.replace('http', 'ws')}/sandbox/live?as=ada`)
    const names: string[] = []
    const both = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        const told: { type: string; you?: { username: string } } = JSON.parse(rawText(data))
        if (told.type !== 'snapshot') {
          return
        }
        names.push(told.you?.username ?? '')
        if (names.length === 2) {
          resolve()
        } else {
          socket.send(JSON.stringify({ as: 'lin' }))
        }
      })
    })
    await both
    assert.deepEqual(names, ['ada', 'lin'])
    socket.close()
  })

  it('is told plainly when nothing comes', async () => {
    await assert.rejects(
      ada.until(() => false, 10),
      /Nothing like it within 10 ms\. Events: .*for all/,
    )
    await assert.rejects(Member.connect(sandbox.url, 'nobody'), /no member "nobody"/)
    await assert.rejects(ada.use('look', { none: 1 }), /There is no option/)
  })
})
