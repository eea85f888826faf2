/** The gateway as discord.js lives with it: intents, resume, reconnect, a lost session. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, afterEach, before, describe, it } from 'node:test'
import { Events, GatewayIntentBits } from 'discord.js'
import type { Client, Message } from 'discord.js'
import { WebSocket } from 'ws'
import { Member } from '../../src/test-client/client.ts'
import { rawText } from '../../src/gateway/connection.ts'
import type { Sandbox } from '../../src/server.ts'
import { logIn } from '../helpers/discord-client.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'

const PATIENCE_MS = 20_000
const { Guilds, GuildMessages, MessageContent } = GatewayIntentBits

const clients: Client[] = []
let sandbox: Sandbox
let ada: Member

before(async () => {
  sandbox = await startWatchedSandbox()
  ada = await Member.connect(sandbox.url)
})

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.destroy()))
})

after(async () => {
  ada.close()
  await sandbox.close()
})

/** Logs in a client that is destroyed after the test. */
async function connect(intents: readonly GatewayIntentBits[], at = sandbox): Promise<Client<true>> {
  const client = await logIn(at, { intents: [...intents] })
  clients.push(client)
  return client
}

/** The next message the client hears that is not its own. */
function heard(client: Client): Promise<Message> {
  return new Promise((resolve) => {
    const listener = (message: Message) => {
      if (message.author.id === client.user?.id) {
        return
      }
      client.off(Events.MessageCreate, listener)
      resolve(message)
    }
    client.on(Events.MessageCreate, listener)
  })
}

/** Waits for an event of a shard. */
function shard(client: Client, event: Events.ShardReady | Events.ShardResume): Promise<void> {
  return new Promise((resolve) => {
    client.once(event, () => resolve())
  })
}

/** Sends frames after hello; resolves with the opcodes heard and the close code. */
async function talk(...frames: readonly (object | string)[]) {
  const socket = new WebSocket(`${sandbox.gateway.url}?v=10&encoding=json`)
  const opcodes: number[] = []
  socket.on('message', (data) => opcodes.push(JSON.parse(rawText(data)).op))
  await once(socket, 'message')
  for (const frame of frames) {
    socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }
  const [code] = await once(socket, 'close', { signal: AbortSignal.timeout(PATIENCE_MS) })
  return { opcodes, code }
}

function identify(d: object): object {
  return { op: 2, d: { token: sandbox.token, intents: 1, properties: {}, ...d } }
}

async function hears(client: Client, act: () => Promise<unknown>): Promise<Message> {
  const message = heard(client)
  await act()
  return message
}

describe('intents', () => {
  it('lets a bot with Message Content read everything', async () => {
    const client = await connect([Guilds, GuildMessages, MessageContent])
    const file = { name: 'a.txt', bytes: new Uint8Array(3) }
    const message = await hears(client, () => ada.upload(file, 'look'))
    assert.equal(message.content, 'look')
    assert.equal(message.attachments.size, 1)
    assert.equal(client.guilds.cache.first()?.name, 'Sandbox')
  })

  it('empties what a bot without it may not read', async () => {
    const client = await connect([Guilds, GuildMessages])
    const file = { name: 'a.txt', bytes: new Uint8Array(3) }
    const message = await hears(client, () => ada.upload(file, 'look'))
    assert.equal(message.content, '')
    assert.equal(message.attachments.size, 0)
  })

  it('lets it read where it is mentioned, and replies that ping it for an ordinary message', async () => {
    const client = await connect([Guilds, GuildMessages])
    const mention = `<@${client.user.id}> look`
    assert.equal((await hears(client, () => ada.say(mention))).content, mention)

    const channel = client.channels.cache.get(ada.channelId)
    assert.ok(channel?.isSendable())
    const own = await channel.send('ordinary')
    assert.equal((await hears(client, () => ada.reply(own, 'why?'))).content, 'why?')
    assert.equal((await hears(client, () => ada.reply(own, 'why?', false))).content, '')
  })

  it('hides a reply to an answer of a command, ping or not', async () => {
    const client = await connect([Guilds, GuildMessages])
    await client.application.commands.set([{ name: 'look', description: 'Looks' }])
    client.once(Events.InteractionCreate, (interaction) => {
      if (interaction.isChatInputCommand()) {
        void interaction.reply('seen')
      }
    })
    const answer = await ada.slash('look', {})
    const message = await hears(client, () => ada.reply(answer, 'why?'))
    assert.equal(message.content, '')
    assert.ok(message.mentions.has(client.user))
  })

  it('sends nothing of messages without their intent', async () => {
    const client = await connect([Guilds])
    const seen: string[] = []
    client.on('raw', ({ t }: { t: string | null }) => t && seen.push(t))
    await ada.say('unheard')
    await client.application.commands.set([{ name: 'look', description: 'Looks' }])
    client.once(Events.InteractionCreate, (interaction) => {
      if (interaction.isChatInputCommand()) {
        void interaction.reply('x')
      }
    })
    await ada.slash('look', {})
    assert.deepEqual(seen, ['INTERACTION_CREATE'])
  })

  it('refuses Message Content where the portal does not grant it: 4014', async () => {
    const strict = await startWatchedSandbox({ messageContent: false })
    await assert.rejects(connect([Guilds, MessageContent], strict), /disallowed intents/i)
    await connect([Guilds], strict)
    await Promise.all(clients.splice(0).map((client) => client.destroy()))
    await strict.close()
  })
})

describe('a session', () => {
  it('is resumed after the connection broke, with everything missed', async () => {
    const client = await connect([Guilds, GuildMessages, MessageContent])
    const contents: string[] = []
    client.on(Events.MessageCreate, (message) => contents.push(message.content))
    const resumed = shard(client, Events.ShardResume)
    sandbox.gateway.drop()
    await ada.say('missed one')
    await ada.say('missed two')
    await resumed
    assert.deepEqual(contents, ['missed one', 'missed two'])
    assert.equal(sandbox.gateway.sessions.size, 1)
  })

  it('is resumed when the gateway asks for it', async () => {
    const client = await connect([Guilds])
    const resumed = shard(client, Events.ShardResume)
    sandbox.gateway.askToReconnect()
    await resumed
  })

  it('identifies again when the gateway has lost the session', async () => {
    const client = await connect([Guilds])
    const ready = shard(client, Events.ShardReady)
    sandbox.gateway.invalidateSessions()
    await ready
    assert.equal(sandbox.gateway.sessions.size, 1)
  })
})

describe('a connection', () => {
  it('says hello, and acknowledges heartbeats', async () => {
    const { opcodes } = await talk({ op: 1, d: null }, 'broken')
    assert.deepEqual(opcodes, [10, 11])
  })

  it('is closed with the code of what was wrong', async () => {
    assert.equal((await talk('broken')).code, 4002)
    assert.equal((await talk({ op: 42 })).code, 4001)
    assert.equal((await talk({ op: 3, d: {} })).code, 4003)
    assert.equal((await talk(identify({ token: 'another' }))).code, 4004)
    assert.equal((await talk(identify({}), identify({}))).code, 4005)
    assert.equal((await talk(identify({ shard: [2, 1] }))).code, 4010)
    assert.equal((await talk(identify({ intents: 2 ** 30 }))).code, 4013)
  })

  it('cannot resume a session nobody knows', async () => {
    const d = { token: sandbox.token, session_id: 'unknown', seq: 1 }
    assert.deepEqual((await talk({ op: 6, d }, 'broken')).opcodes, [10, 9])
  })
})
