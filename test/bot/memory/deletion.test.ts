/**
 * What is deleted while the bot answers about it: at each step of the answer, and in each way that
 * there is to delete something, nothing is stored afterwards and nobody can ask about it.
 */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, afterEach, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { Events } from 'discord.js'
import { EN } from '../../../commands/i18n/en.ts'
import type { Member } from 'loopback-discord/client'
import { removeMember } from 'loopback-discord/members'
import { deletePrivacy, type DemoBot, startDemoBot, triangle } from '../../helpers/demo-bot.ts'
import { delivered, hold, holdDownload, idle, kept, leftOver } from '../../helpers/held-bot.ts'

const QUESTION = 'what color is the triangle?'
const REPLY = { method: 'POST', path: '/channels/:id/messages' } as const
const EDIT = { method: 'PATCH', path: '/webhooks/**' } as const

/** Where the bot is held while something is deleted. */
type Step = 'downloading' | 'describing' | 'asking' | 'delivering' | 'delivered' | 'suggesting'

/** A way to delete something while the bot answers about it. */
type Way = {
  readonly steps: readonly Step[]
  /** How the answer is sent. */
  readonly sent: typeof REPLY | typeof EDIT
  /** Begins; gives what deletes. */
  readonly begin: () => Promise<() => Promise<unknown>>
}

/** What the model is asked at a step. */
const HELD = {
  describing: 'describe',
  asking: 'ask',
  suggesting: 'ask',
} as const

const MESSAGE_STEPS = [
  'downloading',
  'describing',
  'delivering',
  'delivered',
  'suggesting',
] as const

describe('deleted while it is answered', () => {
  let demo: DemoBot
  let ada: Member
  let lin: Member
  let mo: Member
  let number = 0

  before(async () => {
    demo = await startDemoBot()
    ada = await demo.join('ada')
    lin = await demo.join('lin')
    mo = await demo.join('mo')
  })
  after(() => demo.close())
  afterEach(() => demo.sandbox.faults.clear())

  const ping = () => `<@${demo.bot.client.user.id}>`

  /** Everybody goes to a new channel. */
  function goToNewChannel(): string {
    const { world } = demo.sandbox
    const { id } = world.addChannel(world.guild, { name: `deleted-${(number += 1)}`, position: 9 })
    for (const member of [ada, lin, mo]) {
      member.switchTo(id)
    }
    return id
  }

  /** Deletes, and waits until the bot has heard of it. */
  async function heard(event: Events, remove: () => unknown): Promise<void> {
    const told = once(demo.bot.client, event)
    await remove()
    await told
  }

  async function channelIn(id: string) {
    const channel = await demo.bot.client.channels.fetch(id)
    assert.ok(channel && 'bulkDelete' in channel)
    return channel
  }

  const mention = () => ada.upload(triangle(), ping())

  const ways: Readonly<Record<string, Way>> = {
    'the message that asks': {
      steps: MESSAGE_STEPS,
      sent: REPLY,
      begin: async () => {
        const posted = await mention()
        return () => heard(Events.MessageDelete, () => ada.delete(posted))
      },
    },
    'many messages at once': {
      steps: MESSAGE_STEPS,
      sent: REPLY,
      begin: async () => {
        const other = await ada.say('another')
        const posted = await mention()
        const channel = await channelIn(ada.channelId)
        return () =>
          heard(Events.MessageBulkDelete, () => channel.bulkDelete([posted.id, other.id]))
      },
    },
    'another’s message, described by its menu': {
      steps: MESSAGE_STEPS,
      sent: EDIT,
      begin: async () => {
        const posted = await ada.upload(triangle())
        await lin.useMenu(EN.commands.describeMenu, posted)
        return () => heard(Events.MessageDelete, () => ada.delete(posted))
      },
    },
    'a picture in an alt-text channel': {
      steps: ['downloading', 'describing', 'delivering', 'delivered'],
      sent: REPLY,
      begin: async () => {
        const kit = await demo.join('kit')
        kit.switchTo(ada.channelId)
        await kit.slash('settings channel', { channel: kit.channelId, does: 'alt' })
        const posted = await ada.upload(triangle())
        return () => heard(Events.MessageDelete, () => ada.delete(posted))
      },
    },
    'the channel': {
      steps: MESSAGE_STEPS,
      sent: REPLY,
      begin: async () => {
        await mention()
        const { world } = demo.sandbox
        const channel = world.channels.get(ada.channelId)!
        return () => heard(Events.ChannelDelete, () => world.removeChannel(channel))
      },
    },
    'the thread': {
      steps: MESSAGE_STEPS,
      sent: REPLY,
      begin: async () => {
        const { world } = demo.sandbox
        const thread = world.channels.get(await ada.openThread('thread'))!
        await mention()
        return () => heard(Events.ThreadDelete, () => world.removeChannel(thread))
      },
    },
    '/memory forget channel': {
      steps: MESSAGE_STEPS,
      sent: REPLY,
      begin: async () => {
        await mention()
        return () => mo.slash('memory forget', { what: 'channel' })
      },
    },
    '/memory forget of what one asked': {
      steps: MESSAGE_STEPS,
      sent: REPLY,
      begin: async () => {
        await mention()
        return () => ada.slash('memory forget', { what: 'mine' })
      },
    },
    '/memory forget of one picture': {
      steps: ['asking', 'delivering', 'delivered'],
      sent: REPLY,
      begin: async () => {
        const described = await ada.slash('describe', { image: triangle() })
        const [choice] = await ada.autocomplete('memory forget', 'picture', {
          what: 'picture',
          picture: '',
        })
        await lin.reply(described, QUESTION)
        const picture = String(choice!.value)
        return () => ada.slash('memory forget', { what: 'picture', picture })
      },
    },
    '/privacy delete': {
      steps: MESSAGE_STEPS,
      sent: REPLY,
      begin: async () => {
        await mention()
        return () => deletePrivacy(ada)
      },
    },
    '/privacy opt-out': {
      steps: ['downloading', 'describing', 'delivering', 'delivered'],
      sent: REPLY,
      begin: async () => {
        await mention()
        return async () => {
          await ada.slash('privacy opt-out')
          await ada.slash('privacy opt-in')
        }
      },
    },
  }

  for (const [name, way] of Object.entries(ways)) {
    for (const step of way.steps) {
      it(`${name}, while ${step}`, async () => {
        const channelId = goToNewChannel()
        await deleteAt(demo, step, way)
        assert.deepEqual(await leftOver(demo, channelId), [])
        assert.deepEqual(await leftOver(demo, ada.channelId), [])
        if (demo.sandbox.world.channels.has(ada.channelId)) {
          lin.switchTo(ada.channelId)
          assert.equal((await lin.slash('memory show')).content, EN.memory.nothing)
          const picture = { question: '', picture: 'triangle' }
          const posted = await lin.autocomplete('ask', 'picture', picture)
          assert.ok(
            posted.every(({ value }) => /^\d+$/.test(String(value))),
            'only messages',
          )
        }
      })
    }
  }

  it('is told to the one who waits', async () => {
    goToNewChannel()
    const posted = await ada.upload(triangle())
    const held = hold(demo, 'describe')
    const asked = await lin.useMenu(EN.commands.describeMenu, posted)
    await held.reached
    await ada.delete(posted)
    assert.equal((await lin.answer(asked)).content, EN.errors['conversation/deleted'])
    held.release()
  })

  it('a form about a deleted message asks nothing any more', async () => {
    const channelId = goToNewChannel()
    const posted = await ada.upload(triangle())
    const form = await lin.modal(await lin.useMenu(EN.commands.askMenu, posted))
    assert.equal((await kept(demo, posted.id)).length, 1)
    await heard(Events.MessageDelete, () => ada.delete(posted))
    assert.deepEqual(await leftOver(demo, posted.id), [])
    const answer = await lin.answer(await lin.submit(form, { question: QUESTION }))
    assert.equal(answer.content, EN.errors['conversation/unknown'])
    assert.deepEqual(await leftOver(demo, channelId), [])
  })

  it('what comes after /memory forget channel is remembered again', async () => {
    goToNewChannel()
    await mo.slash('memory forget', { what: 'channel' })
    await deletePrivacy(ada)
    await ada.slash('describe', { image: triangle('again.webp') })
    assert.match((await lin.slash('memory show')).content, /again\.webp/)
  })
})

