/** The gateway: identify, events, resume, and the end of a session. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Events, GatewayIntentBits, Routes } from 'discord.js'
import { WebSocket } from 'ws'
import { rawText } from '../../../src/gateway/connection.ts'
import { logIn, typed } from '../../helpers/discord-client.ts'
import type { Contract } from '../contract.ts'
import { next, nextRaw } from '../stage.ts'
import type { Stage } from '../stage.ts'

/** Longest wait for a socket to close, in milliseconds. */
const PATIENCE_MS = 20_000

const { Guilds, GuildMessages, MessageContent, GuildMessageTyping } = GatewayIntentBits

/** Cases of the gateway. */
export function gatewayCases(contract: Contract): void {
  connectionCases(contract)
  closeCases(contract)
  sessionCases(contract)
  intentCases(contract)
}

const NOTHING: Heard['d'] = {}

type Heard = { readonly op: number; readonly t: string | null; readonly d: Record<string, unknown> }

/** Sends frames after hello; resolves with what was heard and the close code. */
async function talk(
  { sandbox }: Stage,
  frames: readonly (object | string)[],
  query = 'v=10&encoding=json',
) {
  const socket = new WebSocket(`${sandbox.gateway.url}?${query}`)
  const heard: Heard[] = []
  socket.on('message', (data) => heard.push(JSON.parse(rawText(data))))
  const closed = once(socket, 'close', { signal: AbortSignal.timeout(PATIENCE_MS) })
  await Promise.race([once(socket, 'message'), closed])
  for (const frame of frames) {
    socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }
  const [code] = await closed
  return { heard, code: Number(code) }
}

function identify({ sandbox }: Stage, d: object = {}): object {
  const properties = { os: 'linux', browser: 'test', device: 'test' }
  return { op: 2, d: { token: sandbox.token, intents: 1, properties, ...d } }
}

function connectionCases(contract: Contract): void {
  contract('tells where the gateway is', 'events/gateway#get-gateway-bot', async ({ rest }) => {
    const answer = await typed<{ url: string; shards: number; session_start_limit: object }>(
      rest.get(Routes.gatewayBot()),
    )
    assert.match(answer.url, /^ws:/)
    assert.equal(answer.shards, 1)
    assert.deepEqual(Object.keys(answer.session_start_limit).toSorted(), [
      'max_concurrency',
      'remaining',
      'reset_after',
      'total',
    ])
  })

  contract('says hello with a heartbeat interval', 'events/gateway#hello-event', async (stage) => {
    const { heard } = await talk(stage, ['broken'])
    assert.equal(heard[0]?.op, 10)
    assert.equal(typeof heard[0].d['heartbeat_interval'], 'number')
  })

  contract('acknowledges heartbeats', 'events/gateway#sending-heartbeats', async (stage) => {
    const { heard } = await talk(stage, [{ op: 1, d: null }, { op: 1, d: 3 }, 'broken'])
    assert.deepEqual(
      heard.map(({ op }) => op),
      [10, 11, 11],
    )
  })

  contract('answers identify with ready', 'events/gateway-events#ready', async (stage) => {
    const { heard } = await talk(stage, [identify(stage), 'broken'])
    const ready = heard.find(({ t }) => t === 'READY')
    assert.ok(ready)
    assert.equal(ready.d['v'], 10)
    for (const key of ['user', 'guilds', 'session_id', 'resume_gateway_url', 'application']) {
      assert.ok(ready.d[key], key)
    }
    assert.deepEqual(ready.d['guilds'], [{ id: stage.guild.id, unavailable: true }])
  })

  contract('then sends each guild', 'events/gateway-events#guild-create', async (stage) => {
    const { heard } = await talk(stage, [identify(stage), 'broken'])
    const { d } = heard.find(({ t }) => t === 'GUILD_CREATE') ?? { d: NOTHING }
    assert.equal(d['id'], stage.guild.id)
    for (const key of ['channels', 'members', 'threads', 'presences', 'voice_states', 'roles']) {
      assert.ok(Array.isArray(d[key]), key)
    }
    assert.ok(stage.guild.roles.everyone.permissions.has('SendMessages'))
    assert.equal(stage.guild.memberCount, stage.sandbox.world.guild.members.size)
  })
}

function closeCases(contract: Contract): void {
  const table: readonly {
    readonly code: number
    readonly what: string
    readonly frames: (stage: Stage) => readonly (object | string)[]
    readonly query?: string
  }[] = [
    { code: 4001, what: 'an unknown opcode', frames: () => [{ op: 42, d: null }] },
    { code: 4002, what: 'an invalid JSON', frames: () => ['{'] },
    { code: 4003, what: 'speaking before identifying', frames: () => [{ op: 3, d: {} }] },
    { code: 4004, what: 'a wrong token', frames: (s) => [identify(s, { token: 'x' })] },
    { code: 4005, what: 'identifying twice', frames: (s) => [identify(s), identify(s)] },
    {
      code: 4010,
      what: 'a shard beyond their number',
      frames: (s) => [identify(s, { shard: [1, 1] })],
    },
    { code: 4012, what: 'another version', frames: () => [], query: 'v=42&encoding=json' },
    {
      code: 4013,
      what: 'bits that are no intents',
      frames: (s) => [identify(s, { intents: 2 ** 30 })],
    },
  ]
  for (const { code, what, frames, query } of table) {
    contract(
      `closes with ${code} for ${what}`,
      'topics/opcodes-and-status-codes#gateway-gateway-close-event-codes',
      async (stage) => {
        assert.equal((await talk(stage, frames(stage), query)).code, code)
      },
    )
  }

  contract(
    'closes with 4008 after 120 frames in a minute',
    'events/gateway#rate-limiting',
    async (stage) => {
      const beats = Array.from({ length: 121 }, () => ({ op: 1, d: null }))
      const { code, heard } = await talk(stage, beats)
      assert.equal(code, 4008)
      assert.equal(heard.filter(({ op }) => op === 11).length, 120)
    },
  )

  contract(
    'cannot resume a session that is not known',
    'events/gateway#resuming',
    async (stage) => {
      const d = { token: stage.sandbox.token, session_id: 'unknown', seq: 1 }
      const { heard } = await talk(stage, [{ op: 6, d }, 'broken'])
      assert.deepEqual(
        heard.map(({ op, d }) => [op, op === 9 ? d : null]),
        [
          [10, null],
          [9, false],
        ],
      )
    },
  )
}

