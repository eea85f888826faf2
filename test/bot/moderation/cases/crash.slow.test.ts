/** A process killed at every write of a case: no step is lost, and no step is done twice. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { type Client, Events, type Message } from 'discord.js'
import { pino } from 'pino'
import { startSandbox, type Sandbox } from 'loopback-discord'
import { connect } from '../../../../bot/discord/client.ts'
import { Deletions } from '../../../../bot/memory/deletions.ts'
import { decided } from '../../../../bot/moderation/cases/case.ts'
import { ModerationActions } from '../../../../bot/moderation/cases/discord-actions.ts'
import { GuildModeration } from '../../../../bot/moderation/settings.ts'
import { Moderation } from '../../../../bot/moderation/moderation.ts'
import { fingerprintOf } from '../../../../bot/pictures/fingerprint.ts'
import { hashEntryOf } from '../../../../bot/moderation/hashes/hash-entry.ts'
import { HashList } from '../../../../bot/moderation/hashes/hash-list.ts'
import { createPictureFetcher, type PictureFetcher } from '../../../../bot/pictures/download.ts'
import { Pictures } from '../../../../bot/pictures/pictures.ts'
import { openStore } from '../../../../bot/store/store.ts'
import type { Store } from '../../../../bot/store/types.ts'
import { DEFAULT_MODERATION } from '../../../../commands/moderation/settings.ts'
import { findModel } from '../../../../config/models.ts'
import { openModel } from '../../../../inference/model.ts'
import type { Model } from '../../../../inference/contract/types.ts'
import { scene } from '../../../helpers/demo-bot.ts'
import { Life, Killed, mortalStore } from '../../../helpers/mortal-store.ts'
import { connectMember } from '../../../helpers/members.ts'

const log = pino({ level: 'silent' })

/** Discord as a process with that life has it. */
class MortalActions extends ModerationActions {
  readonly #life: Life

  constructor(client: Client, life: Life) {
    super(client)
    this.#life = life
  }

  override post(...args: Parameters<ModerationActions['post']>) {
    return this.#life.write(() => super.post(...args))
  }

  override edit(...args: Parameters<ModerationActions['edit']>) {
    return this.#life.write(() => super.edit(...args))
  }

  override delete(...args: Parameters<ModerationActions['delete']>) {
    return this.#life.write(() => super.delete(...args))
  }

  override timeOut(...args: Parameters<ModerationActions['timeOut']>) {
    return this.#life.write(() => super.timeOut(...args))
  }

  override direct(userId: string) {
    return this.#life.write(() => super.direct(userId))
  }
}

/** Lives until the moment, then is killed; what else happens is a bug. */
async function live(work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => {
    if (!(error instanceof Killed)) {
      throw error
    }
  })
}

