/** The state file: what is restored after a restart and after a kill. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { DatabaseSync } from 'node:sqlite'
import { DiscordAPIError, Events, Routes } from 'discord.js'
import type { APIMessage, ChatInputCommandInteraction } from 'discord.js'
import { Member } from '../../src/test-client/client.ts'
import { startSandbox } from '../../src/server.ts'
import type { Sandbox } from '../../src/server.ts'
import { StateFile } from '../../src/state/file.ts'
import { addReaction, readEmoji } from '../../src/messages/reactions.ts'
import { startThread } from '../../src/world/threads/threads.ts'
import { logIn, restOf, typed } from '../helpers/discord-client.ts'
import { PNG } from '../helpers/pictures.ts'

const PATIENCE_MS = 30_000

let folder: string
let stateFile: string
let count = 0

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandbox-state-'))
})

after(() => rm(folder, { recursive: true }))

beforeEach(() => {
  count += 1
  stateFile = join(folder, `${count}.sqlite`)
})

function general(sandbox: Sandbox) {
  const channel = [...sandbox.world.channels.values()].find(({ name }) => name === 'general')
  assert.ok(channel)
  return channel
}

/** Closes the sandbox and starts another with the same file. */
async function again(sandbox: Sandbox): Promise<Sandbox> {
  await sandbox.close()
  return startSandbox({ stateFile })
}

/** Starts a sandbox in a process of its own; `id` is that of #general. */
async function startProcess() {
  const module = new URL('../../src/server.ts', import.meta.url).href
  const script = `
    const { startSandbox } = await import(${JSON.stringify(module)})
    const { api, token, world } = await startSandbox({
      stateFile: ${JSON.stringify(stateFile)}, rateLimits: 'off',
    })
    const { id } = [...world.channels.values()][0]
    process.stdout.write(JSON.stringify({ api, token, id }))`
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', script])
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const [data] = await once(child.stdout!, 'data', { signal })
  const told: { api: string; token: string; id: string } = JSON.parse(String(data))
  return { ...told, process: child }
}

