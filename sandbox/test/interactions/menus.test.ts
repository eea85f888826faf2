/** Context menus as members use them, through discord.js. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ApplicationCommandType } from 'discord.js'
import type { Client } from 'discord.js'
import { Member } from '../../src/test-client/client.ts'
import { logIn, nextInteraction } from '../helpers/discord-client.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'
import type { WatchedSandbox } from '../helpers/watched-sandbox.ts'

const TEXT = new TextEncoder().encode('a small file')

describe('a context menu', () => {
  let sandbox: WatchedSandbox
  let client: Client<true>
  let ada: Member
  let lin: Member

  before(async () => {
    sandbox = await startWatchedSandbox({ rateLimits: 'off' })
    client = await logIn(sandbox)
    await client.application.commands.set([
      { name: 'Describe', type: ApplicationCommandType.Message },
      { name: 'Who is it', type: ApplicationCommandType.User },
    ])
    ada = await Member.connect(sandbox.url)
    lin = await Member.connect(sandbox.url, 'lin')
  })

  after(async () => {
    ada.close()
    lin.close()
    await client.destroy()
    await sandbox.close()
  })

  it('hands over the message, content and all, without the intent', async () => {
    const message = await lin.upload({ name: 'cat.png', bytes: TEXT }, 'my cat')
    const arrived = nextInteraction(client, (given) => given.isMessageContextMenuCommand())
    const id = await ada.useMenu('Describe', message)
    const { targetMessage, commandName } = await arrived
    assert.equal(commandName, 'Describe')
    assert.equal(targetMessage.content, 'my cat')
    assert.equal(targetMessage.attachments.first()?.name, 'cat.png')
    await (await arrived).reply('a cat')
    const answer = await ada.answer(id)
    assert.equal(answer.type, 23)
    assert.equal(answer.message_reference?.message_id, message.id)
  })

  it('hands over the user with their membership', async () => {
    const arrived = nextInteraction(client, (given) => given.isUserContextMenuCommand())
    await ada.useMenu('Who is it', lin)
    const used = await arrived
    assert.equal(used.targetUser.username, 'lin')
    assert.equal(used.targetMember?.permissions !== undefined, true)
    await used.reply('Lin')
  })

  it('is not there for another kind of target', async () => {
    await assert.rejects(ada.useMenu('Describe', lin), /10063/)
  })
})
