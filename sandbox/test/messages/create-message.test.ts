/** Messages: what may be in them, whom they ping, what an edit leaves, through discord.js's REST. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { MessageFlags, PermissionFlagsBits, Routes } from 'discord.js'
import type { APIMessage, REST } from 'discord.js'
import { Member } from '../../src/test-client/client.ts'
import { ManualClock } from '../../src/protocol/clock.ts'
import { restOf, typed } from '../helpers/discord-client.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'
import type { WatchedSandbox } from '../helpers/watched-sandbox.ts'
import { refusedAt } from '../helpers/refusals.ts'

const HOUR_MS = 60 * 60 * 1000
const BYTES = Buffer.from('a file')

const clock = new ManualClock(Date.now())
let sandbox: WatchedSandbox
let rest: REST
let ada: Member
let lin: Member

before(async () => {
  sandbox = await startWatchedSandbox({ clock, rateLimits: 'off' })
  rest = restOf(sandbox)
  ada = await Member.connect(sandbox.url)
  lin = await Member.connect(sandbox.url, 'lin')
})

after(async () => {
  ada.close()
  lin.close()
  await sandbox.close()
})

type Named = { readonly name: string; readonly data: Buffer }

function send(body: object, files: readonly Named[] = []): Promise<APIMessage> {
  return typed(rest.post(Routes.channelMessages(ada.channelId), { body, files: [...files] }))
}

function edit(id: string, body: object, files: readonly Named[] = []): Promise<APIMessage> {
  return typed(rest.patch(Routes.channelMessage(ada.channelId, id), { body, files: [...files] }))
}

function fileOf(name: string): Named {
  return { name, data: BYTES }
}

function pinged({ mentions, mention_roles: roles, mention_everyone: all }: APIMessage) {
  return { users: mentions.map(({ id }) => id), roles, all }
}

describe('a message', () => {
  it('is given back for its nonce when that is enforced, and sent again otherwise', async () => {
    const body = { content: 'once', nonce: 'n1', enforce_nonce: true }
    const first = await send(body)
    assert.equal(first.nonce, 'n1')
    assert.equal((await send({ ...body, content: 'twice' })).id, first.id)
    assert.notEqual((await send({ content: 'x', nonce: 'n1' })).id, first.id)
    assert.notEqual((await send({ ...body, nonce: 'n2' })).id, first.id)
    await refusedAt(sandbox, send({ content: 'x', nonce: 'n'.repeat(26) }), 'nonce', 'MAX_LENGTH')
  })

  it('carries a sticker, and refuses polls plainly', async () => {
    const [sticker] = (await send({ sticker_ids: ['749054660769218631'] })).sticker_items ?? []
    assert.equal(sticker?.name, 'Wave')
    await refusedAt(sandbox, send({ sticker_ids: ['1'] }), 'sticker_ids.0', 'STICKER')
    await refusedAt(sandbox, send({ content: 'x', poll: { question: {} } }), 'poll', 'no polls')
  })

  it('keeps the flags that may be set, and no others', async () => {
    const { suppressed, quiet } = { suppressed: 1 << 2, quiet: 1 << 12 }
    const { flags, id } = await send({ content: 'x', flags: suppressed | quiet | (1 << 6) | 1 })
    assert.equal(flags, suppressed | quiet)
    // An edit can take back what hides the embeds, and leaves the rest.
    assert.equal((await edit(id, { flags: 0 })).flags, quiet)
  })

  it('has up to ten files of 10 MiB', async () => {
    const many = Array.from({ length: 11 }, (_, i) => fileOf(`${i}.txt`))
    await refusedAt(sandbox, send({}, many), 'files', 'MAX_LENGTH')
    const large = { name: 'large.bin', data: Buffer.alloc(10 * 1024 * 1024 + 1) }
    await assert.rejects(send({}, [large]), { status: 413, code: 40005 })
  })

  it('waits its turn in slow mode, unless a bot sends it', async () => {
    const { world, url } = sandbox
    const channel = world.channel(ada.channelId)
    channel.slowmodeS = 10
    await lin.say('one')
    await assert.rejects(lin.say('two'), /20016/)
    const response = await fetch(`${url}/sandbox/messages?as=lin&channel=${channel.id}`, {
      method: 'POST',
      body: JSON.stringify({ content: 'two' }),
    })
    assert.equal(response.status, 429)
    assert.equal(JSON.parse(await response.text()).retry_after, 10)
    clock.advance(10_000)
    await lin.say('two')
    const bot = world.member(world.guild.id, world.application.bot.id)
    assert.ok(bot)
    const { roles } = bot
    bot.roles = []
    await send({ content: 'one' })
    await send({ content: 'two' })
    bot.roles = roles
    channel.slowmodeS = 0
  })

  it('is edited 30 times an hour once it is an hour old: 30046', async () => {
    const { id } = await send({ content: '0' })
    clock.advance(HOUR_MS + 1)
    for (let i = 1; i <= 30; i++) {
      await edit(id, { content: String(i) })
    }
    await assert.rejects(edit(id, { content: 'x' }), { code: 30046 })
    clock.advance(HOUR_MS)
    await edit(id, { content: 'again' })
  })

  it('of another is left alone, but for its embeds by a moderator', async () => {
    const { id } = await ada.say('https://example.com')
    await assert.rejects(edit(id, { content: 'x' }), { code: 50005 })
    assert.equal((await edit(id, { flags: MessageFlags.SuppressEmbeds })).flags, 4)
    await assert.rejects(lin.edit({ id }, 'x'), /50005/)
    await assert.rejects(lin.delete({ id }), /50013/)
  })

  it('needs the permissions for what is in it', async () => {
    const { world } = sandbox
    const everyone = world.guild.roles.get(world.guild.id)
    assert.ok(everyone)
    const before = everyone.permissions
    everyone.permissions = before & ~PermissionFlagsBits.AttachFiles
    await assert.rejects(ada.upload({ name: 'a.txt', bytes: BYTES }), /50013/)
    everyone.permissions = before & ~PermissionFlagsBits.ReadMessageHistory
    const { id } = await ada.say('x')
    await assert.rejects(ada.reply({ id }, 'y'), /160002/)
    everyone.permissions = before & ~PermissionFlagsBits.SendMessages
    await assert.rejects(ada.say('x'), /50013/)
    everyone.permissions = before
  })
})

describe('an attachment', () => {
  it('is kept, described again or removed by an edit', async () => {
    const files = [fileOf('a.txt'), fileOf('b.txt')]
    const { id, attachments } = await send({ content: 'x' }, files)
    const [a, b] = attachments
    assert.ok(a && b)
    assert.equal((await edit(id, { content: 'y' })).attachments.length, 2)
    const kept = await edit(id, { attachments: [{ id: b.id, description: 'B', is_spoiler: true }] })
    assert.deepEqual(
      kept.attachments.map((file) => [file.id, file.description, file.flags]),
      [[b.id, 'B', 8]],
    )
    assert.equal((await fetch(a.url)).status, 404)
    const grown = await edit(id, { attachments: [{ id: b.id }, { id: '0' }] }, [fileOf('c.txt')])
    assert.deepEqual(
      grown.attachments.map(({ filename }) => filename),
      ['b.txt', 'c.txt'],
    )
    await assert.rejects(edit(id, { content: '', attachments: [] }), { code: 50006 })
    await refusedAt(
      sandbox,
      edit(id, { attachments: [{ id: '1' }] }),
      'attachments.0.id',
      'NOT_FOUND',
    )
  })

  it('is a spoiler by its name or by its field, and has 1024 characters of text', async () => {
    const attachments = [{ id: 0, is_spoiler: true, description: 'x'.repeat(1024) }, { id: 1 }]
    const files = [fileOf('a.txt'), fileOf('SPOILER_b.txt')]
    const sent = await send({ attachments }, files)
    assert.deepEqual(
      sent.attachments.map(({ flags }) => flags),
      [8, 8],
    )
    const long = [{ id: 0, description: 'x'.repeat(1025) }]
    await refusedAt(
      sandbox,
      send({ attachments: long }, [fileOf('a.txt')]),
      'attachments.0.description',
      'MAX_LENGTH',
    )
  })
})

describe('allowed_mentions', () => {
  const all = { users: [] as string[], roles: [] as string[], all: false }

  it('is decided again at each edit', async () => {
    const content = `<@${ada.id}>`
    const sent = await send({ content, allowed_mentions: { parse: [] } })
    assert.deepEqual(pinged(sent), all)
    assert.deepEqual(pinged(await edit(sent.id, { content })), { ...all, users: [ada.id] })
  })

  it('names users and roles, or all of a kind, but not both', async () => {
    const role = [...sandbox.world.guild.roles.values()].find((r) => r.name === 'Moderator')!
    const content = `<@${ada.id}> <@${lin.id}> <@&${role.id}> @everyone`
    const mention = (allowed: object) => send({ content, allowed_mentions: allowed })
    assert.deepEqual(pinged(await mention({ users: [lin.id] })), { ...all, users: [lin.id] })
    assert.deepEqual(pinged(await mention({ roles: [role.id] })), { ...all, roles: [role.id] })
    assert.deepEqual(pinged(await mention({ parse: ['everyone'] })), { ...all, all: true })
    const both = { parse: ['users'], users: [lin.id] }
    await refusedAt(sandbox, mention(both), 'allowed_mentions', 'PARSE_EXCLUSIVE')
    await refusedAt(sandbox, mention({ parse: ['x'] }), 'allowed_mentions.parse.0', 'CHOICES')
    const tooMany = Array.from({ length: 101 }, (_, i) => `${i + 1}`)
    await refusedAt(sandbox, mention({ users: tooMany }), 'allowed_mentions.users', 'MAX_LENGTH')
  })

  it('lets everyone be called only by those who may', async () => {
    const role = sandbox.world.guild.roles.get(sandbox.world.guild.id)!
    const before = role.permissions
    role.permissions = before & ~PermissionFlagsBits.MentionEveryone
    assert.equal((await ada.say('@everyone')).mention_everyone, false)
    assert.equal((await send({ content: '@everyone' })).mention_everyone, true)
    role.permissions = before
  })
})

describe('a mention in code', () => {
  it('pings nobody', async () => {
    const everyone = { users: [ada.id], roles: [], all: false }
    const role = [...sandbox.world.guild.roles.values()].find((r) => r.name === 'Moderator')!
    const mentions = `<@${lin.id}> <@&${role.id}> @everyone`
    for (const code of [
      `\`${mentions}\``,
      `\`\`a \` ${mentions}\`\``,
      `\`\`\`ts\n${mentions}\n\`\`\``,
    ]) {
      assert.deepEqual(pinged(await send({ content: `<@${ada.id}> ${code}` })), everyone, code)
    }
    const open = `\` <@${lin.id}> and \`\`\`no end`
    assert.deepEqual(pinged(await send({ content: open })).users, [lin.id])
  })
})

describe('an embed', () => {
  it('is trimmed and kept to its limits', async () => {
    const embed = { title: ' t ', fields: [{ name: 'n', value: 'v' }], image: { url: 'x' } }
    await refusedAt(sandbox, send({ embeds: [embed] }), 'embeds.0.image.url', 'URL_TYPE_INVALID')
    const refused = (part: object, path: string, code: string) =>
      refusedAt(sandbox, send({ embeds: [part] }), path, code)
    await refused({ title: 'x'.repeat(257) }, 'embeds.0.title', 'MAX_LENGTH')
    await refused({ description: 'x'.repeat(4097) }, 'embeds.0.description', 'MAX_LENGTH')
    await refused({ footer: { text: 'x'.repeat(2049) } }, 'embeds.0.footer.text', 'MAX_LENGTH')
    await refused({ fields: [{ name: 'n' }] }, 'embeds.0.fields.0.value', 'REQUIRED')
    const field = { name: 'n', value: 'x'.repeat(1025) }
    await refused({ fields: [field] }, 'embeds.0.fields.0.value', 'BASE_TYPE')
    await refused({ title: 'x', color: 0x1_00_00_00 }, 'embeds.0.color', 'NUMBER_TYPE_MAX')
    await refused({}, 'embeds.0.description', 'REQUIRED')
    const large = { description: 'x'.repeat(3001) }
    await refusedAt(sandbox, send({ embeds: [large, large] }), 'embeds', 'MAX_EMBED_SIZE_EXCEEDED')
    const eleven = Array.from({ length: 11 }, () => ({ title: 'x' }))
    await refusedAt(sandbox, send({ embeds: eleven }), 'embeds', 'MAX_LENGTH')
  })

  it('shows an attachment, which is then not listed beside it, and stays through edits', async () => {
    const embeds = [{ title: 'x', image: { url: 'attachment://a.png' } }]
    const sent = await send({ embeds }, [fileOf('a.png')])
    assert.deepEqual(sent.attachments, [])
    assert.match(sent.embeds[0]?.image?.url ?? '', /^http/)
    const edited = await edit(sent.id, { content: 'y', attachments: [] })
    assert.equal((await fetch(edited.embeds[0]!.image!.url)).status, 200)
  })
})