function sessionCases(contract: Contract): void {
  contract('replays what was missed on resume', 'events/gateway#resuming', async (stage) => {
    const { client, sandbox, ada } = stage
    const contents: string[] = []
    const heard = next(client, Events.MessageCreate, ({ content }) => {
      if (content.startsWith('missed')) {
        contents.push(content)
      }
      return content === 'missed two'
    })
    const resumed = next(client, Events.ShardResume)
    sandbox.gateway.drop()
    await ada.say('missed one')
    await ada.say('missed two')
    const [, replayed] = await resumed
    await heard
    assert.deepEqual(contents, ['missed one', 'missed two'])
    assert.ok(replayed >= 2)
  })

  contract('asks to reconnect', 'events/gateway-events#reconnect', async ({ client, sandbox }) => {
    const resumed = next(client, Events.ShardResume)
    sandbox.gateway.askToReconnect()
    await resumed
  })

  contract(
    'makes a client identify again when its session is invalid',
    'events/gateway-events#invalid-session',
    async ({ client, sandbox }) => {
      const before = new Set(sandbox.gateway.sessions.keys())
      const ready = nextRaw(client, 'READY')
      sandbox.gateway.invalidateSessions()
      const { session_id: id } = await ready
      assert.ok(!before.has(String(id)))
      assert.deepEqual([...sandbox.gateway.sessions.keys()], [id])
    },
  )
}

function intentCases(contract: Contract): void {
  contract(
    'sends only what the intents let through',
    'events/gateway#gateway-intents',
    async (stage) => {
      const client = await logIn(stage.sandbox, { intents: [Guilds, GuildMessageTyping] })
      const seen: string[] = []
      client.on('raw', ({ t }: { t: string | null }) => t !== null && seen.push(t))
      const typing = nextRaw(client, 'TYPING_START')
      await stage.general.send('unheard')
      await stage.general.sendTyping()
      assert.equal((await typing)['user_id'], stage.client.user.id)
      assert.deepEqual(seen, ['TYPING_START'])
      await client.destroy()
    },
  )

  contract(
    'empties content, attachments, embeds and components without Message Content',
    'events/gateway#message-content-intent',
    async (stage) => {
      const client = await logIn(stage.sandbox, { intents: [Guilds, GuildMessages] })
      const heard = next(client, Events.MessageCreate, ({ author }) => author.id === stage.ada.id)
      await stage.ada.upload({ name: 'a.txt', bytes: new Uint8Array(3) }, 'secret')
      const [message] = await heard
      assert.equal(message.content, '')
      assert.equal(message.attachments.size, 0)
      await client.destroy()
    },
  )

  contract(
    'lets the bot read its own messages and mentions without Message Content',
    'gateway/you-might-not-need-a-privileged-intent#exceptions-when-you-get-message-content-without-the-privileged-intent',
    async (stage) => {
      const client = await logIn(stage.sandbox, { intents: [Guilds, GuildMessages] })
      const text = `<@${client.user.id}> hello`
      const mention = next(client, Events.MessageCreate, ({ content }) => content === text)
      await stage.ada.say(text)
      await mention
      const own = next(client, Events.MessageCreate, ({ content }) => content === 'own words')
      await stage.general.send('own words')
      await own
      await client.destroy()
    },
  )

  contract(
    'lets it read replies that ping it, and no others',
    'gateway/you-might-not-need-a-privileged-intent#exceptions-when-you-get-message-content-without-the-privileged-intent',
    async (stage) => {
      const client = await logIn(stage.sandbox, { intents: [Guilds, GuildMessages] })
      const contents: string[] = []
      client.on(Events.MessageCreate, ({ content, author }) => {
        if (author.id === stage.ada.id) {
          contents.push(content)
        }
      })
      const own = await stage.general.send('ordinary')
      const second = next(client, Events.MessageCreate, () => contents.length === 2)
      await stage.ada.reply(own, 'with ping')
      await stage.ada.reply(own, 'without', false)
      await second
      assert.deepEqual(contents, ['with ping', ''])
      await client.destroy()
    },
  )

  contract(
    'hands out Message Content where it was asked for',
    'events/gateway#message-content-intent',
    async (stage) => {
      const client = await logIn(stage.sandbox, {
        intents: [Guilds, GuildMessages, MessageContent],
      })
      const heard = next(client, Events.MessageCreate, ({ author }) => author.id === stage.ada.id)
      await stage.ada.upload({ name: 'a.txt', bytes: new Uint8Array(3) }, 'open')
      const [message] = await heard
      assert.deepEqual([message.content, message.attachments.size], ['open', 1])
      await client.destroy()
    },
  )
}
