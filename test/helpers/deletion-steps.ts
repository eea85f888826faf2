/**
 * What is deleted while the bot answers about it: at steps of the answer, and in each way that there
 * is to delete something, nothing is stored afterwards and nobody can ask about it.
 */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, afterEach, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { Events } from 'discord.js'
import { EN } from '../../commands/i18n/en.ts'
import type { Member } from 'loopback-discord/client'
import { deletePrivacy, type DemoBot, startDemoBot, triangle } from './demo-bot.ts'
import { delivered, hold, holdDownload, idle, leftOver } from './held-bot.ts'

export const QUESTION = 'what color is the triangle?'
export const REPLY = { method: 'POST', path: '/channels/:id/messages' } as const
const EDIT = { method: 'PATCH', path: '/webhooks/**' } as const

/** Where the bot is held while something is deleted. */
export type Step =
  | 'downloading'
  | 'describing'
  | 'asking'
  | 'delivering'
  | 'delivered'
  | 'suggesting'

/** A way to delete something while the bot answers about it. */
export type Way = {
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

/** Members of a demo bot of their own, for the tests of the suite that calls this. */
export function useMembers() {
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

  return {
    /** Once the suite has begun. */
    members: () => ({ demo, ada, lin, mo }),
    /** Everybody goes to a new channel; gives its id. */
    goToNewChannel: (): string => {
      const { world } = demo.sandbox
      const name = `deleted-${(number += 1)}`
      const { id } = world.addChannel(world.guild, { name, position: 9 })
      for (const member of [ada, lin, mo]) {
        member.switchTo(id)
      }
      return id
    },
    /** Deletes, and waits until the bot has heard of it. */
    heard: async (event: Events, remove: () => unknown): Promise<void> => {
      const told = once(demo.bot.client, event)
      await remove()
      await told
    },
  }
}

/** Tests each way at some of its steps. @param stepsOf those of the way of that number. */
export function describeDeletions(stepsOf: (way: Way, number: number) => readonly Step[]): void {
  describe('deleted while it is answered', () => {
    const { members, goToNewChannel, heard } = useMembers()
    let demo: DemoBot
    let ada: Member
    let lin: Member
    let mo: Member

    before(() => ({ demo, ada, lin, mo } = members()))

    const ping = () => `<@${demo.bot.client.user.id}>`

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

    for (const [index, [name, way]] of Object.entries(ways).entries()) {
      for (const step of stepsOf(way, index)) {
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
  })
}

/** Lets it begin, holds the bot at a step, deletes, and lets the bot go on until it is done. */
export async function deleteAt(demo: DemoBot, step: Step, { sent, begin }: Way): Promise<void> {
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
