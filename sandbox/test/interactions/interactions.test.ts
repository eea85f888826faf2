/** The clocks and the once-only rule of interactions, with a clock that the test moves. */

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { Events, MessageFlags } from 'discord.js'
import type { APIMessage, Client, ChatInputCommandInteraction } from 'discord.js'
import { Member } from '../../src/test-client/client.ts'
import { ManualClock } from '../../src/protocol/clock.ts'
import { logIn } from '../helpers/discord-client.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'
import type { WatchedSandbox } from '../helpers/watched-sandbox.ts'

const MINUTE_MS = 60_000

describe('an interaction', () => {
  const clock = new ManualClock(Date.now())
  let sandbox: WatchedSandbox
  let client: Client<true>
  let ada: Member
  let lin: Member
  let interaction: ChatInputCommandInteraction
  let answer: Promise<APIMessage>

  before(async () => {
    sandbox = await startWatchedSandbox({ clock })
    client = await logIn(sandbox)
    await client.application.commands.set([{ name: 'look', description: 'Looks' }])
    ada = await Member.connect(sandbox.url)
    lin = await Member.connect(sandbox.url, 'lin')
  })

  beforeEach(async () => {
    const arrived = new Promise<ChatInputCommandInteraction>((resolve) => {
      client.once(Events.InteractionCreate, (given) => {
        if (given.isChatInputCommand()) {
          resolve(given)
        }
      })
    })
    answer = ada.slash('look', {})
    answer.catch(() => {}) // each test looks at it in its own time
    interaction = await arrived
  })

  after(async () => {
    ada.close()
    lin.close()
    await client.destroy()
    await sandbox.close()
  })

  it('is answered at once', async () => {
    await interaction.reply('hello')
    const { content, type, interaction_metadata: origin } = await answer
    assert.equal(content, 'hello')
    assert.equal(type, 20)
    assert.equal(origin?.user.id, ada.id)
  })

  it('is deferred, seen as waiting, and then filled in', async () => {
    const { resource } = await interaction.deferReply({ withResponse: true })
    const waiting = resource?.message
    assert.ok(waiting)
    assert.ok(waiting.flags.has(MessageFlags.Loading))
    await ada.until((told) => told.message?.id === waiting.id)
    clock.advance(10 * MINUTE_MS)
    const filled = await interaction.editReply('done')
    assert.equal(filled.id, waiting.id)
    assert.equal((await answer).content, 'done')
    assert.equal((await interaction.fetchReply()).content, 'done')
  })

  it('gives a deferred answer through the first follow-up, and a new message by the second', async () => {
    await interaction.deferReply()
    const first = await interaction.followUp('first')
    assert.equal(first.id, (await answer).id)
    const second = await interaction.followUp('second')
    assert.notEqual(second.id, first.id)
  })

  it('shows an ephemeral answer to the person alone', async () => {
    await interaction.reply({ content: 'quiet', flags: MessageFlags.Ephemeral })
    const { id } = await answer
    const after = await ada.say('for all')
    await lin.until((told) => told.message?.id === after.id)
    assert.ok(lin.events.every((told) => told.message?.id !== id))
    const route = `/channels/${ada.channelId}/messages/${id}` as const
    await assert.rejects(client.rest.get(route), { code: 10008 })
    await assert.rejects(ada.reply({ id }, 'why?'), /MESSAGE_REFERENCE_UNKNOWN_MESSAGE/)
    await interaction.deleteReply()
    await ada.until((told) => told.type === 'deleted' && told.id === id)
  })

  it('is answered once: 40060', async () => {
    await interaction.reply('one')
    forgetAnswer(interaction)
    await assert.rejects(interaction.reply('two'), { status: 400, code: 40060 })
  })

  it('waits three seconds for its first answer and no longer: 10062', async () => {
    clock.advance(3001)
    await assert.rejects(answer, /did not respond/)
    await assert.rejects(interaction.reply('late'), { status: 404, code: 10062 })
  })

  it('has a token that lives fifteen minutes: 50027', async () => {
    await interaction.deferReply()
    clock.advance(15 * MINUTE_MS)
    await assert.rejects(interaction.editReply('late'), { status: 401, code: 50027 })
    assert.match((await answer).content, /did not respond/)
  })

  it('has no original before the first answer: 10015', async () => {
    await assert.rejects(interaction.webhook.fetchMessage('@original'), { code: 10015 })
    await interaction.reply('x')
    await assert.rejects(interaction.webhook.fetchMessage('1'), { code: 10008 })
  })

  it('keeps a refused answer open for a better one', async () => {
    const long = interaction.reply.bind(interaction, 'x'.repeat(2001))
    await assert.rejects(sandbox.wrongly(long), { code: 50035 })
    forgetAnswer(interaction)
    await interaction.reply('short')
    assert.equal((await answer).content, 'short')
  })
})

describe('a link to a file', () => {
  it('expires after a day, is renewed in the message, and cannot be made up', async () => {
    const clock = new ManualClock(Date.now())
    const sandbox = await startWatchedSandbox({ clock })
    const ada = await Member.connect(sandbox.url)
    const bytes = new TextEncoder().encode('hello')
    const { attachments } = await ada.upload({ name: 'note.txt', bytes })
    const { url } = attachments[0]!
    assert.equal((await fetch(url)).status, 200)
    assert.equal((await fetch(url.replace('hm=', 'hm=00'))).status, 404)
    clock.advance(24 * 60 * MINUTE_MS)
    assert.equal((await fetch(url)).status, 404)
    const later = await Member.connect(sandbox.url)
    const renewed = JSON.stringify(later.events[0]).match(/"url":"([^"]+)"/)?.[1]
    assert.equal(await (await fetch(renewed!)).text(), 'hello')
    ada.close()
    later.close()
    await sandbox.close()
  })
})

/** Makes discord.js forget that it answered, so that the server has to be the one to refuse. */
function forgetAnswer(interaction: ChatInputCommandInteraction): void {
  interaction.replied = false
  interaction.deferred = false
}
