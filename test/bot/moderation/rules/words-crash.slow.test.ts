/** A process killed at every write of a wave that words give away: one case has every message. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { type Client, Events, type Message } from 'discord.js'
import { pino } from 'pino'
import { startSandbox, type Sandbox } from 'loopback-discord'
import { connect } from '../../../../bot/discord/client.ts'
import { Deletions } from '../../../../bot/memory/deletions.ts'
import { postingsSpace } from '../../../../bot/moderation/hashes/postings.ts'
import { Moderation } from '../../../../bot/moderation/moderation.ts'
import { GuildModeration } from '../../../../bot/moderation/settings.ts'
import { createPictureFetcher, type PictureFetcher } from '../../../../bot/pictures/download.ts'
import { Pictures } from '../../../../bot/pictures/pictures.ts'
import { openStore } from '../../../../bot/store/store.ts'
import type { Store } from '../../../../bot/store/types.ts'
import { DEFAULT_MODERATION } from '../../../../commands/moderation/settings.ts'
import { findModel } from '../../../../config/models.ts'
import { openModel } from '../../../../inference/model.ts'
import type { Model } from '../../../../inference/contract/types.ts'
import { Killed, Life, mortalStore } from '../../../helpers/mortal-store.ts'
import { casinoPicture } from '../../../helpers/word-pictures.ts'
import { connectMember } from '../../../helpers/members.ts'

const log = pino({ level: 'silent' })

describe('a wave by words whose process is killed', { timeout: 300_000 }, () => {
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
    guildId = [...sandbox.world.guilds.keys()][0] ?? ''
    logChannel = [...sandbox.world.channels.values()].find(({ name }) => name === 'mod-log')!.id
    const guilds = new GuildModeration(store)
    await guilds.change(guildId, () => ({ ...DEFAULT_MODERATION, logChannel, mode: 'log' }))
    const rules = born(new Life(Infinity)).rules.service()
    const subject = { kind: 'words', list: 'scams', file: null, words: '' } as const
    const settings = { action: 'flag', precision: 0.95, timeoutMinutes: 0 } as const
    const where = { channels: [], ageRestricted: false }
    await rules.put(guildId, { name: 'scams', subject, threshold: null, ...settings, ...where })
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
    const deps = {
      store: mortalStore(store, life),
      model,
      pictures,
      deletions: new Deletions(),
      fetchPicture,
      log,
      deferred: noCommands,
    }
    return new Moderation(client, deps)
  }

  /** Two messages of one wave, by someone new. */
  async function wave(): Promise<Message[]> {
    const { world } = sandbox
    count += 1
    const { id } = world.addUser(`someone${count}`, `Someone ${count}`)
    world.addMember(world.guilds.get(guildId)!, id)
    const member = await connectMember(sandbox.url, `someone${count}`)
    const messages: Message[] = []
    for (const seed of [1, 2]) {
      const heard = once(client, Events.MessageCreate)
      await member.upload(await casinoPicture(seed))
      const [message]: Message[] = await heard
      assert.ok(message)
      messages.push(message)
    }
    member.close()
    return messages
  }

  it('has one case with what was noted of it, at any moment of the kill', async () => {
    let ended = false
    for (let moment = 1; !ended; moment++) {
      const [one, other] = await wave()
      await examine(born(new Life(Infinity)), one!)
      const life = new Life(moment)
      const first = born(life)
      await examine(first, other!)
      ended = life.moments < moment
      const second = born(new Life(Infinity))
      await second.resume()
      await second.executor.settle()
      const at = `moment ${moment}`
      const records = await second.executor.records.ofMember(guildId, one!.author.id)
      assert.equal(records.length, 1, at)
      const [record] = records
      const key = `${guildId}/${one!.author.id}`
      const noted = (await postingsSpace(store).get(key)) ?? []
      const inCase = noted.filter(({ caseId }) => caseId !== null).map(({ messageId }) => messageId)
      assert.deepEqual(
        record?.copies.map(({ messageId }) => messageId).toSorted(),
        inCase.toSorted(),
        at,
      )
      assert.equal(inCase.length === 2 || !ended, true, at)
      const posted = sandbox.world
        .history(logChannel)
        .filter(({ content }) => content.startsWith('**Case') && content.includes(one!.id))
      assert.equal(posted.length, 1, at)
      for (const id of inCase) {
        assert.match(posted[0]!.content, new RegExp(id), at)
      }
      assert.match(posted[0]!.content, /Words in it: \|\|Withdrawal/, at)
    }
  })
})

/** Examines a message; what fails, except for a kill, is a bug. */
async function examine(moderation: Moderation, message: Message): Promise<void> {
  await moderation.onMessage(message).catch((error: unknown) => {
    if (!(error instanceof Killed)) {
      throw error
    }
  })
  await moderation.rules.settle()
  await moderation.executor.settle()
}

/** Nobody uses a command here. */
async function noCommands(): Promise<void> {}
