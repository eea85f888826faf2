/** What depends on a person: Nitro, and whether they blocked the bot. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Routes } from 'discord.js'
import type { APIChannel, REST } from 'discord.js'
import { removeMember } from '../../src/world/members.ts'
import { Member } from '../../src/test-client/client.ts'
import { restOf, typed } from '../helpers/discord-client.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'
import type { WatchedSandbox } from '../helpers/watched-sandbox.ts'

let sandbox: WatchedSandbox
let rest: REST
let ada: Member

before(async () => {
  sandbox = await startWatchedSandbox({ rateLimits: 'off' })
  rest = restOf(sandbox)
  ada = await Member.connect(sandbox.url)
})

after(async () => {
  ada.close()
  await sandbox.close()
})

describe('a person with Nitro', () => {
  it('sends and edits up to 4,000 characters', async () => {
    const long = 'x'.repeat(4000)
    await assert.rejects(ada.say(long), /Must be 2000 or fewer in length/)
    await ada.subscribe()
    const message = await ada.say(long)
    assert.equal((await ada.edit(message, `y${long.slice(1)}`)).content.length, 4000)
    await assert.rejects(ada.say(`${long}x`), /Must be 4000 or fewer in length/)
    await ada.subscribe(false)
    await assert.rejects(ada.say(long), /Must be 2000/)
  })
})

describe('a person who blocked the bot', () => {
  it('gets no direct messages from it, and sends it none', async () => {
    const body = { recipient_id: ada.id }
    const { id } = await typed<APIChannel>(rest.post(Routes.userChannels(), { body }))
    const send = () => rest.post(Routes.channelMessages(id), { body: { content: 'hello' } })
    await send()
    await ada.block()
    await assert.rejects(send(), { status: 403, code: 50007 })
    const channel = ada.channelId
    await ada.openDirect()
    await assert.rejects(ada.say('hello'), /50007/)
    await ada.block(false)
    await ada.say('hello')
    await send()
    ada.switchTo(channel)
  })

  it('gets none either without a server in common, unless they installed it', async () => {
    const { world } = sandbox
    const mo = [...world.users.values()].find(({ name }) => name === 'mo')!
    const { id } = world.directChannel(mo.id)
    const send = () => rest.post(Routes.channelMessages(id), { body: { content: 'hello' } })
    removeMember(world, world.guild, mo.id)
    await assert.rejects(send(), { status: 403, code: 50278 })
    world.application.installedBy.add(mo.id)
    await send()
  })

  it('still reads what it says in a server', async () => {
    await ada.block()
    await rest.post(Routes.channelMessages(ada.channelId), { body: { content: 'for all' } })
    await ada.until(({ message }) => message?.content === 'for all')
    await ada.block(false)
  })
})