describe('a sandbox with a state file', () => {
  it('begins as any other, and with the same guild, people and bot the next time', async () => {
    const first = await startSandbox({ stateFile })
    const { guild, application, users } = first.world
    const second = await again(first)
    assert.deepEqual(second.world.guild, guild)
    assert.deepEqual(second.world.application.bot, application.bot)
    assert.deepEqual([...second.world.users.values()], [...users.values()])
    assert.deepEqual(
      [...second.world.channels.values()].map(({ name }) => name),
      ['general', 'memes', 'after-hours', 'mod-log'],
    )
    await second.close()
  })

  it('still has messages, edits, reactions and pins, and not what was deleted', async () => {
    const first = await startSandbox({ stateFile })
    const { id } = general(first)
    const rest = restOf(first)
    const send = (content: string) =>
      typed<APIMessage>(rest.post(Routes.channelMessages(id), { body: { content } }))
    const kept = await send('kept')
    const gone = await send('gone')
    await rest.patch(Routes.channelMessage(id, kept.id), { body: { content: 'kept, edited' } })
    await rest.put(Routes.channelMessagesPin(id, kept.id))
    await rest.delete(Routes.channelMessage(id, gone.id))
    const before = first.world.message(id, kept.id)
    addReaction(first.world, before, readEmoji('👍'), first.world.guild.ownerId)

    const second = await again(first)
    const path = Routes.channelMessage(id, kept.id)
    const message = await typed<APIMessage>(restOf(second).get(path))
    assert.deepEqual([message.content, message.pinned], ['kept, edited', true])
    assert.equal(message.reactions?.[0]?.count, 1)
    assert.deepEqual(second.world.message(id, kept.id), before)
    const lost = Routes.channelMessage(id, gone.id)
    await assert.rejects(restOf(second).get(lost), { code: 10008 })
    await second.close()
  })

  it('still has the previews of links, with their pictures', async () => {
    const first = await startSandbox({ stateFile, linkDelayMs: 0 })
    const ada = await Member.connect(first.url)
    const url = 'https://example.com/cat.png'
    await first.links.register(url, { pictures: [{ name: 'cat.png', bytes: PNG }] })
    const said = await ada.say(url)
    await ada.changed(said, ({ embeds }) => embeds.length === 1)
    ada.close()
    const second = await again(first)
    const path = Routes.channelMessage(said.channel_id, said.id)
    const { embeds } = await typed<APIMessage>(restOf(second).get(path))
    const response = await fetch(embeds[0]?.thumbnail?.proxy_url ?? '')
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), PNG)
    await second.close()
  })

  it('still serves files, by links given out before', async () => {
    const first = await startSandbox({ stateFile })
    const ada = await Member.connect(first.url)
    const bytes = new TextEncoder().encode('hello')
    const message = await ada.upload({ name: 'note.txt', bytes })
    ada.close()
    const second = await again(first)
    const link = message.attachments[0]!.url.replace(first.url, second.url)
    assert.equal(await (await fetch(link)).text(), 'hello')
    await restOf(second).delete(Routes.channelMessage(message.channel_id, message.id))
    const third = await again(second)
    assert.equal((await fetch(link.replace(second.url, third.url))).status, 404)
    await third.close()
  })

  it('still has roles, members, overwrites, threads, direct messages and the audit log', async () => {
    const first = await startSandbox({ stateFile })
    const { world } = first
    const rest = restOf(first)
    const [ada] = [...world.users.values()].filter(({ name }) => name === 'ada')
    const guild = world.guild.id
    const role = await typed<{ id: string }>(
      rest.post(Routes.guildRoles(guild), { body: { name: 'Painter' }, reason: 'art' }),
    )
    await rest.put(Routes.guildMemberRole(guild, ada!.id, role.id))
    const overwrite = Routes.channelPermission(general(first).id, role.id)
    await rest.put(overwrite, { body: { type: 0, allow: '0', deny: '2048' } })
    const by = { userId: ada!.id, reason: null }
    const thread = startThread(world, general(first), { name: 'ours', type: 11 }, by)
    const direct = await typed<{ id: string }>(
      rest.post(Routes.userChannels(), { body: { recipient_id: ada!.id } }),
    )
    const second = await again(first)
    const now = second.world
    assert.deepEqual(now.guild, world.guild)
    assert.deepEqual(now.member(guild, ada!.id)?.roles, [role.id])
    assert.deepEqual(general(second), general(first))
    assert.deepEqual(now.channel(thread.id), thread)
    assert.equal(now.directChannel(ada!.id).id, direct.id)
    assert.equal(now.guild.auditLog.find(({ reason }) => reason === 'art')?.targetId, role.id)
    await second.close()
  })

  it('keeps commands’ ids, and lets a token go on that was given out before', async () => {
    const first = await startSandbox({ stateFile })
    const client = await logIn(first)
    const commands = await client.application.commands.set([{ name: 'look', description: 'Looks' }])
    const ada = await Member.connect(first.url)
    const arrived = new Promise<ChatInputCommandInteraction>((resolve) => {
      client.once(Events.InteractionCreate, (given) => {
        if (given.isChatInputCommand()) {
          resolve(given)
        }
      })
    })
    ada.slash('look', {}).catch(() => {}) // its socket closes before the answer
    const interaction = await arrived
    await interaction.deferReply()
    ada.close()
    await client.destroy()

    const second = await again(first)
    const rest = restOf(second)
    const { applicationId } = interaction
    const known = await typed<{ id: string }[]>(rest.get(Routes.applicationCommands(applicationId)))
    assert.deepEqual(
      known.map(({ id }) => id),
      [...commands.keys()],
    )
    const original = Routes.webhookMessage(applicationId, interaction.token)
    const body = { content: 'after all' }
    const answer = await typed<APIMessage>(rest.patch(original, { body, auth: false }))
    assert.equal(answer.content, 'after all')
    const callback = Routes.interactionCallback(interaction.id, interaction.token)
    const late = rest.post(callback, { body: { type: 5 }, auth: false })
    await assert.rejects(late, { code: 40060 })
    const followUp = Routes.webhook(applicationId, interaction.token)
    await rest.post(followUp, { body: { content: 'and more' }, auth: false })
    await second.close()
  })

  it('takes the same client back, when it comes again on the same port', async () => {
    const first = await startSandbox({ stateFile })
    const client = await logIn(first)
    const { id } = general(first)
    await first.close()
    const ready = once(client, Events.ShardReady, { signal: AbortSignal.timeout(PATIENCE_MS) })
    const second = await startSandbox({ stateFile, port: Number(new URL(first.url).port) })
    await ready
    const channel = client.channels.cache.get(id)
    assert.ok(channel?.isSendable())
    const message = await channel.send('here again')
    assert.equal(second.world.message(id, message.id).content, 'here again')
    await client.destroy()
    await second.close()
  })

  it('still counts the edits of an old message', async () => {
    const first = await startSandbox({ stateFile, rateLimits: 'off' })
    const { id } = general(first)
    const rest = restOf(first)
    const message = await typed<APIMessage>(
      rest.post(Routes.channelMessages(id), { body: { content: '0' } }),
    )
    await first.close()
    const now = Date.now() + 3_600_001
    const clock = { now: () => now, after: () => () => {} }
    const edit = (sandbox: Sandbox, content: string) =>
      restOf(sandbox).patch(Routes.channelMessage(id, message.id), { body: { content } })
    const second = await startSandbox({ stateFile, clock })
    for (let i = 1; i <= 30; i++) {
      await edit(second, String(i))
    }
    await second.close()
    const third = await startSandbox({ stateFile, clock })
    const error = await edit(third, 'x').catch((reason: unknown) => reason)
    await third.close()
    assert.ok(error instanceof DiscordAPIError && error.code === 30046)
  })

  it('never gives an id twice, though the clock was set back', async () => {
    const first = await startSandbox({ stateFile })
    const last = first.world.addUser('late', 'Late').id
    first.world.addMember(first.world.guild, last)
    const now = Date.now()
    await first.close()
    const clock = { now: () => now - 3_600_000, after: () => () => {} }
    const second = await startSandbox({ stateFile, clock })
    assert.ok(BigInt(second.world.nextId()) > BigInt(last))
    await second.close()
  })
})