describe('a server that the bot is removed from while it answers', () => {
  for (const step of ['describing', 'delivering', 'delivered'] as const) {
    it(`while ${step}: keeps nothing`, async () => {
      const demo = await startDemoBot()
      try {
        const ada = await demo.join('ada')
        const { world } = demo.sandbox
        await deleteAt(demo, step, {
          steps: [step],
          sent: REPLY,
          begin: async () => {
            await ada.upload(triangle(), `<@${demo.bot.client.user.id}>`)
            return async () => {
              const left = once(demo.bot.client, Events.GuildDelete)
              removeMember(world, world.guild, demo.bot.client.user.id)
              await left
            }
          },
        })
        assert.deepEqual(await leftOver(demo, world.guild.id), [])
      } finally {
        await demo.close()
      }
    })
  }
})

/** Lets it begin, holds the bot at a step, deletes, and lets the bot go on until it is done. */
async function deleteAt(demo: DemoBot, step: Step, { sent, begin }: Way): Promise<void> {
  if (step === 'delivering' || step === 'delivered') {
    const deleted = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<() => Promise<unknown>>()
    const when = step === 'delivering' ? 'before' : 'after'
    let run = false
    demo.sandbox.faults.hook({ ...sent, when }, async () => {
      if (run) {
        return
      }
      run = true
      const remove = await begun.promise
      // Not awaited where it takes an answer of its own, which the hook would hold up.
      remove().then(() => deleted.resolve(), deleted.reject)
      await Promise.race([deleted.promise, wait(300)])
    })
    begin().then(begun.resolve, begun.reject)
    await deleted.promise
  } else {
    const held = step === 'downloading' ? holdDownload(demo) : hold(demo, HELD[step])
    const remove = await begin()
    await held.reached
    if (step === 'suggesting') {
      await delivered(demo)
    }
    await remove()
    held.release()
  }
  await idle(demo)
}
