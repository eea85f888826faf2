/** What the model keeps of pictures is deleted with them, whichever way. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Member } from 'loopback-discord/client'
import { removeMember } from 'loopback-discord/members'
import { EN } from '../../../commands/i18n/en.ts'
import {
  deletePrivacy,
  type DemoBot,
  hearts,
  scene,
  startDemoBot,
  withSuggestions,
  triangle,
} from '../../helpers/demo-bot.ts'

describe('deleting what the model keeps', { timeout: 120_000 }, () => {
  let demo: DemoBot
  let ada: Member
  let lin: Member

  before(async () => {
    demo = await startDemoBot({ SIGHTSEER_MODEL: 'demo' }) // its own, for what it caches
    ada = await demo.join('ada')
    lin = await demo.join('lin')
  })
  after(() => demo.close())

  /** Bytes that the engine keeps: image tokens, keys and values. */
  function kept(): number {
    const { images, conversations } = demo.bot.model.stats().caches
    return images.bytes + conversations.bytes
  }

  async function until(wanted: (bytes: number) => boolean): Promise<void> {
    while (!wanted(kept())) {
      await setTimeout(5)
    }
  }

  /** Describes a picture of someone and waits for the suggestions, which come last. */
  async function described(picture: ReturnType<typeof scene>) {
    const posted = await ada.upload(picture)
    const answer = await lin.menu(EN.commands.describeMenu, posted)
    await withSuggestions(lin, answer)
    await until((bytes) => bytes > 0)
    return { posted, answer }
  }

  it('with the message', async () => {
    const { posted } = await described(scene())
    await ada.delete(posted)
    await until((bytes) => bytes === 0)
  })

  it('with /memory forget', async () => {
    await described(hearts())
    const kit = await demo.join('kit')
    await kit.slash('memory forget', { what: 'channel' })
    assert.equal(kept(), 0)
    await described(triangle())
    await lin.slash('memory forget', { what: 'mine' })
    assert.equal(kept(), 0)
  })

  it('of a question, also where the picture is another’s', async () => {
    const { posted, answer } = await described(scene())
    await ada.answerTo(await ada.reply(answer, 'what color is the star?'))
    await ada.slash('memory forget', { what: 'mine' })
    assert.equal(demo.bot.model.stats().caches.conversations.bytes, 0)
    await ada.delete(posted)
    await until((bytes) => bytes === 0)
  })

  it('with /privacy delete, no matter who asked', async () => {
    await described(scene())
    await deletePrivacy(ada)
    assert.equal(kept(), 0)
  })

  it('at the end of what is asked by someone who opted out', async () => {
    await lin.slash('privacy opt-out')
    const posted = await lin.upload(scene())
    const runs = demo.bot.model.stats().stages.vision.runs
    await lin.menu(EN.commands.describeMenu, posted)
    await until((bytes) => bytes === 0)
    while (demo.bot.model.stats().stages.vision.runs === runs) {
      await setTimeout(5)
    }
    await until((bytes) => bytes === 0)
    await lin.slash('privacy opt-in')
  })

  it('while the model is at it', async (t) => {
    const posted = await ada.upload(scene())
    const gate = Promise.withResolvers<void>()
    const describe = demo.bot.model.describe.bind(demo.bot.model)
    const asked = t.mock.method(
      demo.bot.model,
      'describe',
      async (...given: Parameters<typeof describe>) => {
        await gate.promise
        return describe(...given)
      },
    )
    const answering = lin.menu(EN.commands.describeMenu, posted)
    while (asked.mock.callCount() === 0) {
      await setTimeout(5)
    }
    const forget = t.mock.method(demo.bot.model, 'forget')
    await ada.delete(posted)
    while (forget.mock.callCount() === 0) {
      await setTimeout(5)
    }
    gate.resolve()
    assert.equal((await answering).content, EN.errors['conversation/deleted'])
    assert.equal(kept(), 0)
  })

  it('with the server', async () => {
    await described(triangle())
    const { world } = demo.sandbox
    removeMember(world, world.guild, demo.bot.client.user.id)
    await until((bytes) => bytes === 0)
  })
})