describe('a killed sandbox', () => {
  it('has all that it had answered for', async () => {
    const child = await startProcess()
    const rest = restOf(child)
    const { id } = child
    for (let i = 0; i < 20; i++) {
      await rest.post(Routes.channelMessages(id), { body: { content: `number ${i}` } })
    }
    child.process.kill('SIGKILL')
    await once(child.process, 'exit')
    const sandbox = await startSandbox({ stateFile })
    const contents = sandbox.world.history(id).map(({ content }) => content)
    assert.deepEqual(
      contents,
      Array.from({ length: 20 }, (_, i) => `number ${i}`),
    )
    await sandbox.close()
  })
})

describe('a state file', () => {
  it('is refused if it is not a database, or of another program', async () => {
    await writeFile(
      stateFile,
      'This is no database, and long enough to be taken for one.'.repeat(9),
    )
    await assert.rejects(startSandbox({ stateFile }), {
      name: 'StateFileError',
      message: `The sandbox’s state file ${stateFile} is not a database.`,
    })
    const foreign = `${stateFile}.foreign`
    const database = new DatabaseSync(foreign)
    database.exec('CREATE TABLE songs (name TEXT)')
    database.close()
    await assert.rejects(startSandbox({ stateFile: foreign }), /but not the sandbox’s state/)
  })

  it('is refused while another sandbox uses it, or in another version', async () => {
    const sandbox = await startSandbox({ stateFile })
    await assert.rejects(startSandbox({ stateFile }), /is in use by another process/)
    await sandbox.close()
    const database = new DatabaseSync(stateFile)
    database.exec('PRAGMA user_version = 99')
    database.close()
    await assert.rejects(startSandbox({ stateFile }), /of another version \(99, not 1\)/)
  })

  it('takes all of a transaction or nothing', () => {
    const file = new StateFile(stateFile)
    const failing = () =>
      file.transaction(() => {
        file.put('application', '0', { bot: null })
        throw new RangeError('halfway')
      })
    assert.throws(failing, /halfway/)
    assert.equal(file.load(), null)
    file.close()
  })
})
