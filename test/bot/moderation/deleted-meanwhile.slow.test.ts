/** Moderation leaves no record about what is deleted while it works on it. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, afterEach, before, beforeEach, describe, it, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { Events } from 'discord.js'
import { removeMember } from 'loopback-discord/members'
import { EN } from '../../../commands/i18n/en.ts'
import type { Model } from '../../../inference/contract/types.ts'
import { HashList } from '../../../bot/moderation/hashes/hash-list.ts'
import { RuleScores } from '../../../bot/moderation/rules/rule-scores.ts'
import { Pictures } from '../../../bot/pictures/pictures.ts'
import { button, deletePrivacy, scene, triangle } from '../../helpers/demo-bot.ts'
import { holdMethod, kept, leftOver, MODERATION } from '../../helpers/held-bot.ts'
import { type ModeratedServer, startModeratedServer } from '../../helpers/moderated-server.ts'
import { openDemoModel } from '../../helpers/shared-model.ts'

const { buttons, menus } = EN.moderation
const RULE = { name: 'red', question: 'is there a red circle?', threshold: 60 }
const REPOSTS = ['moderation-reposts', 'moderation-first']
const DELETED = /^Deleted: \d+ records? about you|^Nothing/
/** Time for what would go on after a deletion. */
const WORKING_MS = 1500
/** Time in which a deletion that does not wait would end. */
const ERASING_MS = 200

