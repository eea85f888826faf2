/** The fields of a message with and without the Message Content intent. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  ApplicationCommandType,
  Client,
  Events,
  GatewayIntentBits,
  MessageFlags,
  Partials,
} from 'discord.js'
import type { Message } from 'discord.js'
import { Member } from '../../src/test-client/client.ts'
import type { Sandbox } from '../../src/server.ts'
import { PNG } from '../helpers/pictures.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'

const { Guilds, GuildMessages, DirectMessages } = GatewayIntentBits
const NOTE = { name: 'note.txt', bytes: new Uint8Array(3) }

describe('without the intent', () => {
  let sandbox: Sandbox
  let client: Client<true>
  let ada: Member

  before(async () => {
    sandbox = await startWatchedSandbox({ messageContent: false, rateLimits: 'off' })
    client = new Client({
      intents: [Guilds, GuildMessages, DirectMessages],
      partials: [Partials.Channel],
      rest: { api: sandbox.api },
    })
    const ready = new Promise<Client<true>>((resolve) => client.once(Events.ClientReady, resolve))
    await client.login(sandbox.token)
    await ready
    ada = await Member.connect(sandbox.url)
  })

  after(async () => {
    ada.close()
    await client.destroy()
    await sandbox.close()
  })

  /** The message of another user that the bot receives while `act` runs. */
  async function heard(act: () => Promise<unknown>): Promise<Message> {
    const message = new Promise<Message>((resolve) => {
      const listener = (given: Message) => {
        if (given.author.id === client.user.id) {
          return
        }
        client.off(Events.MessageCreate, listener)
        resolve(given)
      }
      client.on(Events.MessageCreate, listener)
    })
    await act()
    return message
  }

  function mention(): string {
    return `<@${client.user.id}>`
  }

  it('a message is empty, by the gateway and by REST', async () => {
    const message = await heard(() => ada.upload(NOTE, 'look'))
    assert.deepEqual([message.content, message.attachments.size], ['', 0])
    const fetched = await message.fetch(true)
    assert.deepEqual([fetched.content, fetched.attachments.size], ['', 0])
  })

  it('a message that mentions the bot is not, though the one it replies to stays empty', async () => {
    const first = await ada.upload(NOTE, 'look')
    const raw = new Promise<{ readonly referenced_message: object }>((resolve) => {
      const listener = ({ t, d }: { t: string; d: { referenced_message: object } }) => {
        if (t !== 'MESSAGE_CREATE') {
          return
        }
        client.off('raw', listener)
        resolve(d)
      }
      client.on('raw', listener)
    })
    const message = await heard(() => ada.reply(first, `${mention()} what is it?`))
    assert.equal(message.content, `${mention()} what is it?`)
    const { content, attachments } = Object(await raw).referenced_message
    assert.deepEqual([content, attachments], ['', []])
  })

  it('the update that brings a preview is, and the message itself is not', async () => {
    const url = 'https://example.com/cat.png'
    await sandbox.links.register(url, { pictures: [{ name: 'cat.png', bytes: PNG }] })
    const updated = new Promise<{ readonly id: string; readonly embeds: readonly object[] }>(
      (resolve) => {
        client.on('raw', ({ t, d }) => t === 'MESSAGE_UPDATE' && resolve(d))
      },
    )
    const message = await heard(() => ada.say(`${mention()} ${url}`))
    const { id, embeds } = await updated
    assert.deepEqual([id, embeds], [message.id, []])
    assert.equal((await message.fetch(true)).embeds.length, 1)
  })

  it('a message in a direct channel is not', async () => {
    const channel = sandbox.world.directChannel(ada.id)
    const there = await Member.connect(sandbox.url, 'ada', channel.id)
    const message = await heard(() => there.upload(NOTE, 'psst'))
    assert.deepEqual([message.content, message.attachments.size], ['psst', 1])
    there.close()
  })

  it('what a forward shows is empty too', async () => {
    const first = await ada.upload(NOTE, 'look')
    const forward = await heard(() => act(ada, 'forward', { message_id: first.id }))
    const snapshot = forward.messageSnapshots.first()
    assert.ok(snapshot)
    assert.deepEqual([snapshot.content, snapshot.attachments.size], ['', 0])
  })

  it('the bot’s own messages are not', async () => {
    const channel = client.channels.cache.get(ada.channelId)
    assert.ok(channel?.isSendable())
    const sent = await channel.send({
      content: 'mine',
      files: [{ attachment: Buffer.alloc(3), name: 'a.txt' }],
    })
    const fetched = await sent.fetch(true)
    assert.deepEqual([fetched.content, fetched.attachments.size], ['mine', 1])
  })

  it('the target of a message’s context menu is not', async () => {
    await client.application.commands.set([{ name: 'Look', type: ApplicationCommandType.Message }])
    await ada.commands('Look')
    const first = await ada.upload(NOTE, 'look')
    const used = new Promise<Message>((resolve) => {
      client.once(Events.InteractionCreate, (interaction) => {
        if (!interaction.isMessageContextMenuCommand()) {
          return
        }
        void interaction.reply({ content: 'seen', flags: MessageFlags.Ephemeral })
        resolve(interaction.targetMessage)
      })
    })
    await act(ada, 'menu', { name: 'Look', target_id: first.id })
    const target = await used
    assert.deepEqual([target.content, target.attachments.size], ['look', 1])
  })

  /** Acts through the members API, in general. */
  async function act(member: Member, name: string, body: object): Promise<void> {
    const query = `as=${member.id}&channel=${member.channelId}`
    const whole = { to: member.channelId, ...body }
    const response = await fetch(`${sandbox.url}/sandbox/${name}?${query}`, {
      method: 'POST',
      body: JSON.stringify(whole),
    })
    assert.equal(response.status, 200, await response.text())
  }
})