describe('a case whose process is killed', { timeout: 300_000 }, () => {
  let sandbox: Sandbox
  let client: Client<true>
  let store: Store
  let model: Model
  let fetchPicture: PictureFetcher
  let guildId: string
  let logChannel: string
  let count = 0

  before(async () => {
    sandbox = await startSandbox({ rateLimits: 'off' })
    client = await connect({ token: sandbox.token, api: sandbox.api, log, listen: () => {} })
    store = await openStore({ url: 'memory:', log })
    model = await openModel(findModel('demo'), { threads: 1 })
    fetchPicture = createPictureFetcher({ origins: [sandbox.cdn] })
    const [guild] = sandbox.world.guilds.values()
    guildId = guild!.id
    const channels = [...sandbox.world.channels.values()]
    logChannel = channels.find(({ name }) => name === 'mod-log')!.id
  })
  after(async () => {
    await client.destroy()
    await fetchPicture.close()
    await model.close()
    await store.close()
    await sandbox.close()
  })

  function born(life: Life): Moderation {
    const pictures = new Pictures({ client, fetchPicture, model, log })
    const mortal = mortalStore(store, life)
    const deletions = new Deletions()
    const around = { model, pictures, deletions, fetchPicture, log, deferred: noCommands }
    const deps = { store: mortal, ...around }
    return new Moderation(client, deps, new MortalActions(client, life))
  }

  /** A message with the picture, by someone new. */
  async function posted(): Promise<Message<true>> {
    const { world } = sandbox
    count += 1
    const { id } = world.addUser(`someone${count}`, `Someone ${count}`)
    world.addMember(world.guilds.get(guildId)!, id)
    const heard = once(client, Events.MessageCreate)
    const member = await connectMember(sandbox.url, `someone${count}`)
    await member.upload(scene())
    member.close()
    const [message]: Message[] = await heard
    assert.ok(message?.inGuild())
    return message
  }

  async function reset(mode: 'act' | 'approve'): Promise<void> {
    const guilds = new GuildModeration(store)
    await guilds.change(guildId, () => ({ ...DEFAULT_MODERATION, logChannel, mode }))
    const hashList = new HashList(store, guilds)
    await hashList.remove(guildId, () => true)
    if (mode === 'act') {
      const print = await fingerprintOf(scene().bytes)
      const decision = {
        verdict: 'confirmed',
        by: null,
        caseId: null,
        note: '',
        distance: 6,
      } as const
      await hashList.put(guildId, [hashEntryOf(print!, decision)])
    }
  }

  /** All traces of a case: in its server and in the direct messages of its member. */
  function traces({ id, author, channelId }: Message) {
    const { world } = sandbox
    const bot = client.user.id
    const own = (channel: string) => world.history(channel).filter((one) => one.authorId === bot)
    const direct = [...world.channels.values()].find(
      (one) => one.guildId === null && one.recipients.includes(author.id),
    )
    const cases = own(logChannel).filter(
      ({ content }) => content.startsWith('**Case') && content.includes(`/${id}`),
    )
    const number = /^\*\*Case (\d+)\*\*/.exec(cases[0]?.content ?? '')?.[1]
    const audit = world.guilds
      .get(guildId)!
      .auditLog.filter(({ reason }) => reason?.includes(` case ${number}:`) === true)
    return {
      cases,
      there: world.history(channelId).some((one) => one.id === id),
      told: direct ? own(direct.id).length : 0,
      deletions: audit.filter(({ action }) => action === 72).length,
      timeouts: audit.filter(({ action }) => action === 24).length,
    }
  }

  it('removes a known picture once, at any moment of the kill', async () => {
    let ended = false
    for (let moment = 1; !ended; moment++) {
      await reset('act')
      const message = await posted()
      const life = new Life(moment)
      const first = born(life)
      await live(() => first.onMessage(message))
      await first.executor.settle()
      ended = life.moments < moment
      const second = born(new Life(Infinity))
      await second.resume()
      await second.executor.settle()
      const record = await second.executor.records.of(guildId, message.id)
      const { cases, there, told, deletions, timeouts } = traces(message)
      if (moment === 1) {
        // Killed before its first write: it never received the message.
        assert.deepEqual([cases.length, there, told], [0, true, 0])
        continue
      }
      const at = `moment ${moment}`
      assert.deepEqual([cases.length, there, told], [1, false, 1], at)
      assert.deepEqual([deletions, timeouts], [1, 1], at)
      assert.equal(record?.state, 'confirmed', at)
      assert.deepEqual(
        record.steps.filter(({ done }) => !done),
        [],
        at,
      )
      assert.match(cases[0]!.content, /Removed: 1 of 1/, at)
      assert.match(cases[0]!.content, /What I see: .*red circle/, at)
    }
  })

  it('confirms and undoes once, at any moment of the kill', async () => {
    let ended = false
    for (let moment = 2; !ended; moment++) {
      await reset('approve')
      const message = await posted()
      const life = new Life(moment)
      const settings = { ...DEFAULT_MODERATION, logChannel, mode: 'approve' } as const
      const press = async (one: Moderation, action: 'confirm' | 'undo') => {
        const by = { action, by: '100000000000000001', now: Date.now() }
        await one.executor.change(guildId, message.id, (old) => old && decided(old, by, settings))
        await one.executor.carryOut(guildId, message.id)
      }
      const first = born(life)
      await live(async () => {
        await first.reports.reportMessage(message, '100000000000000002')
        await press(first, 'confirm')
        await press(first, 'undo')
      })
      await first.executor.settle()
      ended = life.moments < moment
      const second = born(new Life(Infinity))
      await second.resume()
      // The moderator sees an undecided case, and presses again.
      const before = await second.executor.records.of(guildId, message.id)
      if (before?.state === 'open') {
        await press(second, 'confirm')
      }
      await press(second, 'undo')
      await second.executor.settle()
      const { cases, there, told, deletions, timeouts } = traces(message)
      const at = `moment ${moment}`
      const record = await second.executor.records.of(guildId, message.id)
      assert.equal(record?.state, 'undone', at)
      assert.equal(cases.length, 1, at)
      assert.match(cases[0]!.content, /— undone/, at)
      assert.deepEqual(
        record.events.map(({ what }) => what),
        ['confirm', 'undo'],
        at,
      )
      // After an undo before the removal there is nothing to revert.
      assert.deepEqual([there, deletions], [deletions === 0, deletions], at)
      assert.ok(deletions <= 1 && [0, 2].includes(timeouts) && [0, 2].includes(told), at)
      assert.deepEqual(await new HashList(store, new GuildModeration(store)).list(guildId), [], at)
    }
  })

  it('is one record, even if two processes receive its message several times', async () => {
    await reset('act')
    const message = await posted()
    const two = [1, 2].map(() => born(new Life(Infinity)))
    const [one, other] = [two[0]!, two[1]!]
    await Promise.all([
      one.onMessage(message),
      other.onMessage(message),
      one.reports.reportMessage(message, '100000000000000002'),
      other.reports.reportMessage(message, '100000000000000003'),
      one.onMessageUpdate(message),
    ])
    await other.onMessage(message)
    await Promise.all(two.map(({ executor }) => executor.settle()))
    const records = await Array.fromAsync(one.executor.records.all.entries(`${guildId}/`))
    const about = records.filter(([, { copies }]) =>
      copies.some(({ messageId }) => messageId === message.id),
    )
    assert.deepEqual(
      about.map(([key]) => key),
      [`${guildId}/${message.id}`],
    )
    const { cases, there, told, deletions, timeouts } = traces(message)
    assert.deepEqual([cases.length, there, told, deletions, timeouts], [1, false, 1, 1, 1])
  })

  it('keeps one of two posts after Discord has dropped the nonce', async () => {
    await reset('approve')
    const message = await posted()
    const both = Promise.withResolvers<void>()
    let come = 0
    class ForgottenNonces extends ModerationActions {
      override async post(...[channelId, body, sent]: Parameters<ModerationActions['post']>) {
        come += 1
        if (come === 2) {
          both.resolve()
        }
        await both.promise
        return super.post(channelId, body, {
          ...sent,
          nonce: `${sent.nonce}${Math.random()}`.slice(0, 25),
        })
      }
    }
    const pictures = new Pictures({ client, fetchPicture, model, log })
    const deletions = new Deletions()
    const around = { model, pictures, deletions, fetchPicture, log, deferred: noCommands }
    const deps = { store, ...around }
    const two = [1, 2].map(() => new Moderation(client, deps, new ForgottenNonces(client)))
    await Promise.all(two.map((one) => one.reports.reportMessage(message, '100000000000000002')))
    await Promise.all(two.map((one) => one.executor.settle()))
    assert.equal(come, 2)
    const { cases } = traces(message)
    const record = await two[0]!.executor.records.of(guildId, message.id)
    assert.deepEqual(
      cases.map(({ id }) => id),
      [record?.log?.messageId],
    )
  })
})

/** Nobody presses a button here. */
async function noCommands(): Promise<void> {}