describe('moderation of what is deleted meanwhile', { timeout: 120_000 }, () => {
  let model: Model
  let server: ModeratedServer

  before(async () => {
    model = await openDemoModel()
  })
  after(() => model.close())
  beforeEach(async () => {
    server = await startModeratedServer({}, model)
    await server.setUp()
    server.ada.switchTo('memes')
  })
  afterEach(() => server.close())

  async function left(id: string): Promise<string[]> {
    await wait(WORKING_MS)
    return leftOver(server.demo, id, MODERATION)
  }

  async function leave(): Promise<string> {
    const { client } = server.demo.bot
    const { world } = server.sandbox
    const { id } = world.guild
    const gone = once(client, Events.GuildDelete)
    removeMember(world, world.guild, client.user.id)
    await gone
    await wait(ERASING_MS)
    return id
  }

  /** Holds a step of the work that `begin` starts, and leaves the server meanwhile. */
  async function assertNothingLeft(
    { reached, release }: ReturnType<typeof holdMethod>,
    begin: () => Promise<unknown>,
  ): Promise<void> {
    const begun = begin().catch(() => {}) // it is on the server, too
    await reached
    const id = await leave()
    await release()
    await begun
    assert.deepEqual(await left(id), [])
  }

  /** Holds a step of the work that `begin` starts, and deletes the person's data meanwhile. */
  async function deleteWhile(
    held: ReturnType<typeof holdMethod>,
    begin: () => Promise<unknown>,
    member = server.ada,
  ): Promise<void> {
    await begin()
    await held.reached
    const deleted = deletePrivacy(member)
    await wait(WORKING_MS)
    await held.release()
    assert.match((await deleted).content, DELETED)
  }

  const first = () => kept(server.demo, server.ada.channelId, ['moderation-first'])

  /** Posts a picture whose hash is stored then. */
  async function stored(t: TestContext): Promise<string> {
    const { id } = await server.ada.upload(triangle())
    while ((await first()).length === 0) {
      t.signal.throwIfAborted()
      await wait(10)
    }
    return id
  }

  describe('a server that is left', () => {
    it('while a picture is examined', async (t) => {
      const held = holdMethod(t, Pictures.prototype, 'decodeAll')
      await assertNothingLeft(held, () => server.ada.upload(scene()))
    })

    it('while a rule scores a picture', async (t) => {
      await server.mo.slash('moderation rule add', RULE)
      const held = holdMethod(t, RuleScores.prototype, 'of')
      await assertNothingLeft(held, () => server.ada.upload(scene()))
    })

    it('while a case is carried out', async (t) => {
      await server.post(scene())
      const caseMessage = await server.aCase(/red circle/)
      const held = holdMethod(t, HashList.prototype, 'put')
      await assertNothingLeft(held, () =>
        server.mo.press(caseMessage, button(caseMessage, buttons.confirm)),
      )
    })

    it('while a picture is compared with earlier ones', async (t) => {
      await server.mo.slash('moderation reposts', { channel: server.ada.channelId })
      const held = holdMethod(t, Pictures.prototype, 'fingerprintAll')
      await assertNothingLeft(held, () => server.ada.upload(scene()))
    })

    it('while a command adds a picture to the list', async (t) => {
      const held = holdMethod(t, HashList.prototype, 'putOne')
      await assertNothingLeft(held, async () => {
        void server.mo.slash('moderation hash add', { image: scene() }).catch(() => {})
      })
    })
  })

  describe('a person who deletes their data', () => {
    it('while their picture is examined: it is removed all the same', async (t) => {
      await server.setUp({ mode: 'act' })
      server.mo.switchTo('memes')
      await server.mo.menu(
        menus.mark,
        await (await server.join('lin', { channel: 'memes' })).upload(scene()),
      )
      const held = holdMethod(t, Pictures.prototype, 'decodeAll')
      let posted = { id: '' }
      await deleteWhile(held, async () => {
        posted = await server.ada.upload(scene('again.png'))
      })
      await server.ada.until(({ type, id }) => type === 'deleted' && id === posted.id)
      assert.deepEqual(await left(server.ada.id), [])
    })

    it('while a rule scores their picture: it is not scored', async (t) => {
      await server.mo.slash('moderation rule add', RULE)
      const held = holdMethod(t, RuleScores.prototype, 'of')
      await server.ada.upload(scene())
      await held.reached
      // It does not wait for the model.
      assert.match((await deletePrivacy(server.ada)).content, DELETED)
      await held.release()
      assert.deepEqual(await left(server.ada.id), [])
    })

    it('while a command of theirs adds a picture to the list', async (t) => {
      const held = holdMethod(t, HashList.prototype, 'putOne')
      const { mo } = server
      await deleteWhile(held, () => mo.use('moderation hash add', { image: scene() }), mo)
      assert.deepEqual(await left(mo.id), [])
    })

    it('while the case about them is carried out', async (t) => {
      await server.post(scene())
      const caseMessage = await server.aCase(/red circle/)
      const held = holdMethod(t, HashList.prototype, 'setWords')
      await deleteWhile(held, () =>
        server.mo.press(caseMessage, button(caseMessage, buttons.confirm)),
      )
      assert.deepEqual(await left(server.ada.id), [])
    })
  })

  describe('hashes of reposts', () => {
    beforeEach(async () => {
      await server.mo.slash('moderation reposts', { channel: server.ada.channelId })
    })

    it('are deleted with their message', async (t) => {
      const id = await stored(t)
      await server.ada.delete({ id })
      assert.deepEqual(await leftOver(server.demo, id, REPOSTS), [])
    })

    it('are deleted with their channel, which is no longer in the settings', async (t) => {
      await stored(t)
      const { channelId } = server.ada
      const { world } = server.sandbox
      world.removeChannel(world.channels.get(channelId)!)
      assert.deepEqual(await leftOver(server.demo, channelId, REPOSTS), [])
    })

    it('are not stored of a message that is deleted while it is compared', async (t) => {
      const held = holdMethod(t, Pictures.prototype, 'fingerprintAll')
      const message = await server.ada.upload(triangle())
      await held.reached
      await server.ada.delete(message)
      await wait(ERASING_MS)
      await held.release()
      await wait(ERASING_MS)
      assert.deepEqual(await leftOver(server.demo, message.id, REPOSTS), [])
    })

    it('are not stored once it is turned off, of a picture that is compared just then', async (t) => {
      const held = holdMethod(t, Pictures.prototype, 'fingerprintAll')
      await server.ada.upload(triangle())
      await held.reached
      const off = server.mo.slash('moderation reposts', { channel: server.ada.channelId })
      await wait(ERASING_MS)
      await held.release()
      await off
      await wait(ERASING_MS)
      assert.deepEqual(await first(), [])
    })
  })
})
